"""When two measurements say the same."""

import dataclasses
import math

from harness.measurement.measure import Measurement


def assert_same(found: Measurement, wanted: Measurement, floor: float = 3e-15) -> None:
    """Every number to 1e-12 relative, and to the rounding of its own size and ``floor``.

    The factorisation, and so the chain KL, is a difference of entropies: to its stated floor too.
    So is what the entropy falls.
    """
    entropies = found.chain_floor + wanted.chain_floor
    for field in dataclasses.fields(wanted):
        a, b = getattr(found, field.name), getattr(wanted, field.name)
        if not isinstance(b, float) or field.name.endswith(("floor", "seconds")):
            continue
        rounding = 1e-12 * abs(b) + 1e-14 * abs(b) ** 0.5 + floor
        if field.name in ("factorisation_kl", "chain_kl"):
            rounding += entropies
        if field.name == "entropy_fall":
            rounding += 1e-14
        same = a == b or abs(a - b) <= rounding or (math.isnan(a) and math.isnan(b))
        assert same, (field.name, a, b)
