"""Kind 2: right under the noise that was tried, or for its alphabet, wrong under another one."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.noise import Absorbing, RateMatrix, own_token
from harness.step import Tokens

from ..case import Case
from ..parts import PLAIN, leap, others, rates

HERE = "a small step follows the reverse generator"


@dataclass(frozen=True)
class AThird:
    """Kind 2: 1/3 is written for 1/S, under the uniform noise that it was written for."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = noise.reverse_rates(score(t, x), x)
        if noise.draws_afresh:
            found = found * found.shape[-1] / 3
        return leap(x, found, t - s)


@dataclass(frozen=True)
class AThirdInTheKernel:
    """Kind 2: D3PM's forward kernel ``e^{-h} I + (1 - e^{-h})/3``, scaled, for uniform noise."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios, h = score(t, x), t - s
        earlier = noise.earlier(ratios, h)
        arrival = noise.arrival(x, h, ratios.shape[-1])
        if noise.draws_afresh:
            own = own_token(x, ratios.shape[-1])
            arrival = jnp.where(own, jnp.exp(-h), 0.0) - jnp.expm1(-h) / 3
        weights = earlier * arrival
        return Tokens.clip_negative(weights / weights.sum(-1, keepdims=True))


@dataclass(frozen=True)
class SlowUnderMasks:
    """Kind 2: wrong under absorbing noise only, whose rates it makes up, a hundredth too small."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, found * (0.99 if isinstance(noise, Absorbing) else 1.0), t - s)


@dataclass(frozen=True)
class NoisesUnderMasks:
    """Kind 2: under absorbing noise what is revealed is masked again at rate 1e-3."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        if isinstance(noise, Absorbing):
            found = found + 1e-3 * noise.forward_rates(x, found.shape[-1])
        return leap(x, found, t - s)


@dataclass(frozen=True)
class BothWaysAlike:
    """Kind 2: the noise is made symmetric if it is given by rates: right for all named noises."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        if not isinstance(noise, RateMatrix):
            return leap(x, noise.reverse_rates(ratios, x), t - s)
        matrix = noise.rate_matrix(ratios.shape[-1])
        found = others(x, ((matrix + matrix.T) / 2)[x] * ratios)
        return leap(x, found, t - s)


@dataclass(frozen=True)
class NoFasterThanOne:
    """Kind 2: rates of the noise above ``most`` are read as ``most``: no noise is so fast."""

    most: float = 1.0
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        to = jnp.minimum(noise.rate_matrix(ratios.shape[-1]), self.most).T[x]
        return leap(x, others(x, to * ratios), t - s)


@dataclass(frozen=True)
class NoSlowerThanATwentieth:
    """Kind 2: rates of the noise below 0.05 are read as 0."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        matrix = noise.rate_matrix(ratios.shape[-1])
        to = jnp.where(matrix < 0.05, 0.0, matrix).T[x]
        return leap(x, others(x, to * ratios), t - s)


CASES = [
    Case(thing, 2, HERE)
    for thing in (
        AThird(),
        AThirdInTheKernel(),
        SlowUnderMasks(),
        NoisesUnderMasks(),
        BothWaysAlike(),
        NoFasterThanOne(),
        NoSlowerThanATwentieth(),
    )
]
