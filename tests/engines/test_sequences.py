"""The engine on sequences and the slow referee compute the same laws by different routes."""

import dataclasses

import numpy as np
import pytest
from helpers import generic_samplers
from helpers.refereed_problems import (
    COARSE,
    EVEN,
    LABELS,
    SAMPLERS,
    SKEW,
    TABLE,
    TOLD,
    Refereed,
    agree,
    method_of,
    told,
)
from referee import ladder, reference

from harness import Problem, grids, measure, output_law
from harness.noise import RateMatrix, Uniform
from harness.samplers import Euler, TauLeaping, Tweedie
from harness.score import Exact
from toy_targets import Parity, RandomTable, Table


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_every_registered_sampler_has_a_referee(sampler):
    method = method_of(sampler)
    assert callable(method) or method in reference.METHODS, "give a referee its own derivation"


@pytest.mark.parametrize("name", generic_samplers.ELSEWHERE)
def test_a_sampler_that_is_left_out_has_a_suite_of_its_own(name):
    assert generic_samplers.stated_elsewhere(name)


def test_the_schedule_tells_other_steps():
    assert TOLD.told is not None
    real = [t - s for t, s in TOLD.intervals()]
    assert min(told / h for told, h in zip(TOLD.told, real, strict=True)) > 1.1


# Output laws.


HALVES = [
    (RandomTable(3, 3, seed=1), SKEW),
    (RandomTable(2, 3, seed=2), Uniform()),
    (RandomTable(2, 1, seed=4), Uniform()),
]


@pytest.mark.parametrize(("target", "noise"), HALVES, ids=["3^3", "2^3", "2^1"])
@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_halves_of_any_length(sampler, target, noise):
    """One token has an empty first half; three split unevenly (five: see the blocks)."""
    agree(Problem(target, noise, sampler, told(sampler, TOLD)))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_without_early_stopping(sampler):
    """Ratios grow without limit as ``t -> 0``, and half of the sequences are forbidden there."""
    grid = grids.custom((3.0, 1.0, 0.25, 0.01 if sampler.claims.needs_early_stopping else 0.0))
    for start in ("noise", "exact"):
        agree(Problem(Parity(3), Uniform(), sampler, grid, start=start))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_where_the_truth_cannot_be(sampler):
    """Tokens only jump to the last one, the mask: beyond the data's support a sampler stays."""
    absorbing = RateMatrix([[-1, 0, 1], [0, -1, 1], [0, 0, 0]])
    law = np.zeros((3, 3, 3))
    law[:2, :2, :2] = np.exp(Parity(3).log_law())
    last = 0.01 if sampler.claims.needs_early_stopping else 0.0
    for grid in (EVEN, grids.custom((2.0, 0.7, last))):
        agree(Problem(Table(law), absorbing, sampler, grid, start="exact"))


@pytest.mark.parametrize("sampler", [Euler(), Tweedie()], **LABELS)
def test_clipping_agrees_with_the_referee(sampler):
    """A step that is too long, or a score that is far off: entries are clipped, and reported."""
    problem = Problem(TABLE, SKEW, sampler, grids.even(2.0, 0.05, 3), COARSE, "exact")
    agree(problem)
    assert measure(problem, output_only=True).clipped > 0.01
    fine = dataclasses.replace(problem, score=Exact(), grid=grids.even(2.0, 0.5, 30))
    assert measure(fine, output_only=True).clipped == 0


def test_clipped_is_the_expected_excess():
    problem = Problem(TABLE, SKEW, Euler(), grids.even(2.0, 0.05, 3), start="exact")
    facts, want = Refereed(problem).facts, 0.0
    for k, (t, s) in enumerate(problem.grid.intervals()):
        before = reference.output_law(*facts, "euler", problem.grid.times[: k + 1], "exact")
        leave = (t - s) * reference.token_rates(*facts, t).sum(-1)
        want += (before.ravel() @ np.maximum(leave - 1, 0)).sum()
    assert measure(problem).clipped == pytest.approx(want, rel=1e-11)
    assert want > 0.01


def test_lost_mass():
    problem = Problem(TABLE, SKEW, TauLeaping("lose"), EVEN)
    law = Refereed(problem)(reference.output_law)
    m = measure(problem)
    assert m.lost_mass == pytest.approx(ladder.lost_mass(law), rel=1e-11)
    assert m.lost_mass > 0.01
    truth = reference.marginal(*Refereed(problem).facts, EVEN.stop)
    assert m.tv == pytest.approx(ladder.tv(truth, law), rel=1e-11)
    assert m.kl == pytest.approx(ladder.kl(truth, law, ladder.lost_mass(law)), rel=1e-11)
    left = law / law.sum()
    fall = (left * np.log(left)).sum() - (truth * np.log(truth)).sum()
    assert m.entropy_fall == pytest.approx(fall, abs=1e-13)
    assert abs(fall) > 1e-3


# Teeth: what the comparison would see.


def test_the_comparison_sees_small_mistakes():
    """A transposed generator and a step length off by 1e-9 are seen; so is a swapped token."""
    problem = Problem(TABLE, SKEW, Tweedie(), EVEN, start="exact")
    truth = Refereed(problem)(reference.output_law)
    transposed = [[-1.5, 0.25, 1.25], [1, -1.5, 0.5], [0.5, 0.5, -1]]
    for wrong in (
        dataclasses.replace(problem, noise=RateMatrix(transposed)),
        dataclasses.replace(problem, grid=grids.custom((*EVEN.times[:-1], 0.2 + 1e-9))),
        dataclasses.replace(problem, target=Table(np.exp(TABLE.log_law()).T)),
    ):
        assert abs(output_law(wrong) / truth - 1).max() > 1e-10


def test_engines_by_name():
    problem = Problem(TABLE, SKEW, Tweedie(), EVEN)
    np.testing.assert_array_equal(output_law(problem, "enumerated"), output_law(problem))
    with pytest.raises(ValueError, match="no engine named 'enumerate'; did you mean 'enumerated'"):
        output_law(problem, engine="enumerate")


@pytest.mark.parametrize("target", [TABLE, RandomTable(2, 3, 0), RandomTable(3, 1, 0)], **LABELS)
def test_an_output_law_has_one_axis_a_token(target):
    law = output_law(Problem(target, Uniform(), Tweedie(), EVEN))
    assert law.shape == target.space.shape
    assert law.sum() == pytest.approx(1, abs=1e-13)


def test_tokens_stay_on_their_axes():
    """Where the first token is sure and the last is not, the output law says so too."""
    law = np.zeros((2, 2, 2))
    law[1, :, :] = [[0.7, 0.1], [0.1, 0.1]]
    out = output_law(Problem(Table(law), Uniform(), Tweedie(), grids.even(4.0, 0.01, 60)))
    np.testing.assert_allclose(out, law, atol=0.02)
