"""How far errors in the entries of laws move what is measured on the output."""

from typing import Any

from harness.numerics import divergence
from harness.numerics.divergence import total


def moved_squares(law: Any) -> Any:
    """``Σ δ²`` of a law that is scaled to sum to 1, by errors of its entries of relative size 1.

    The error of an entry that holds nearly all mass goes with the scale: ``δ_i = p_i (e_i - Σ p_j
    e_j)``.
    """
    squares = law * law
    return total(squares * ((1.0 - law) ** 2 + (total(squares) - squares)))


def hellinger_floor(value: Any, wanted: Any, law: Any, error: Any) -> Any:
    """How far errors of entries, relative to them of size ``error``, can move the distance of laws.

    No further than their own distance from the law without them, since it is a metric; and of one
    that is far from 0 not the entries count in which both laws are alike.
    """
    xp = divergence.library(law)
    gap = xp.sqrt(wanted) - xp.sqrt(law)
    apart = error * xp.sqrt((1.0 - law @ law + 1.0 - wanted @ wanted) / 8)
    squared = error * xp.sqrt(total(gap**2 * (law + wanted))) / 2 + apart**2
    return xp.where(value > 0, xp.minimum(apart, squared / xp.where(value > 0, value, 1.0)), apart)
