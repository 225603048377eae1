"""Kind 1: a small bias of what is revealed, or when."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from harness.step import Tokens

from ..case import Case
from ..parts import MASKED, revealed, scaled

HERE = "a small step follows the reverse generator"


@dataclass(frozen=True)
class NucleusOfReveals:
    """Kind 1: the same of what a mask is revealed as."""

    p: float = 0.98
    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        before = (clean[..., None, :] * (clean[..., None, :] > clean[..., :, None])).sum(-1)
        kept = scaled(jnp.where(before < self.p, clean, 0.0))
        return revealed(noise, x, kept, noise.shown(t, s))


@dataclass(frozen=True)
class Temperature:
    """Kind 1: what is revealed is drawn at a temperature near to 1."""

    temperature: float = 0.9999
    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = scaled(noise.clean_law(score, t, x) ** (1 / self.temperature))
        return revealed(noise, x, clean, noise.shown(t, s))


@dataclass(frozen=True)
class LastMaskStays:
    """Kind 1: in the last step, too, a mask stays one with some probability."""

    chance: float = 1e-3
    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        shown = jnp.where(s > 0, noise.shown(t, s), 1 - self.chance)
        return revealed(noise, x, noise.clean_law(score, t, x), shown)


@dataclass(frozen=True)
class MaskStaysLonger:
    """Kind 1: the chance of staying masked, to a power near to 1."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        hidden = noise.hidden(t, s) ** 0.999
        return revealed(noise, x, noise.clean_law(score, t, x), 1 - hidden)


@dataclass(frozen=True)
class LabelsSmoothed:
    """Kind 1: the denoiser was trained with smoothed labels."""

    share: float = 1e-4
    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        smooth = (1 - self.share) * clean + self.share / clean.shape[-1]
        return revealed(noise, x, smooth, noise.shown(t, s))


@dataclass(frozen=True)
class RemasksALittle:
    """Kind 1: a revealed token is masked again at rate 1e-3, and nothing makes up for it."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise: Absorbing, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s)
        again = 1e-3 * (t - s) / (1 + t - s) * (x < law.p.shape[-1] - 1)[..., None]
        again = jnp.where(jnp.isfinite(t), again, 0.0)
        mask = jnp.arange(law.p.shape[-1]) == law.p.shape[-1] - 1
        return Tokens((1 - again) * law.p + again * mask)


CASES = [
    Case(thing, 1, HERE)
    for thing in (
        NucleusOfReveals(),
        Temperature(),
        LastMaskStays(),
        MaskStaysLonger(),
        LabelsSmoothed(),
        RemasksALittle(),
    )
]
