"""What a sampler's law may be off by does not excuse mass where the truth has none."""

from dataclasses import dataclass, field

import pytest

from harness import Problem, grids, measure
from harness.claims import Claims
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from toy_targets import MarkovChain

COPIES = MarkovChain(((1.0, 0.0), (0.0, 1.0)), length=3, initial=(0.4, 0.6))


@dataclass(frozen=True)
class InFewDigits:
    """The plug-in, as if its laws were made in float32."""

    claims: Claims = field(
        default=Claims(2, 1, MaskedPlugIn.claims.traits, law_error=2.0**-22, needs_mask=True)
    )

    def step(self, score, noise, x, t, s):
        return MaskedPlugIn().step(score, noise, x, t, s)


def test_the_kl_is_that_of_the_law_whatever_its_error():
    grid = grids.even(2.0, 0.01, steps=4)
    plain, short = (
        measure(Problem(COPIES, Absorbing(), each, grid, start="exact"))
        for each in (MaskedPlugIn(), InFewDigits())
    )
    assert plain.off_support > 0.01
    assert short.kl == pytest.approx(plain.kl, rel=1e-12)
    assert short.floors["kl"] > 1e6 * plain.floors["kl"]
