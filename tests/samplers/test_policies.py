"""Decoders that look at values: what they reveal, what that costs, and wrong ones caught."""

import dataclasses
import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.revealing_problems import IDS, TABLE, TO_DATA, masked, referee_law
from referee import reveals

from harness import Problem, grids, measure, output_law
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.law import reveal_policy
from harness.law.reveal_policy import RANKINGS, RevealPolicy, before, first, value
from harness.measurement.score_calls import score_calls
from harness.samplers import Blocks, Confidence, EntropyBound, MaskedPlugIn, Threshold
from toy_targets import MarkovChain, Pairs, Parity, RandomTable, Table

LONGER = RandomTable(2, 4, seed=5)
CHAIN = MarkovChain(((0.7, 0.3), (0.2, 0.8)), 4)
UNTIED = RandomTable(2, 4, seed=3, concentration=0.3)
BIT = MarkovChain.binary(4, 0.0)
EXACT = [
    *(Confidence(1, by) for by in RANKINGS),
    Threshold(1.0),
    EntropyBound(0.0),
    Blocks(2, Confidence(1, "margin")),
    Blocks(1, Threshold(0.5)),
]


@pytest.mark.parametrize("sampler", EXACT, **IDS)
def test_one_uncertain_token_at_a_time_is_exact(sampler):
    for target in (LONGER, Parity(4), Pairs(2, 2), BIT):
        m = measure(masked(target, sampler, grids.even_reveal(4)))
        assert m.kl < 1e-28
        assert m.chain_kl < 1e-28


SOME = [Confidence(2, "entropy"), Threshold(0.55), EntropyBound(0.7), Blocks(2, EntropyBound(0.7))]


@pytest.mark.parametrize("sampler", SOME, **IDS)
def test_the_output_kl_is_the_sum_of_total_correlations(sampler):
    """The chain in the sampler's own order costs what the output costs: the choices are known."""
    for target in (LONGER, CHAIN, Parity(4), BIT):
        m = measure(masked(target, sampler, grids.even_reveal(4)))
        assert m.kl == pytest.approx(m.chain_kl, rel=1e-11, abs=1e-14)


def test_a_block_of_all_positions_is_what_is_inside():
    for inside in (Confidence(3, "margin"), EntropyBound(0.7)):
        whole, alone = (masked(LONGER, each) for each in (Blocks(4, inside), inside))
        np.testing.assert_array_equal(output_law(whole), output_law(alone))


def test_an_entropy_bound_reveals_one_token_more_than_its_budget_has():
    """Of a bit repeated four times ``gamma = log 2`` shows two at once, and then all are known."""
    for gamma, at_once in ((0.0, 1), (0.69, 1), (math.log(2), 2), (3 * math.log(2), 4)):
        m = measure(masked(BIT, EntropyBound(gamma), grids.even_reveal(4)))
        assert m.kl == pytest.approx((at_once - 1) * math.log(2), abs=1e-13)


def test_a_threshold_takes_all_that_are_sure_or_else_the_surest():
    law = np.einsum("i,j,k->ijk", (0.8, 0.2), (0.4, 0.6), (0.1, 0.9))
    for least, shown in ((0.8, [0, 2]), (0.85, [2]), (0.95, [2]), (0.6, [0, 1, 2])):
        clean = np.array([law.sum((1, 2)), law.sum((0, 2)), law.sum((0, 1))])[None]
        chosen = Threshold(least).chooses(jnp.asarray(clean), jnp.ones((1, 3), bool))
        assert np.flatnonzero(chosen[0]).tolist() == shown


def turns_of(values, masked):
    """The masked positions, the first first."""
    ranks = before(jnp.ones_like(values), values, masked)[0].tolist()
    return sorted(np.flatnonzero(masked[0]).tolist(), key=lambda i: ranks[i])


def test_many_positions_are_sorted_as_few_are_compared(monkeypatch):
    rng = np.random.default_rng(0)
    values, masked = rng.integers(0, 4, (50, 20)).astype(float), rng.random((50, 20)) < 0.7
    weights = rng.integers(0, 9, (50, 20)).astype(float)
    given = [jnp.asarray(each) for each in (weights, values, masked)]
    compared = np.where(masked, before(*given), 0)
    monkeypatch.setattr(reveal_policy, "COMPARED", 0)
    assert compared.max() > 50
    np.testing.assert_array_equal(np.where(masked, before(*given), 0), compared)


