"""An experiment that compares two samplers, under uniform noise and under masks."""

TOML = """
question = "Which is lower?"
axis = "step"
put = "grid.steps"
values = [4, 8]
theorems = ["chain"]
problem.start = "exact"
problem.grid = { name = "geometric", start = 2.0, stop = 0.1, to_data = true }
targets = [{ name = "parity", length = 3 }]
samplers = [
    { label = "uniform", name = "tweedie" },
    { label = "masked", name = "tweedie", problem = { noise = { name = "absorbing" } } },
]

[[compare]]
quantity = "kl"
lower = "masked"
higher = "uniform"
"""
