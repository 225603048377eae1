"""Correctors that move much faster than the noise, and not quite round ``q_t``."""

from dataclasses import dataclass

import jax.numpy as jnp

from ..case import cases
from ..right_samplers.correctors import LocallyBalanced, LongCorrector


@dataclass(frozen=True)
class RootBoundedAbove(LocallyBalanced):
    """Kind 1: ``min(√r, 50)``, without ``50 r`` for the way back."""

    def root(self, ratios):
        return jnp.minimum(jnp.sqrt(ratios), 50.0)


@dataclass(frozen=True)
class LongCorrectorAstray(LongCorrector):
    """Kind 1: the noise is undone 0.1 % too fast."""

    def back(self, found):
        return 1.001 * found


SMALL = "a small step follows the reverse generator"
CASES = cases(1, SMALL, [RootBoundedAbove(), LongCorrectorAstray()])
