"""Right samplers with settings, of tilts, of classes by hand, and that ask politely."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.samplers import Euler
from harness.step import InTurn, Kernel, Tokens

from ..case import Case
from ..parts import ELSEWHERE, OWN_ORDER, PLAIN, leap, rates, shown_in_turn


def _backward(x, found, h):
    moves = h * found
    stay = 1 / (1 + moves.sum(-1))
    return Tokens.stay_or_move(x, moves * stay[..., None], stay)


@dataclass(frozen=True)
class Blend:
    """Of a leap and of backward Euler a share each, which is an argument of what is compiled."""

    share: float = 0.5
    claims: ClassVar[Claims] = replace(PLAIN, traced_numbers=True)

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        laws = leap(x, found, h).p, _backward(x, found, h).p
        return Tokens(self.share * laws[0] + (1 - self.share) * laws[1])


@dataclass(frozen=True)
class NumpyBridge:
    """Tweedie, clipped and scaled in numpy."""

    claims: ClassVar[Claims] = replace(PLAIN, on_host=True)

    def step(self, score, noise, x, t, s):
        found = np.maximum(np.asarray(noise.bridge(score(t, x), x, t - s)), 0.0)
        return Tokens(jnp.asarray(found / found.sum(-1, keepdims=True)))


@dataclass(frozen=True)
class GuidedLeap:
    """A leap at the rates of the base times what values change."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score.prior(t, x) * jnp.exp(score.log_value_change(t, x))
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class Labelled:
    """Its label, for plots, is not compared: no law depends on it."""

    label: str = field(default="ours", compare=False)
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class GreedyOrNot:
    """A flag for the likeliest moves only, and claims that depend on it."""

    greedy: bool = False

    @property
    def claims(self) -> Claims:
        return replace(PLAIN, output_order=0, chain_order=0) if self.greedy else PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        if self.greedy:
            most = found == found.max(-1, keepdims=True)
            found = jnp.where(most, found.sum(-1, keepdims=True), 0.0) / most.sum(-1, keepdims=True)
        return leap(x, found, t - s)


@dataclass(frozen=True)
class RuleOfThree:
    """One of three rules, which are all right."""

    rule: Literal["leap", "euler", "backward"] = "leap"
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        if self.rule == "euler":
            return Euler().step(score, noise, x, t, s)
        return (leap if self.rule == "leap" else _backward)(x, rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class Polite:
    """Asks whether there are things behind the score, and does with it what it does with any."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        tokens = getattr(score, "space", score)
        tokens = getattr(tokens, "tokens", score.symbols)
        ratios = score(t, x)
        if ratios.shape[-1] < tokens:
            raise ValueError(f"{tokens} symbols need as many ratios, got {ratios.shape[-1]}")
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class DampedIfLearned:
    """Rates over what the score may overstate them by; it says nothing of scores that do."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t) / score.inflation, t - s)


@dataclass(frozen=True)
class LastFirst:
    """Numpy: of the masks the last are revealed, so many a step, by their laws given the known."""

    many: int = 1

    @property
    def claims(self) -> Claims:
        order = np.inf if self.many == 1 else 0
        return replace(OWN_ORDER, output_order=order, chain_order=order, on_host=True)

    def step(self, score, noise, x, t, s):
        clean, tokens = noise.clean_law(score, t, x), np.asarray(x)
        masked = tokens == clean.shape[-1]
        after = np.cumsum(masked[:, ::-1], 1)[:, ::-1]
        return shown_in_turn(noise, x, clean, jnp.asarray(masked & (after <= self.many)))


@dataclass(frozen=True)
class ColumnsByHand:
    """An exponential integrator: shares of the moves, of as many columns as rates have."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        total = found.sum(-1, keepdims=True)
        gone = -jnp.expm1(-(t - s) * total)
        moves = found / jnp.where(total > 0, total, 1.0) * gone
        return Tokens(moves + jnp.where(jnp.arange(found.shape[-1]) == x[..., None], 1 - gone, 0.0))


@dataclass(frozen=True)
class ThenOneAgain:
    """Euler, and with probability ``h`` one token, any, is drawn again given the others."""

    claims: ClassVar[Claims] = Claims(
        2, 0, {Trait.KEEPS_MASS}, score_calls=2, needs_early_stopping=True
    )

    def step(self, score, noise, x, t, s):
        ratios, h = score(s, x), jnp.minimum(t - s, 1.0)
        n, d, tokens = ratios.shape
        fresh = ratios / ratios.sum(-1, keepdims=True)
        strides = tokens ** np.arange(d - 1, -1, -1)
        here, row = (x * strides).sum(-1), np.arange(n)
        to = here[:, None, None] + (np.arange(tokens) - x[..., None]) * strides[:, None]
        p = jnp.zeros((n, tokens**d)).at[row[:, None, None], to].add(fresh * (h / d))
        again = Kernel(p.at[row, here].add(1 - h))
        return InTurn((Euler().step(score, noise, x, t, s), again))


@dataclass(frozen=True)
class RatesOfBothEnds:
    """A leap at the mean of the rates where the step begins and where it ends."""

    claims: ClassVar[Claims] = replace(ELSEWHERE, score_calls=2, needs_early_stopping=True)

    def step(self, score, noise, x, t, s):
        found = (rates(score, noise, x, t) + rates(score, noise, x, s)) / 2
        return leap(x, found, t - s)


CASES = [
    Case(thing, 0)
    for thing in (
        Blend(),
        Blend(0.3),
        NumpyBridge(),
        GuidedLeap(),
        Labelled(),
        GreedyOrNot(),
        RuleOfThree(),
        Polite(),
        DampedIfLearned(),
        LastFirst(),
        ColumnsByHand(),
        ThenOneAgain(),
        RatesOfBothEnds(),
    )
]
