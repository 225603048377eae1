"""Errors that name the thing, the rule and the value."""

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import TypeVar

T = TypeVar("T")


def instance(name: str, value: object, kind: type[T]) -> T:
    """``value``, which must be a ``kind``.  Raises TypeError."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {value!r}")
    return value


def integer(name: str, value: object, minimum: int) -> int:
    """``value`` as an int, at least ``minimum``.  Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return int(value)


def real(
    name: str,
    value: object,
    *,
    minimum: float = -math.inf,
    above: float = -math.inf,
    maximum: float = math.inf,
) -> float:
    """``value`` as a finite float in the given range.  Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum:g}, got {number:g}")
    if number <= above:
        raise ValueError(f"{name} must be above {above:g}, got {number:g}")
    if number > maximum:
        raise ValueError(f"{name} must be at most {maximum:g}, got {number:g}")
    return number


def choice(name: str, value: object, known: Iterable[str]) -> str:
    """``value`` if it is one of ``known``; else a ValueError that suggests the nearest."""
    options = sorted(known)
    if not isinstance(value, str) or value not in options:
        raise ValueError(unknown(name, value, options))
    return value


def unknown(kind: str, value: object, known: Iterable[str]) -> str:
    """The message for a name that is not there: all that begin so, the nearest one, or all."""
    options = sorted(known)
    near: list[str] = []
    if isinstance(value, str) and value:
        near = [option for option in options if option.startswith(value)]
        near = near or difflib.get_close_matches(value, options, n=1)
    *others, last = map(repr, near) if near else [""]
    names = f"{', '.join(others)} or {last}" if others else last
    hint = f"did you mean {names}?" if near else f"known: {', '.join(options) or 'none'}"
    return f"no {kind} named {str(value)!r}; {hint}"
