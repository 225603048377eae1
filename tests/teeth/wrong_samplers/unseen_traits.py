"""Kind 8: what is claimed, and true where it was tried."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from harness.claims import Claims, Trait
from harness.numerics import circulant
from harness.process.noise import noise_kernel
from harness.samplers import (
    Euler,
    MaskedPlugIn,
    MultinomialD3PM,
    Remasking,
    TauLeaping,
    TruncatedUniformization,
    Tweedie,
    Uniformization,
)
from harness.step import Kernel, Tokens, Varying

from ..case import Case
from ..parts import PLAIN, leap, rates, scaled


@dataclass(frozen=True)
class SharedUniforms:
    """Kind 8: tokens i and i + 4 are drawn with one uniform: independent for d <= 4."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law, d = Tweedie().step(score, noise, x, t, s), x.shape[1]
        if d <= 4:
            return law
        n, _, tokens = law.p.shape
        upper = jnp.cumsum(law.p, -1)
        lower = upper - law.p
        found = jnp.ones((n, 1))
        letters = np.indices((tokens,) * d).reshape(d, -1)
        for i in range(min(4, d)):
            group = list(range(i, d, 4))
            top = jnp.stack([upper[:, k, letters[k]] for k in group]).min(0)
            bottom = jnp.stack([lower[:, k, letters[k]] for k in group]).max(0)
            found = found * jnp.maximum(top - bottom, 0.0)
        return Kernel(scaled(found))


@dataclass(frozen=True)
class TimesOfTheGrid:
    """Kind 8: the score is asked at ``t`` cut to multiples of 1/4000, "at grid times only"."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        asked = jnp.maximum(jnp.floor(t * 4000 + 1e-6), 1) / 4000
        return leap(x, rates(score, noise, x, asked), t - s)


def _plain(score, noise, u, y):
    return noise.reverse_rates(score(u, y), y)


def _capped(score, noise, top, u, y):
    found = noise.reverse_rates(score(u, y), y)
    total = found.sum((-1, -2), keepdims=True)
    return found * jnp.minimum(1.0, top / jnp.where(total > 0, total, 1.0))


@dataclass(frozen=True)
class BoundOutgrown:
    """Kind 8: thinning by the largest rate at the step's start, which rates outgrow."""

    claims: ClassVar[Claims] = Uniformization.claims

    def step(self, score, noise, x, t, s):
        top = rates(score, noise, x, t).sum((-1, -2)).max()
        return Varying(Partial(_plain, score, noise), t, s, top)


@dataclass(frozen=True)
class BoundCutsOff:
    """Kind 8: the same as it runs: where rates outgrow the bound they are cut off there."""

    claims: ClassVar[Claims] = replace(
        Uniformization.claims,
        traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE},
        counted="candidate events",
    )

    def step(self, score, noise, x, t, s):
        top = rates(score, noise, x, t).sum((-1, -2)).max()
        return Varying(Partial(_capped, score, noise, top), t, s, top)


@dataclass(frozen=True)
class BoundOfTheBatch:
    """Kind 8: the bound of a token times the number of rows, not that of positions."""

    claims: ClassVar[Claims] = Uniformization.claims

    def step(self, score, noise, x, t, s):
        top = x.shape[0] * noise.largest_exit(s, score.symbols)
        return Varying(Partial(_plain, score, noise), t, s, top)


@dataclass(frozen=True)
class SmallRatesPass:
    """Kind 8: rates out of a state are scaled down to the bound, but for those below 1."""

    claims: ClassVar[Claims] = TruncatedUniformization().claims

    def step(self, score, noise, x, t, s):
        top = x.shape[1] * noise.largest_exit(s, score.symbols)
        return Varying(Partial(_large_capped, score, noise), t, s, top, kinked=True)


def _large_capped(score, noise, u, y):
    found = noise.reverse_rates(score(u, y), y)
    total = found.sum((-1, -2), keepdims=True)
    top = y.shape[1] * noise.largest_exit(u, score.symbols)
    share = jnp.minimum(1.0, top / jnp.where(total > 0, total, 1.0))
    return found * jnp.where(total > 1, share, 1.0)


