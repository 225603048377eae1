"""Sweeps of a place in a list, and along an axis that decides no rate."""

import math

import pytest
from helpers.experiments_of_scale import CLASSES, MAGNET

from bounds import Liang2025
from harness import Problem, check_sweep, grids, measure
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, Tweedie
from harness.studies import experiment, judge
from harness.theorem import Rate
from harness.verdicts.checks import all_theorems
from harness.verdicts.verdict import Status
from toy_targets import CurieWeiss, MarkovChain


def test_a_swept_class(read):
    (sweep,) = experiment.sweeps(read(CLASSES))
    assert [p.target.class_sizes for p in sweep.problems] == [(2, 1), (2, 3), (2, 7), (2, 15)]
    rows, _ = judge.judge(sweep, lambda: None)
    assert [row["S"] for row in rows] == [3, 5, 9, 17]


@pytest.mark.parametrize(
    ("put", "message"),
    [
        ("target.class_sizes.2", "must end in the place of one of 2 entries"),
        ("target.class_sizes.-1", "must end in the place of one of 2 entries"),
        ("target.class_sizes.x", "must end in the place of one of 2 entries"),
        ("target.pairs.0", "needs a list target.pairs, got None"),
        ("target.class_size", "no field of target 'pairs' named 'class_size'; did you mean"),
    ],
)
def test_no_such_place(read, put, message):
    with pytest.raises(ValueError, match=message):
        experiment.sweeps(read(CLASSES.replace("target.class_sizes.1", put)))


def test_no_order_along_a_neutral_axis(read):
    with pytest.raises(ValueError, match="along coupling there is no order to expect"):
        read(MAGNET + '[[expect]]\nquantity = "kl"\norder = 1\n')


def test_a_neutral_axis_decides_inequalities_but_no_rate():
    grid = grids.geometric(2.0, 0.2, kappa=0.4)
    problems = [
        Problem(CurieWeiss(4, coupling), Uniform(), Tweedie(), grid) for coupling in (0.5, 1.0, 1.5)
    ]
    theorems, missing = all_theorems(), []
    for theorem, verdict in zip(theorems, check_sweep(problems, "coupling"), strict=True):
        if verdict.status is Status.NOT_APPLICABLE:
            missing.append(theorem.name)
        elif not isinstance(theorem, Rate):
            assert verdict.status in (Status.HOLDS, Status.VACUOUS), verdict
        else:
            assert verdict.status is Status.INCONCLUSIVE
            assert "coupling decides no rate" in verdict.reason
            alone = [theorem.form(p, Quantities(p)) for p in problems]
            assert verdict.bound == pytest.approx(alone[-1])  # the needed constant grows here
    about = {"chain", "dmitriev_2026b", "explicit_dtc", "liang_2025", "total_correlation"}
    assert about.isdisjoint(missing)


def test_an_infinite_constant_is_inconsistent_on_any_axis():
    """Clipped Euler gives a possible value probability 0: no constant will do."""

    class OfChain(Liang2025):
        bounds_on = "chain"

    target = MarkovChain.binary(8, 0.0)
    problem = Problem(target, Uniform(), Euler(), grids.custom((1.0, 0.01)))
    assert math.isinf(measure(problem).chain_kl)
    (verdict,) = check_sweep([problem], "coupling", theorems=[OfChain()])
    assert verdict.status is Status.INCONSISTENT


KNOB = """
question = "?"
axis = "knob"
put = "grid.steps"
values = [1, 2]
theorems = ["wen_2026"]
targets = [{ label = "parity", name = "parity", length = 3 }]
samplers = [
    { label = "entropy", name = "confidence", by = "entropy", put = "sampler.k", values = [1, 3] },
    { name = "blocks", inside = { name = "threshold" }, put = "sampler.size", values = [1, 2] },
    { label = "first hitting", name = "first_hitting" },
]

[problem]
noise = { name = "absorbing" }
start = "mask"
grid = { name = "even_reveal", steps = 3 }
"""


def test_each_sampler_has_a_setting_of_its_own_to_sweep(read):
    one, blocks, plain = experiment.sweeps(read(KNOB))
    assert one.values == (1, 3)
    assert [problem.sampler.k for problem in one.problems] == [1, 3]
    assert [problem.sampler.size for problem in blocks.problems] == [1, 2]
    assert [problem.grid.steps for problem in plain.problems] == [1, 2]
    assert plain.values == (1, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("values = [1, 3]", "values = [1]"), "entropy needs 2 values, got 1"),
        (("values = [1, 3]", "values = [3, 3]"), "values of entropy must all differ"),
        ((", values = [1, 3]", ""), "both put and values of its own, along knob alone"),
        (('axis = "knob"', 'axis = "step"'), "both put and values of its own, along knob alone"),
        (("sampler.size", "sampler.inside.kk"), "no field of sampler 'threshold' named 'kk'"),
        (("sampler.size", "sampler.outside.k"), "needs a list sampler.outside, got None"),
    ],
)
def test_a_setting_that_is_not_there(read, change, message):
    with pytest.raises(ValueError, match=message):
        experiment.sweeps(read(KNOB.replace(*change)))