def test_ranks_and_ties():
    laws = np.array([[[0.5, 0.4, 0.1], [0.55, 0.45, 0.0], [0.5, 0.25, 0.25], [1 / 3] * 3]])
    tied = np.array([[[0.5, 0.5], [0.5 - 1e-12, 0.5 + 1e-12], [0.5, 0.5]]])
    with float64():
        shown = jnp.asarray([[True, True, True, False]])
        turns = {by: turns_of(value(by, jnp.asarray(laws)), shown) for by in RANKINGS}
        both = [first(2, value(by, jnp.asarray(tied)), jnp.ones((1, 3), bool)) for by in RANKINGS]
    assert turns == {
        "probability": [1, 0, 2],
        "entropy": [1, 0, 2],
        "margin": [2, 0, 1],
        "position": [0, 1, 2],
    }
    assert all(chosen[0].tolist() == [True, True, False] for chosen in both)


def test_rounds_of_blocks_are_those_of_their_parts():
    """Five masks in blocks of 3 by twos: 2 rounds and 1; from a random start, listed."""
    start = masked(RandomTable(2, 5, seed=1), Blocks(3, Confidence(2)), grids.even_reveal(5))
    assert score_calls(start).mean == 3
    late = masked(TABLE, Blocks(2, Confidence(2)), TO_DATA)  # three tokens, blocks of 2 and 1
    p = 1 - math.exp(-2.0)
    none, one = (1 - p) ** 3, (1 - (1 - p) ** 2) * (1 - p) + (1 - p) ** 2 * p
    np.testing.assert_allclose(score_calls(late).law, [none, one, 1 - none - one], atol=1e-14)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Confidence(1, "entrop"), ValueError, "did you mean 'entropy'"),
        (lambda: Threshold(0.0), ValueError, "probability must be above 0, got 0"),
        (lambda: Threshold(1.5), ValueError, "probability must be at most 1, got 1.5"),
        (lambda: EntropyBound(-0.1), ValueError, "gamma must be at least 0, got -0.1"),
        (lambda: Blocks(0), ValueError, "size must be at least 1, got 0"),
        (lambda: Blocks(2, MaskedPlugIn()), TypeError, "inside must be a RevealPolicy"),
    ],
)
def test_what_cannot_be_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("sampler", SOME, **IDS)
def test_a_policy_round_trips_through_its_spec(sampler):
    problem = masked(TABLE, sampler)
    assert Problem.from_spec(problem.spec()) == problem


# Teeth: what is wrong on purpose is seen.


@dataclass(frozen=True)
class Wrong(RevealPolicy):
    """``base`` with the arguments or the result of ``chooses`` changed."""

    base: RevealPolicy
    before: bool = False  # the laws of the neighbours in the place of the tokens' own
    ties: bool = False  # of equal ones the highest position
    blocks: bool = False  # the last block first

    @property
    def claims(self):
        return dataclasses.replace(self.base.claims, calls=None, counted="")

    def chooses(self, clean, masked):
        if self.before:
            return self.base.chooses(jnp.roll(clean, 1, 1), masked)
        if self.ties:
            return self.base.chooses(clean[:, ::-1], masked[:, ::-1])[:, ::-1]
        block = jnp.arange(masked.shape[1]) // self.base.size
        here = masked & (block == jnp.where(masked, block, -1).max(-1, keepdims=True))
        return self.base.inside.chooses(clean, here)


@pytest.mark.parametrize(
    ("wrong", "target"),
    [
        (Wrong(Confidence(2, "entropy"), before=True), UNTIED),
        (Wrong(EntropyBound(0.7), before=True), UNTIED),
        (Wrong(Threshold(0.55), before=True), UNTIED),
        (Wrong(Confidence(2), ties=True), MarkovChain.binary(4, 0.1)),
        (Wrong(Blocks(2, Confidence(2)), blocks=True), MarkovChain.binary(3, 0.1)),
    ],
    ids=["entropy of others", "bound of others", "threshold of others", "ties", "last block"],
)
def test_a_wrong_choice_is_caught(wrong, target):
    """The referee's output law is another one: by more than a tenth of a percent."""
    grid = grids.even_reveal(target.space.length)
    step = reveals.STEPS[registry.label(wrong.base)]
    right = masked(target, wrong.base, grid)
    np.testing.assert_allclose(output_law(right), referee_law(right, step), atol=1e-13)
    found = output_law(masked(target, wrong, grid))
    assert np.abs(found - referee_law(right, step)).max() > 1e-3


def test_the_surest_of_all_comes_first():
    sure = Table(np.einsum("i,j,k->ijk", (0.6, 0.4), (0.7, 0.3), (0.8, 0.2)))
    after_one = output_law(masked(sure, Confidence(1, "entropy"), grids.custom((math.inf, 1.0))))
    np.testing.assert_allclose(after_one[2, 2, :2], (0.8, 0.2), rtol=1e-14)
