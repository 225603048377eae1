"""Policies that reveal as they claim wherever a table of all states is small, and not beyond."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.law.reveal_policy import claims_of_policy, revealed, rounds_of
from harness.samplers import Confidence, EntropyBound

from ..case import cases
from ..parts import seeing

LONG = "a long sequence is revealed as claimed"
MANY = 16  # positions up to which all is right
FROM_LEFT = Confidence(1, "position")


@dataclass(frozen=True)
class SurestOfEachRun:
    """Kind 2: "one at a time": of each run of MANY positions the surest is revealed."""

    claims: ClassVar[Claims] = claims_of_policy(True, None)

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked, run = x == clean.shape[-1], np.arange(x.shape[1]) // MANY
        chosen = [Confidence().chooses(clean, masked & (run == k)) for k in range(run[-1] + 1)]
        return revealed(noise, x, clean, jnp.any(jnp.stack(chosen), 0))


@dataclass(frozen=True)
class OneTooFewSorted:
    """Kind 2: of two a round, counted from one where many positions are sorted."""

    claims: ClassVar[Claims] = claims_of_policy(False, partial(rounds_of, 2))

    def step(self, score, noise, x, t, s):
        inner = Confidence(2 if x.shape[1] <= MANY else 1)
        return inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class BudgetOfEachHalf:
    """Kind 5: each half of many positions keeps the whole budget by itself."""

    @property
    def claims(self):
        return EntropyBound(0.3).claims

    def step(self, score, noise, x, t, s):
        clean, bound = noise.clean_law(score, t, x), EntropyBound(0.3)
        masked, first = x == clean.shape[-1], np.arange(x.shape[1]) < MANY
        chosen = bound.chooses(clean, masked & first) | bound.chooses(clean, masked & ~first)
        return revealed(noise, x, clean, chosen)


@dataclass(frozen=True)
class CoinsFarOut:
    """Kind 2: what is chosen far out is revealed by the toss of a coin."""

    claims: ClassVar[Claims] = claims_of_policy(False, None)

    def step(self, score, noise, x, t, s):
        law, far = Confidence(2).step(score, noise, x, t, s), np.arange(x.shape[1]) >= MANY
        stay = noise.reveal(x, jnp.zeros((*x.shape, score.symbols)).at[..., -1].set(1.0))
        return replace(law, p=jnp.where(far[:, None], (law.p + stay) / 2, law.p))


@dataclass(frozen=True)
class ForgetsTheFirst:
    """Kind 2: the cache holds MANY positions: the first is masked again while others wait."""

    claims: ClassVar[Claims] = replace(FROM_LEFT.claims, calls=None, counted=None)

    def step(self, score, noise, x, t, s):
        law, mask = FROM_LEFT.step(score, noise, x, t, s), score.symbols - 1
        far = ((x == mask) & (np.arange(x.shape[1]) > MANY)).any(-1)
        hidden = jnp.eye(score.symbols)[mask]
        again = far[:, None] & (x != mask) & (np.arange(x.shape[1]) == 0)
        return replace(law, p=jnp.where(again[..., None], hidden, law.p))


@dataclass(frozen=True)
class NearbyOnly:
    """Kind 2: from left to right, each token from its law given the MANY before it."""

    claims: ClassVar[Claims] = FROM_LEFT.claims

    def step(self, score, noise, x, t, s):
        place, mask = np.arange(x.shape[1]), score.symbols - 1
        near = (abs(place[:, None] - place) <= MANY) | (x.shape[1] <= MANY)
        ratios = seeing(score, jnp.log(2.0), x, near, hidden=mask)
        clean = ratios[..., :-1] / ratios[..., :-1].sum(-1, keepdims=True)
        return revealed(noise, x, clean, FROM_LEFT.chooses(clean, x == mask))


@dataclass(frozen=True)
class OrderBySureness:
    """Kind 2: many positions are revealed the surest first, and a fixed order is claimed."""

    claims: ClassVar[Claims] = replace(
        FROM_LEFT.claims, traits=FROM_LEFT.claims.traits | {Trait.FIXED_ORDER}
    )

    def step(self, score, noise, x, t, s):
        inner = FROM_LEFT if x.shape[1] <= MANY else Confidence()
        return inner.step(score, noise, x, t, s)


CASES = [
    *cases(2, LONG, (SurestOfEachRun(), OneTooFewSorted(), CoinsFarOut(), ForgetsTheFirst())),
    *cases(2, LONG, (NearbyOnly(), OrderBySureness())),
    *cases(5, LONG, (BudgetOfEachHalf(),)),
]
