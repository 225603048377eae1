"""The counts engine says the same as all sequences one by one, and refuses what it cannot say."""

import dataclasses
import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import permutations
from typing import ClassVar

import generic
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import assert_same

from harness import Problem, grids, measure, output_law
from harness.claims import Claims
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.numerics import compositions, convolution
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import CountScore, Perturbed, Score
from harness.space import Counts, Sequences
from harness.step import Tokens
from toy_targets import (
    CurieWeiss,
    Parity,
    PottsRing,
    Product,
    ProductMixture,
    Table,
    TwoBeliefs,
)

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


def of_counts(space: Sequences, law: np.ndarray) -> np.ndarray:
    """Law of the counts under a law of sequences."""
    x = np.indices(space.shape).reshape(space.length, -1)
    held = np.stack([(x == value).sum(0) for value in range(space.tokens)], 1)
    index = compositions.index(held)
    return np.bincount(index, law.reshape(-1), compositions.size(space.tokens, space.length))


@pytest.mark.parametrize("sampler", generic.SAMPLERS, ids=registry.label)
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


# What is declared, and what is refused.

EXCHANGEABLE = sorted(
    name for name, cls in registry.targets.items() if getattr(cls, "exchangeable", False)
)


@pytest.mark.parametrize("name", EXCHANGEABLE)
def test_exchangeable_targets_are_what_they_say(name):
    target = registry.targets[name].example()
    space, law = target.space, np.exp(target.log_law())
    for order in permutations(range(space.length)):
        np.testing.assert_allclose(law.transpose(order), law, rtol=1e-12)
    counts = compositions.states(space.tokens, space.length)
    one = np.exp(target.log_prob_of_counts(counts))
    whole = one * np.exp(compositions.log_multiplicity(counts))
    np.testing.assert_allclose(whole, of_counts(space, law), rtol=1e-12)


def test_counts_are_chosen_where_sequences_are_many():
    small, large = (Problem(CurieWeiss(d, 1.0), Uniform(), Tweedie(), GRID).space for d in (12, 13))
    assert isinstance(small, Sequences)
    assert isinstance(large, Counts)


def test_only_exchangeable_targets_have_counts():
    with pytest.raises(ValueError, match="engine='counts' needs an exchangeable target"):
        Problem(PottsRing.example(), Uniform(), Tweedie(), GRID, engine="counts")


@dataclass(frozen=True)
class Liar(Table):
    exchangeable: ClassVar[bool] = True

    def log_prob_of_counts(self, counts):
        return np.full(len(counts), -self.space.length * math.log(self.space.tokens))


def test_a_target_that_only_says_so_is_refused():
    liar = Liar(np.array([[0.4, 0.3], [0.2, 0.1]]))
    problem = Problem(liar, Uniform(), Tweedie(), GRID, engine="counts")
    with pytest.raises(ValueError, match="says that it is exchangeable, but"):
        measure(problem)
    law = np.random.default_rng(0).dirichlet(np.ones(2**13)).reshape((2,) * 13)
    with pytest.raises(ValueError, match="says that it is exchangeable, but"):
        measure(Problem(Liar(law), Uniform(), Tweedie(), GRID))


def test_a_count_space_that_is_too_large_is_refused_by_arithmetic():
    token = (0.125,) * 8
    for length in (1000, 10**6):
        with pytest.raises(ValueError, match=rf"S=8, d={length} has .* count states: .* bytes"):
            Problem(Product(token, length), Uniform(), Tweedie(), GRID)


@dataclass(frozen=True)
class Looks:
    """Tweedie, but a token's law depends on what ``looks`` sees."""

    looks: str

    claims = Claims(output_order=1, chain_order=1, traits=set())

    def step(self, score, noise, x, t, s):
        ratios = score(t, (x + 1) % 2) if self.looks == "elsewhere" else score(t, x)
        law = Tokens.clip_negative(noise.bridge(ratios, x, t - s)).p
        seen = {
            "position": jnp.arange(x.shape[1]) == 0,
            "two positions": jnp.arange(x.shape[1]) < 2,  # as many as a token has values
            "late positions": jnp.arange(x.shape[1]) >= 3,
            "neighbour": jnp.roll(x, 1, axis=1) == x,
            "the sum": jnp.broadcast_to(x.sum(1, keepdims=True) > 0, x.shape),
            "how many": jnp.full(x.shape, x.shape[1] > 1),
            "score of others": ratios.sum((1, 2))[:, None] > 3.0 + 0 * x,
            "elsewhere": x < 0,
        }[self.looks]
        stay = jnp.eye(law.shape[-1])[x]
        return Tokens(jnp.where(seen[..., None], stay, law))