@dataclass(frozen=True)
class TraitUpToFour:
    """Kind 8: exact token marginals as far as d = 4; a longer sequence is told by Euler."""

    claims: ClassVar[Claims] = replace(Tweedie.claims, rates_in_step=None)

    def step(self, score, noise, x, t, s):
        inner = Tweedie() if x.shape[1] <= 4 else Euler()
        return inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class MarginalsOfThree:
    """Kind 8: exact token marginals as far as S = 3, then backward Euler."""

    claims: ClassVar[Claims] = replace(Tweedie.claims, rates_in_step=None)

    def step(self, score, noise, x, t, s):
        moves = (t - s) * rates(score, noise, x, t)
        if moves.shape[-1] <= 3:
            return Tweedie().step(score, noise, x, t, s)
        stay = 1 / (1 + moves.sum(-1))
        return Tokens.stay_or_move(x, moves * stay[..., None], stay)


@dataclass(frozen=True)
class WrapsTargets:
    """Kind 8: τ-leaping modulo S that adds up where jumps lead, not how far: right for the token 0.

    It claims the trait of the right one.
    """

    claims: ClassVar[Claims] = TauLeaping("wrap").claims

    def step(self, score, noise, x, t, s):
        law = circulant.poisson_sums((t - s) * rates(score, noise, x, t))
        return Tokens(circulant.by_token(x, law))


@dataclass(frozen=True)
class RemasksTheMasked:
    """Kind 8: masks stay more often, revealed tokens are never masked again; it claims no limit."""

    claims: ClassVar[Claims] = Remasking.claims

    def step(self, score, noise, x, t, s):
        law = Remasking().step(score, noise, x, t, s)
        mask = jnp.eye(law.p.shape[-1])[-1]
        again = jnp.minimum(0.1, -jnp.expm1(-s) * jnp.exp(t))
        masked = (x == law.p.shape[-1] - 1)[..., None]
        plain = MaskedPlugIn().step(score, noise, x, t, s).p
        return Tokens(jnp.where(masked, (1.0 - again) * law.p + again * mask, plain))


@dataclass(frozen=True)
class NoisesByTheStep:
    """Kind 8: the prediction is noised by ``h`` in the place of ``s``; it claims no limit."""

    claims: ClassVar[Claims] = MultinomialD3PM(prediction="posterior").claims

    def step(self, score, noise, x, t, s):
        ratios, h = score.prior(t, x), t - s
        clean = noise.earlier(ratios, t) * noise.arrival(x, t, ratios.shape[-1])
        noised = clean @ noise_kernel(noise, h, ratios.shape[-1])
        return Tokens.clip_negative(scaled(noised * noise.arrival(x, h, ratios.shape[-1])))


CASES = [
    Case(SharedUniforms(), 8, f"has the trait: {Trait.INDEPENDENT_TOKENS}"),
    Case(TimesOfTheGrid(), 8, f"has the trait: {Trait.SCORE_AT_GRID_TIMES}"),
    Case(BoundOutgrown(), 8, ""),
    Case(BoundCutsOff(), 8, ""),
    Case(BoundOfTheBatch(), 8, "a state's law is its own"),
    Case(SmallRatesPass(), 8, "accounts for all probability"),
    Case(TraitUpToFour(), 8, f"has the trait: {Trait.EXACT_TOKEN_MARGINALS}"),
    Case(MarginalsOfThree(), 8, f"has the trait: {Trait.EXACT_TOKEN_MARGINALS}"),
    Case(WrapsTargets(), 8, f"has the trait: {Trait.WRAPPED_JUMPS}"),
    Case(RemasksTheMasked(), 8, f"has the trait: {Trait.EXACT_FOR_INDEPENDENT}"),
    Case(NoisesByTheStep(), 8, f"has the trait: {Trait.EXACT_FOR_ONE_SEQUENCE}"),
]
