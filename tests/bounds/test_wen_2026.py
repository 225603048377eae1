"""The equality of wen_2026 on exact laws and by draws, and its corollary for an entropy bound."""

import dataclasses
import math
from typing import ClassVar

import numpy as np
import pytest

from bounds import Wen2026, Wen2026EntropyBound
from harness import MonteCarlo, Problem, check, grids, measure
from harness.foundation.registry import label
from harness.measurement.by_draws.teacher_forcing import walk_sums
from harness.measurement.reveal_walk import walk
from harness.noise import Absorbing
from harness.samplers import Blocks, Confidence, EntropyBound, FixedCardinality, Threshold
from harness.score import Perturbed
from harness.verdicts.verdict import Status
from toy_targets import (
    Arrangements,
    LatentParity,
    MarkovChain,
    Parity,
    ProductMixture,
    RandomTable,
)

UNTIED = RandomTable(2, 4, seed=3, concentration=0.3)
CHAIN = MarkovChain(((0.7, 0.3), (0.2, 0.8)), 4)
BIT = MarkovChain.binary(4, 0.0)
DECODERS = [
    Confidence(2),
    Confidence(3, "margin"),
    Threshold(0.6),
    EntropyBound(0.5),
    Blocks(3, EntropyBound(0.7)),
]


def decoder(target, sampler, steps=None, **rest):
    grid = grids.even_reveal(steps or target.space.length)
    return Problem(target, Absorbing(), sampler, grid, **{"start": "mask", **rest})


def verdict(problem, theorem=None):
    (found,) = check(problem, [theorem or Wen2026()])
    return found


@pytest.mark.parametrize("sampler", DECODERS, ids=label)
def test_it_holds_to_rounding(sampler):
    for target in (UNTIED, CHAIN, Parity(4), BIT):
        found = verdict(decoder(target, sampler))
        assert found.status is Status.HOLDS, found
        assert found.measured == pytest.approx(found.bound, rel=1e-12, abs=1e-14)


def test_where_masks_are_left_nothing_is_compared():
    """Both sides are infinite, exactly and by draws."""
    draws = MonteCarlo(64)
    for problem in (
        decoder(UNTIED, Confidence(2), steps=1),
        decoder(MarkovChain(CHAIN.transition, 16), EntropyBound(0.3), steps=4, engine=draws),
    ):
        found = verdict(problem)
        assert (found.status, found.reason) == (Status.VACUOUS, "both sides are infinite")


def test_the_walk_is_the_chain_in_the_samplers_own_order():
    """Where it visits few states, and by dense matrices."""
    for sampler in DECODERS:
        problem = decoder(UNTIED, sampler)
        assert walk(problem).dependence == pytest.approx(measure(problem).chain_kl, rel=1e-12)


def test_closed_forms_of_rounds():
    """Permutations pay for every round, latent parity for copies and for the last bits."""
    found = walk(decoder(Arrangements.permutation(4), Confidence(2)))
    assert found.dependence == pytest.approx(math.log(16 / 12 * 4 / 2))
    assert found.parallel == pytest.approx(2)
    assert found.hidden == 0
    copies = walk(decoder(LatentParity(2, 2), Confidence(2, "position")))
    assert copies.dependence == pytest.approx(2 * math.log(2))
    assert walk(decoder(CHAIN, Confidence(2), steps=1)).hidden == 1


def test_it_does_not_speak_of_other_samplers_scores_and_starts():
    for problem in (
        decoder(CHAIN, FixedCardinality((2,))),
        decoder(CHAIN, Confidence(2), score=Perturbed(0.5)),
        dataclasses.replace(
            decoder(CHAIN, Confidence(2)), grid=grids.custom((2.0, 0.0)), start="exact"
        ),
    ):
        assert verdict(problem).status is Status.NOT_APPLICABLE


def test_too_few_steps_make_both_sides_infinite():
    assert verdict(decoder(CHAIN, Confidence(2), steps=1)).status is Status.VACUOUS


@dataclasses.dataclass(frozen=True)
class Off(Wen2026):
    """The sum times a factor."""

    factor: float = 1.001
    name: ClassVar[str] = "off"

    def terms(self, problem, quantities):
        return {"dependence": self.factor * quantities.reveal_dependence}


