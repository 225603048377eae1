"""Numbers as text, to the digits that rounding cannot move.

A *floor* is how far rounding can move a number, so two processors differ by two floors at the most.
Of a number no larger than that no digit can be trusted: it is 0.  Of any other the first digit is
written, and what follows down to the last place that is no smaller than the floor.
"""

import math
from decimal import Decimal


def written(value: float, floor: float = 0.0, most: int = 8) -> str:
    """``value`` with ``most`` significant digits, fewer where they would be below ``floor``.

    What is written is read and written again alike: no file changes by that.
    """
    if not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{kept(value, floor, most)}g}")
    if abs(rounded) <= 2 * floor:
        return "0"
    return f"{rounded:.{most}g}"


def fixed(value: float, floor: float = 0.0, places: int = 3, sign: bool = False) -> str:
    """``value`` with ``places`` decimals, fewer where they would be below ``floor``; 0 has no -."""
    if not math.isfinite(value):
        return f"{value:g}"
    shown = min(places, -last_place(floor)) if 0 < floor < math.inf else places
    return f"{value:{'+' if sign else ''}z.{max(shown, 0)}f}"


def kept(value: float, floor: float, most: int) -> int:
    """How many digits of ``value`` are written: at least one, at most ``most``."""
    if not (value and floor > 0):
        return most
    return min(max(Decimal(value).adjusted() - last_place(floor) + 1, 1), most)


def last_digit(value: float) -> int:
    """The exponent of the last digit that is written of ``value``, a number but 0."""
    return int(Decimal(repr(value)).normalize().as_tuple().exponent)


def last_place(floor: float) -> int:
    """The exponent of the smallest power of ten that is no smaller than ``floor``, above 0."""
    exact = Decimal(repr(float(floor)))
    place = exact.adjusted()
    return place if exact == Decimal(1).scaleb(place) else place + 1
