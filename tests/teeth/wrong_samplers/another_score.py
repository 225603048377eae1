"""Right where the score is the exact one, of data that are not tilted; wrong with another one."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
from jax.tree_util import Partial

from harness.claims import Claims, Trait
from harness.noise import Absorbing
from harness.samplers import Euler, FrozenScore, Uniformization
from harness.score import Score
from harness.step import Generator, Tokens, Varying

from ..case import Case
from ..parts import BASIC, PLAIN, leap, others, rates

AGAIN, SMALL = "is deterministic", "a small step follows the reverse generator"


@dataclass(frozen=True)
class TrueIfThere:
    """Kind 5: asks the score, and takes the true ratios where they are there, politely."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        known, ratios = getattr(score, "exact", None), score(t, x)
        return leap(x, noise.reverse_rates(known(t, x) if known else ratios, x), t - s)


@dataclass(frozen=True)
class NetworksAreDamped:
    """Kind 4: a score of another class is thought to be a network, and rates are damped."""

    claims: ClassVar[Claims] = Claims(
        2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, counted="candidate events"
    )

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return Generator(found if isinstance(score, Score) else 0.98 * found, t - s)


@dataclass(frozen=True)
class NoMoreThanTrue:
    """Kind 8: one-jump τ-leaping at rates no larger than the true ones of any data."""

    claims: ClassVar[Claims] = replace(PLAIN, traits=BASIC | {Trait.ONE_JUMP})

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        most = noise.largest_exit(t, score.symbols)
        total = jnp.maximum(found.sum(-1, keepdims=True), 1e-300)
        return leap(x, found * jnp.minimum(1.0, most / total), t - s)


@dataclass(frozen=True)
class LinearWhenExact:
    """Kind 8: Euler at rates over what the score may overstate them by."""

    claims: ClassVar[Claims] = replace(PLAIN, traits=BASIC | {Trait.LINEAR_IN_RATES})

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        moves = others(x, law.p) / score.inflation
        return Tokens.stay_or_move(x, moves, 1.0 - moves.sum(-1), clipped=law.clipped)


@dataclass(frozen=True)
class SumsAsExact:
    """Kind 8: Euler; ratios of a mask are scaled to the sum that exact ones have."""

    claims: ClassVar[Claims] = replace(PLAIN, traits=BASIC | {Trait.LINEAR_IN_RATES})

    def step(self, score, noise, x, t, s):
        def scaled(u, y):
            ratios = score(u, y)
            if not isinstance(noise, Absorbing):
                return ratios
            masked = (y == ratios.shape[-1] - 1)[..., None]
            total = jnp.maximum(ratios[..., :-1].sum(-1, keepdims=True), 1e-300)
            scale = jnp.where(masked, 1.0 / (jnp.expm1(u) * total), 1.0)
            return jnp.concatenate([ratios[..., :-1] * scale, ratios[..., -1:]], -1)

        return Euler().step(scaled, noise, x, t, s)


@dataclass(frozen=True)
class FrozenWhenExact:
    """Kind 8: a frozen chain at rates over what the score may overstate them by."""

    claims: ClassVar[Claims] = FrozenScore().claims

    def step(self, score, noise, x, t, s):
        return Generator(rates(score, noise, x, t) / score.inflation, t - s)


def _damped(score, noise, u, y):
    return rates(score, noise, y, u) / score.inflation


@dataclass(frozen=True)
class ThinnedWhenExact:
    """Kind 8: a chain with the rates of every time, over what the score may overstate them by."""

    claims: ClassVar[Claims] = Uniformization().claims

    def step(self, score, noise, x, t, s):
        top = x.shape[1] * noise.largest_exit(s, score.symbols)
        return Varying(Partial(_damped, score, noise), t, s, top)


@dataclass(frozen=True)
class MasksUntilted:
    """Kind 8: rates of the base, guided by values, but in the code for masks."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        guided = score.prior(t, x) * jnp.exp(score.log_value_change(t, x))
        ratios = score.prior(t, x) if isinstance(noise, Absorbing) else guided
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class BaseOnly:
    """Kind 8: asks the score of the base, so that no target is tilted."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score.prior, noise, x, t), t - s)


CASES = [
    Case(TrueIfThere(), 5, AGAIN),
    Case(NetworksAreDamped(), 4, AGAIN),
    Case(NoMoreThanTrue(), 8, f"has the trait: {Trait.ONE_JUMP}"),
    Case(LinearWhenExact(), 8, f"has the trait: {Trait.LINEAR_IN_RATES}"),
    Case(SumsAsExact(), 8, f"has the trait: {Trait.LINEAR_IN_RATES}"),
    Case(FrozenWhenExact(), 8, f"has the trait: {Trait.FROZEN_RATES}"),
    Case(ThinnedWhenExact(), 8, f"has the trait: {Trait.EXACT_TIME}"),
    Case(MasksUntilted(), 8, SMALL),
    Case(BaseOnly(), 8, SMALL),
]