@pytest.mark.parametrize("factor", [1 - 1e-9, 1 + 1e-9])
def test_another_sum_is_violated(factor):
    found = verdict(decoder(UNTIED, Confidence(2)), Off(factor))
    assert found.status is Status.VIOLATED, found


def test_every_theorem_is_asked_of_a_decoder_by_draws():
    """One that needs a law on all sequences does not apply."""
    every = check(decoder(CHAIN, Confidence(2), engine=MonteCarlo(64)))
    found = {each.theorem: each.status for each in every}
    assert found["wainwright_2026_optimal"] is Status.NOT_APPLICABLE
    assert Status.VIOLATED not in found.values()


def test_by_draws_it_holds_where_the_interval_is_narrow():
    """Of a permutation both sums are the same for every draw."""
    problem = decoder(Arrangements.permutation(16), Confidence(4), 4, engine=MonteCarlo(64))
    assert verdict(problem).status is Status.HOLDS
    assert verdict(problem, Off(1.02)).status is Status.VIOLATED
    wide = verdict(decoder(CHAIN, Confidence(2), engine=MonteCarlo(64)))
    assert wide.status is Status.INCONCLUSIVE
    assert "99 confidence" in wide.reason or "0.99 confidence" in wide.reason


@dataclasses.dataclass(frozen=True)
class Shifted(Wen2026):
    """The left side, off by that many standard errors of the difference of both."""

    errors: float = 0.0
    name: ClassVar[str] = "shifted"

    def terms(self, problem, quantities):
        gap = walk_sums(problem).log_ratio - walk_sums(problem).dependence.sum(1)
        error = gap.std() / len(gap) ** 0.5
        return {"sum": quantities.reveal_dependence + gap.mean() + self.errors * error}


@pytest.mark.parametrize(
    ("errors", "status"),
    [(4, "INCONCLUSIVE"), (-4, "INCONCLUSIVE"), (9, "VIOLATED"), (-9, "VIOLATED")],
)
def test_draws_contradict_it_where_chance_would_not_in_a_million(errors, status):
    """Of hundreds of intervals of 99 % that are right some miss."""
    problem = decoder(CHAIN, Confidence(2), engine=MonteCarlo(2**14))
    found = verdict(problem, Shifted(errors))
    assert found.status is Status[status], found


def test_what_so_few_draws_cannot_show_is_no_contradiction():
    """The rest at once, when of two laws one is left to nine digits: paid by rare sequences."""
    target = ProductMixture((0.5, 0.5), ((0.98, 0.02), (0.02, 0.98)), 20)
    found = verdict(decoder(target, Threshold(0.98), engine=MonteCarlo(1024)))
    assert 1e-12 < found.bound < 1e-6
    assert found.measured < found.bound / 2
    assert found.status is Status.INCONCLUSIVE, found


@pytest.mark.parametrize("gamma", [0.0, 0.3, pytest.param(0.7, marks=pytest.mark.slow), 1.4])
def test_an_entropy_bound_keeps_its_budget(gamma):
    for target in (UNTIED, CHAIN, Parity(4), BIT):
        for sampler in (EntropyBound(gamma), Blocks(2, EntropyBound(gamma))):
            found = verdict(decoder(target, sampler), Wen2026EntropyBound())
            assert found.status in (Status.HOLDS, Status.VACUOUS), found
            assert found.measured <= found.bound + 1e-14


def test_the_budget_is_spent_by_a_repeated_bit():
    """One round fewer is not enough."""
    problem = decoder(MarkovChain.binary(2, 0.0), EntropyBound(math.log(2)))
    found = verdict(problem, Wen2026EntropyBound())
    assert found.measured == pytest.approx(found.bound, rel=1e-8)
    assert found.bound == pytest.approx(math.log(2), rel=1e-8)
    assert walk(problem).parallel == 1


def test_a_sampler_without_a_budget_has_no_bound():
    found = verdict(decoder(CHAIN, Confidence(2)), Wen2026EntropyBound())
    assert found.status is Status.NOT_APPLICABLE


@dataclasses.dataclass(frozen=True)
class Spends(Confidence):
    """Says that it keeps a budget that it does not."""

    @property
    def claims(self):
        return dataclasses.replace(super().claims, entropy_budget=0.05)


def test_a_budget_that_is_not_kept_is_violated():
    found = verdict(decoder(BIT, Spends(2)), Wen2026EntropyBound())
    assert found.status is Status.VIOLATED
    assert np.isclose(found.measured, math.log(2))