@pytest.mark.parametrize("length", [5, 40])
@pytest.mark.parametrize(
    "looks",
    ["position", "two positions", "late positions", "neighbour", "the sum", "how many"],
)
def test_a_sampler_that_looks_at_other_tokens_is_refused(looks, length):
    target = CurieWeiss(length, 1.2, 0.3)
    problem = Problem(target, Uniform(), Looks(looks), GRID, engine="counts")
    with pytest.raises(ValueError, match="cannot be lumped to counts"):
        output_law(problem)


def test_a_sampler_that_looks_at_other_scores_is_refused():
    target = CurieWeiss(5, 1.2, 0.3)
    problem = Problem(target, Uniform(), Looks("score of others"), GRID, engine="counts")
    with pytest.raises(ValueError, match="cannot be lumped to counts"):
        output_law(problem)


def test_a_sampler_that_asks_for_other_scores_is_refused():
    problem = Problem(CurieWeiss(5, 1.2), Uniform(), Looks("elsewhere"), GRID, engine="counts")
    with pytest.raises(ValueError, match="known for the present tokens only"):
        output_law(problem)


# Count vectors and their convolution, against exact arithmetic.


@pytest.mark.parametrize(("values", "total"), [(2, 7), (3, 6), (4, 5), (5, 4), (6, 1)])
def test_compositions_are_numbered_in_order(values, total):
    found = compositions.states(values, total)
    assert len(found) == compositions.size(values, total) == len({*map(tuple, found.tolist())})
    assert (found.sum(1) == total).all()
    assert (found >= 0).all()
    assert (compositions.index(found) == np.arange(len(found))).all()
    orders = [math.factorial(total) // math.prod(map(math.factorial, n)) for n in found.tolist()]
    np.testing.assert_allclose(np.exp(compositions.log_multiplicity(found)), orders, rtol=1e-13)


def pushed(law: np.ndarray, kernel: np.ndarray, total: int) -> list[Fraction]:
    """The same as ``convolution.push``, token by token, in fractions."""
    values = kernel.shape[-1]
    after = [Fraction(0)] * len(law)
    for state, counts in enumerate(compositions.states(values, total).tolist()):
        reached = {(0,) * values: Fraction(law[state])}
        for value, tokens in enumerate(counts):
            for _ in range(tokens):
                grown: dict[tuple[int, ...], Fraction] = {}
                for found, chance in reached.items():
                    for to in range(values):
                        place = tuple(n + (k == to) for k, n in enumerate(found))
                        share = chance * Fraction(kernel[state, value, to])
                        grown[place] = grown.get(place, Fraction(0)) + share
                reached = grown
        for found, chance in reached.items():
            after[int(compositions.index(np.array(found)))] += chance
    return after


@pytest.mark.parametrize(
    ("values", "total"), [(2, 1), (2, 9), (3, 1), (3, 6), (4, 4), (5, 3), (6, 2)]
)
def test_the_convolution_keeps_its_tails(values, total):
    rng = np.random.default_rng(0)
    states = compositions.size(values, total)
    law = rng.dirichlet(np.full(states, 0.1))
    kernel = rng.dirichlet(np.full(values, 0.2), (states, values)) ** 2  # it loses mass
    kernel[..., -1] *= 10.0 ** (-40 / total)  # all tokens at the last value: 1e-40
    exact = pushed(law, kernel, total)
    found = convolution.push(law, kernel, total)
    for mine, wanted in zip(found.tolist(), exact, strict=True):
        assert abs(Fraction(mine) - wanted) <= wanted * Fraction(1, 10**13)
    assert min(exact) < 1e-30


def test_a_kernel_for_all_states_is_one_for_each():
    rng = np.random.default_rng(1)
    law, kernel = rng.dirichlet(np.ones(28)), rng.dirichlet(np.ones(3), 3)
    each = np.broadcast_to(kernel, (28, 3, 3))
    np.testing.assert_array_equal(convolution.push(law, kernel, 6), convolution.push(law, each, 6))


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
