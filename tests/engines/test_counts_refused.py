"""What counts cannot say is refused: targets and samplers that look at single tokens."""

import math
from dataclasses import dataclass
from itertools import permutations
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.counts_in_fractions import of_counts

from harness import Problem, grids, measure, output_law
from harness.claims import Claims, Trait
from harness.foundation import registry
from harness.noise import Uniform
from harness.numerics import compositions
from harness.samplers import Tweedie
from harness.step import Tokens
from toy_targets import CurieWeiss, PottsRing, Product, Table

registry.load()

GRID = grids.custom((2.0, 1.6, 0.5, 0.2))
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
        with pytest.raises(
            ValueError, match=rf"S=8, d={length} has .* count states, .* bytes and .* s on"
        ):
            Problem(Product(token, length), Uniform(), Tweedie(), GRID)


@dataclass(frozen=True)
class Looks:
    """Tweedie, but a token's law depends on what ``looks`` sees."""

    looks: str

    claims = Claims(output_order=1, chain_order=1, traits={Trait.POSITIONS_ALIKE})  # not so

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
