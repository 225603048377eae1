"""The counts engine says the same as all sequences one by one."""

import dataclasses
import math
from dataclasses import dataclass
from decimal import Decimal, localcontext

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import generic_samplers
from helpers.counts_in_fractions import of_counts
from helpers.same_measurement import assert_same
from helpers.slow_cases import cases

from harness import Problem, grids, measure, output_law
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.numerics import compositions, convolution
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import CountScore, Perturbed, Score
from harness.space import Counts, Sequences
from toy_targets import CurieWeiss, Parity, Product, ProductMixture, TwoBeliefs

registry.load()
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
LEANING = RateMatrix([[-1.0, 1.0], [0.3, -0.3]])
GRID = grids.custom((2.0, 1.6, 0.5, 0.2))
TARGETS = {
    "product": Product((0.6, 0.3, 0.1), 3),
    "two beliefs": TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 3, 0.3),
    "rare belief": TwoBeliefs((0.98, 0.02), (0.01, 0.99), 5, 0.9999),
    "parity": Parity(5),
    "magnet": CurieWeiss(5, 1.3, 0.2),
    "three beliefs": ProductMixture.example(),
    "one token": CurieWeiss(1, 1.0, 0.4),
}
CASES = [
    ("product", Uniform()),
    ("two beliefs", CyclicWalk()),
    ("three beliefs", SKEW),
    ("rare belief", Uniform()),
    ("parity", LEANING),
    ("magnet", Uniform()),
    ("one token", Uniform()),
]

SELDOM = {"tweedie", "tau_leaping(multiple_jumps=clip)", "tau_leaping(multiple_jumps=reject)"}
LAWS = cases(  # those of tokens are pushed alike
    generic_samplers.SAMPLERS, lambda each: registry.label(each) in SELDOM, registry.label
)


@pytest.mark.parametrize("sampler", LAWS)
def test_counts_and_sequences_agree(sampler):
    for k, (name, noise) in enumerate(CASES):
        target = TARGETS[name]
        problem = Problem(target, noise, sampler, GRID, start=("noise", "exact")[k % 2])
        counts = dataclasses.replace(problem, engine="counts")
        found, wanted = measure(counts), measure(problem)
        assert (found.engine, wanted.engine) == ("counts", "enumerated")
        if isinstance(sampler, FrozenScore):
            assert math.isnan(found.chain_kl)
            assert "path_kl is above it" in found.reasons["chain_kl"]
            wanted = dataclasses.replace(wanted, chain_kl=math.nan)
        if math.isnan(found.path_kl) and not math.isnan(wanted.path_kl):
            assert "on sequences, not on counts" in found.reasons["path_kl"]
            wanted = dataclasses.replace(wanted, path_kl=math.nan)
        assert_same(found, wanted)
        np.testing.assert_allclose(
            output_law(counts),
            of_counts(target.space, output_law(problem)),
            rtol=1e-12,
            atol=1e-300,
        )


@dataclass(frozen=True)
class OfCounts:
    """A wrong score of sequences which is that of their counts: ``Z(counts, x_i, b)``."""

    size: float

    def log_error(self, space, weights):
        counts = Counts(space.tokens, space.length)
        z = Perturbed(self.size).log_error(counts, None)
        if isinstance(space, Counts):
            return z
        x = np.asarray(space.states())
        held = (x[..., None] == np.arange(space.tokens)).sum(1)
        return z[compositions.index(held)[:, None], x]


@pytest.mark.parametrize(
    "sampler", [TauLeaping(), Euler(), Tweedie(), FrozenScore()], ids=registry.label
)
def test_a_wrong_score_is_the_same_on_counts(sampler):
    target = TARGETS["two beliefs"]
    problem = Problem(target, SKEW, sampler, GRID, OfCounts(0.4))
    found, wanted = (measure(dataclasses.replace(problem, engine=e)) for e in ("counts", "auto"))
    assert wanted.score_error > 0.01
    if isinstance(sampler, FrozenScore):
        wanted = dataclasses.replace(wanted, chain_kl=math.nan)
    assert_same(found, wanted)


def test_a_score_error_can_be_asked_for_on_counts():
    score = Perturbed(score_error=0.05, seed=3)
    problem = Problem(CurieWeiss(40, 1.0), Uniform(), Tweedie(), GRID, score)
    assert isinstance(problem.space, Counts)
    assert measure(problem).score_error == pytest.approx(0.05, rel=1e-12)


def test_counts_are_chosen_where_sequences_are_many():
    small, large = (Problem(CurieWeiss(d, 1.0), Uniform(), Tweedie(), GRID).space for d in (12, 13))
    assert isinstance(small, Sequences)
    assert isinstance(large, Counts)


def test_a_kl_that_lives_in_the_tails():
    """Two binomials of 200 tokens: most of the chi-squared is where the law is below 1e-100."""
    length, p, q = 200, 0.5, 0.9
    space = Counts(2, length)
    somewhere = np.eye(1, space.size)[0]
    laws = [
        convolution.push(somewhere, np.tile([1 - chance, chance], (2, 1)), length)
        for chance in (p, q)
    ]
    with localcontext() as context:
        context.prec = 60
        exact = [
            [
                Decimal(math.comb(length, n)) * Decimal(c) ** n * (1 - Decimal(c)) ** (length - n)
                for n in range(length + 1)
            ]
            for c in (p, q)
        ]
        for found, wanted in zip(laws, exact, strict=True):
            off = [abs(Decimal(x) / y - 1) for x, y in zip(found.tolist(), wanted, strict=True)]
            assert max(off) < Decimal("1e-12")
        assert min(exact[1]) < Decimal("1e-199")


def test_the_score_on_counts_is_that_of_the_sequences():
    target = TARGETS["two beliefs"]
    counts = Problem(target, SKEW, Tweedie(), GRID, engine="counts")
    sequences = dataclasses.replace(counts, engine="enumerated")
    lumped: CountScore = counts.score_model
    whole: Score = sequences.score_model
    x = np.asarray(sequences.sequences.states())
    held = (x[..., None] == np.arange(3)).sum(1)
    table = lumped.table(0.7)[compositions.index(held)[:, None], x]
    with float64():
        ratios = np.asarray(whole(0.7, jnp.asarray(x)))
    other = x[..., None] != np.arange(3)
    np.testing.assert_allclose(table[other], ratios[other], rtol=1e-12)
