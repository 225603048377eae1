"""Errors of the examined code: what was called with what, what it raised, and the line."""

import re
import sys

import numpy as np
import pytest

from harness.foundation.raised import CodeFailed
from harness.noise import Absorbing
from harness.real import TracedLoop, examine, examine_draws
from toy_targets import RandomTable

FILE = """
loop = "failing:FUNCTION"
framework = "numpy"
asks = "posterior"
steps = [1, 2]
draws = 400

[target]
name = "random_table"
tokens = 3
length = 2
seed = 0

[noise]
name = "absorbing"

[model]
timed = false
"""
CODE = """
import numpy as np


def start(rows):
    return np.full((rows, 2), 3)


def divides(model, steps, rows, rng):
    x = start(rows)
    share = 1 / (steps - 1)
    return x


def scaled(model, steps, rows, rng, temperature=1.0):
    return model(start(rows)).argmax(-1)


def reads(model, steps, rows, rng):
    return np.load("weights.npy")


def attribute(model, steps, rows, rng):
    return start(rows).to("cuda")


def asks_wrongly(model, steps, rows, rng):
    return model(start(rows)[:, :1]).argmax(-1)


def adds(model, steps, rows, rng):
    return model(start(rows)) + np.ones(7)


def leaves(model, steps, rows, rng):
    raise SystemExit("no GPU")


def gives_one(model, steps, rng):
    return model(start(1)).argmax(-1)[0]
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Writes a file that names a function of ``failing``, and gives its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "failing.py").write_text(CODE)

    def write(function, more=""):
        (tmp_path / "mine.toml").write_text(more + FILE.replace("FUNCTION", function))
        return tmp_path / "mine.toml"

    yield write
    sys.modules.pop("failing", None)


CALLED = r"leapcheck: {}\(model, steps=1, rows=\d+, rng\) raised "
AT = r", at .*failing\.py:\d+: {}\n$"


@pytest.mark.parametrize(
    ("function", "raised", "line"),
    [
        ("divides", "ZeroDivisionError: division by zero", r"share = 1 / \(steps - 1\)"),
        ("reads", "FileNotFoundError: .*weights.npy'", r'return np\.load\("weights\.npy"\)'),
        ("attribute", "AttributeError: .* has no attribute 'to'", r"return start\(rows\)\.to.*"),
        ("asks_wrongly", r"ValueError: .* x \[n, 2\], got \[\d+, 1\]", r"return model\(start.*"),
        ("adds", r"ValueError: operands could not be broadcast .*", r".* \+ np\.ones\(7\)"),
        ("leaves", "SystemExit: no GPU", r'raise SystemExit\("no GPU"\)'),
    ],
)
def test_an_error_of_the_code_is_told_with_its_line(file, command, function, raised, line):
    code, _, told = command("real", file(function))
    assert code == 2
    assert re.fullmatch(CALLED.format(function) + raised + AT.format(line), told), told


def test_an_argument_that_the_code_has_not_is_told_before_it_is_run(file, command):
    path = file("scaled")
    path.write_text(path.read_text() + "[arguments]\ntemprature = 0.5\n")
    code, _, told = command("real", path)
    assert code == 2
    assert (
        "scaled(model, steps, rows, rng, temperature=1.0) and is called with temprature=0.5" in told
    )
    assert "unexpected keyword argument 'temprature'" in told


def test_one_sample_is_an_array_of_one_row(file, command):
    code, _, told = command("real", file("gives_one", "one_row = true"))
    assert code == 2
    assert "must give tokens [1, 2], one sample in an array [1, d], got [2]" in told


def test_an_import_that_fails_is_told_with_its_line(file, command, tmp_path):
    (tmp_path / "failing.py").write_text('import numpy as np\nWEIGHTS = np.load("weights.npy")\n')
    code, _, told = command("real", file("sample"))
    assert code == 2
    assert re.search(
        r"importing 'failing' raised FileNotFoundError: .*failing\.py:2: WEIGHTS", told
    )


def test_in_python_the_cause_is_chained():
    def divides(model, steps, rows, rng):
        return rows / (steps - steps)

    loop = TracedLoop(divides, framework="numpy", steps=(2,), options={"timed": False})
    with pytest.raises(
        CodeFailed, match=r"divides\(model, steps=2, rows=\d+, rng\) raised"
    ) as told:
        examine(loop, RandomTable(3, 2, seed=0), Absorbing())
    assert isinstance(told.value.__cause__, ZeroDivisionError)


def test_a_black_box_that_fails_is_told_with_its_call():
    def fails_late(count, seed):
        return np.zeros((count, 2), int) if seed < 3 else {}["weights"]

    told = r"fails_late\(count=100, seed=3\) raised KeyError: 'weights', at .*\.py:\d+: return np"
    with pytest.raises(CodeFailed, match=told):
        examine_draws(fails_late, RandomTable(3, 2, seed=0), draws=400)


def test_a_refusal_of_the_tracer_is_no_error_of_the_code():
    """Teeth: what cannot be followed is examined by its draws, not taken for an error."""

    def gaussian(model, steps, rows, rng):
        return (rng.normal(size=(rows, 2)) > model(np.full((rows, 2), 3))[..., 0]).astype(int)

    loop = TracedLoop(gaussian, framework="numpy", steps=(2,), options={"timed": False})
    found = examine(loop, RandomTable(3, 2, seed=0), Absorbing(), draws=400, tests={"singles": 50})
    assert found.refused.startswith("2 steps are not followed")
