"""How far from right a law may be: by rounding, or by the precision that it is computed in.

A sampler says of its laws how far an entry may be off, ``claims.law_error``: of code that runs in
float32 about 1e-7.  What is asked of it cannot be asked more exactly than that.
"""

from typing import Any

MANY = 10.0  # entries are summed, and differences of them extrapolated


def at_least(fixed: float, sampler: Any) -> float:
    """``fixed``, or what entries of the sampler's law may be off where that is more."""
    return max(fixed, MANY * sampler.claims.law_error)


def told(sampler: Any) -> str:
    """The precision that a finding is judged at, in words; nothing for float64."""
    error = sampler.claims.law_error
    return f" (its laws are right to {error:.1g})" if error > 1e-14 else ""
