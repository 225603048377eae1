"""An experiment, and spoiled copies of it with what is said of each."""

GOOD = """
question = "Does it work?"
axis = "step"
put = "grid.steps"
values = [2, 4]

[problem]
grid = { name = "even", start = 2.0, stop = 0.2 }

[[targets]]
name = "random_table"
tokens = 3
length = 2
seed = 3

[[samplers]]
name = "tweedie"
"""

FILES = [
    ("axsi = 'd'\n" + GOOD, "no key named 'axsi'; did you mean 'axis'?"),
    (GOOD.replace("put = ", "puts = "), "no key named 'puts'; did you mean 'put'?"),
    (
        GOOD.replace('put = "grid.steps"', ""),
        "put must say which field the swept values go to, e.g.",
    ),
    ("theorems = ['chian']\n" + GOOD, "no theorem named 'chian'; did you mean 'chain'?"),
    (GOOD.replace('"step"', '"steps"'), "axis: Input should be 'step', 'S'"),
    (GOOD.replace("[2, 4]", "[]"), "values: Tuple should have at least 1 item"),
    (GOOD.replace("[2, 4]", "['many']"), "values.0: Input should be a valid number"),
    (GOOD.replace('question = "Does it work?"', ""), "question: Field required"),
    (
        GOOD + '\n[[expect]]\nquantity = "kll"\norder = 1',
        "no quantity named 'kll'; did you mean 'kl'?",
    ),
    (
        GOOD + '\n[[expect]]\nquantity = "kl"\norder = 1\ntolerence = 1',
        "no key named 'tolerence'; did you mean 'tolerance'?",
    ),
    (
        GOOD + '\n[[expect]]\nquantity = "kl"\norder = 1\nsamplers = ["tweedi"]',
        "no sampler of this experiment named 'tweedi'; did you mean 'tweedie'?",
    ),
    (GOOD + "\n[[", "not valid TOML: "),
    (GOOD.encode() + b"\n# \xff", "not valid TOML: 'utf-8' codec can't decode"),
]
CASES = [
    (GOOD.replace("tweedie", "tweedy"), "no sampler named 'tweedy'; did you mean 'tweedie'?"),
    (GOOD.replace("grid.steps", "gird.steps"), "no table to put values in named 'gird'; did you m"),
    (GOOD.replace("grid.steps", "grid.step"), "no field of grid 'even' named 'step'; did you mean"),
    (GOOD.replace("[2, 4]", "[2, 4.5]"), "steps must be an integer, got 4.5"),
    (
        GOOD.replace("[problem]", "[problem]\nstrat = 'noise'"),
        "named 'strat'; did you mean 'start'?",
    ),
    (GOOD.replace("length = 2", "length = 40"), "S=3, d=40 has 1.2e19 states"),
]
