"""Floors of what is measured on the output, against errors that are drawn."""

import numpy as np
import pytest

from harness.measurement.output_floors import hellinger_floor
from harness.numerics import divergence

ERROR = 1e-9  # far above the rounding of the distance itself


@pytest.mark.parametrize("apart", [0.0, 1e-10, 1e-9, 1e-7, 1e-4, 0.3])
@pytest.mark.parametrize("concentrated", [0.0, 0.999])
def test_the_floor_of_hellinger_is_what_errors_of_entries_do(apart, concentrated):
    rng = np.random.default_rng(5)
    wanted = rng.dirichlet(np.ones(40)) * (1 - concentrated)
    wanted[3] += concentrated
    law = wanted * np.exp(apart * rng.normal(size=40))
    law /= law.sum()
    true = float(divergence.hellinger(wanted, law))
    changes = []
    for _ in range(200):
        off = law * (1 + ERROR * rng.normal(size=40))
        off_wanted = wanted * (1 + ERROR * rng.normal(size=40))
        moved = float(divergence.hellinger(off_wanted / off_wanted.sum(), off / off.sum()))
        changes.append(abs(moved - true))
    floor = float(hellinger_floor(true, wanted, law, ERROR))
    typical = np.sqrt(np.mean(np.square(changes)))
    assert typical / 1.2 <= floor <= 3 * typical
