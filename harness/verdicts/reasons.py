"""Sentences of verdicts, whose numbers have no digit that rounding can move."""

import math

from harness.foundation.digits import fixed, written

DIGITS, MOST_DIGITS = 6, 17


def number(value: float, floor: float) -> str:
    """A number of a sentence; ``floor``: how far rounding can move it."""
    return written(value, floor, DIGITS)


def numbers(value: tuple[float, float], bound: tuple[float, float]) -> tuple[str, str]:
    """Both sides, each with its floor, in as many digits as it takes to tell them apart."""
    told = number(*value), number(*bound)
    for digits in range(DIGITS + 1, MOST_DIGITS + 1):
        if told[0] != told[1]:
            break
        told = written(*value, digits), written(*bound, digits)
    return told


def holds(value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``value <= bound``, each with its floor, and the share of the bound where it has digits."""
    told = f"{number(*value)} <= {number(*bound)}"
    (of, off), (whole, moved) = value, bound
    if not (whole > 0 and math.isfinite(whole)):
        return told
    share = 100 * of / whole
    floor = (100 * off + share * moved) / whole
    if number(*value) == "0" or share <= 2 * floor:
        return told
    return f"{told}, {fixed(share, floor, 2)}% of the bound"


def above(value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``value >= bound`` of a lower bound, each with its floor."""
    return f"{number(*value)} >= {number(*bound)}"


def equal(value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``value = bound`` but for rounding, each with its floor."""
    return f"{number(*value)} = {number(*bound)}"


def apart(value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``value`` is not what an equality says; each with its floor."""
    return " is not ".join(numbers(value, bound))


def below(rung: str, value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``rung`` is below its lower ``bound``; each with its floor."""
    return f"{rung} {' < lower bound '.join(numbers(value, bound))}"


def violated(rung: str, value: tuple[float, float], bound: tuple[float, float]) -> str:
    """``rung`` is above ``bound``; each with its floor."""
    return f"{rung} {' > bound '.join(numbers(value, bound))}"
