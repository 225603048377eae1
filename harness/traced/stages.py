"""What noise may go through: monotone functions ``x -> f(x, c)``, each with its inverse.

``number(c)`` is what the result is whatever ``x``, nan where it depends on it.  ``back(v, c, below,
closed)`` gives the threshold on ``x`` that says the same as the threshold ``v`` on the result:
"less than ``v``" where ``below``, else "more than ``v``"; with equality where ``closed``, which
only matters where a clamp gives one value to many ``x``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

Function = Callable[..., Any]


def _depends(c: Any) -> Any:
    return np.full(np.shape(c), np.nan)


def _up(c: Any) -> Any:
    return np.ones(np.shape(c))


@dataclass(frozen=True)
class How:
    """A function, its inverse, the sign of its slope (a function of ``c``), where it is a number.

    ``one_sided``: only for ``x`` from ``least`` to ``most``.  ``harmless``: a constant that does
    nothing.
    """

    forward: Function
    inverse: Function
    slope: Function = _up
    number: Function = _depends
    one_sided: bool = False
    least: float = 0.0
    most: float = math.inf
    harmless: float = 0.0

    def back(self, v: np.ndarray, c: Any, below: np.ndarray, closed: np.ndarray) -> np.ndarray:
        del below, closed
        return self.inverse(v, c)


class Clamp(How):
    """``max(x, c)`` or ``min(x, c)``."""

    def back(self, v: np.ndarray, c: Any, below: np.ndarray, closed: np.ndarray) -> np.ndarray:
        least = self.harmless < 0  # max(x, c): no result is below c
        inside = v > c if least else v < c
        # At v = c: "less than" and "at least" are decided alike, whichever side x is on.
        edge = (v == c) & (closed == below if least else closed != below)
        beyond = -np.inf if least else np.inf
        return np.where(inside | edge, v, beyond)


def _power(x: Any, c: Any) -> Any:
    return np.where(np.asarray(c) == 0.5, np.sqrt(abs(x)), np.power(abs(x), c))


def _add_number(c: Any) -> Any:
    return np.where(np.isinf(c), c, np.nan)


def _mul_number(c: Any) -> Any:
    return np.where(np.asarray(c) == 0, 0.0, np.nan)


def _div_number(c: Any) -> Any:
    return np.where(np.isinf(c), 0.0, np.nan)


def _over_number(c: Any) -> Any:
    return np.where((np.asarray(c) == 0) | np.isinf(c), c, np.nan)


def _over_inverse(v: Any, c: Any) -> Any:
    return np.where(v * np.sign(c) <= 0, np.inf, c / v)  # of the other sign: beyond all x


STAGES: dict[str, How] = {
    "add": How(lambda x, c: x + c, lambda v, c: v - c, number=_add_number),
    "mul": How(lambda x, c: x * c, lambda v, c: v / c, np.sign, _mul_number, harmless=1.0),
    "div": How(lambda x, c: x / c, lambda v, c: v * c, np.sign, _div_number, harmless=1.0),
    "over": How(  # c / x, where 0 may be -0
        lambda x, c: c / abs(x),
        _over_inverse,
        lambda c: -np.sign(c),
        _over_number,
        one_sided=True,
        harmless=1.0,
    ),
    "log": How(lambda x, c: np.log(np.maximum(x, 0.0)), lambda v, c: np.exp(v), one_sided=True),
    "log1p": How(
        lambda x, c: np.log1p(np.maximum(x, -1.0)),
        lambda v, c: np.expm1(v),
        one_sided=True,
        least=-1.0,
    ),
    "exp": How(lambda x, c: np.exp(x), lambda v, c: np.log(np.maximum(v, 0.0))),
    "expm1": How(lambda x, c: np.expm1(x), lambda v, c: np.log1p(np.maximum(v, -1.0))),
    "pow": How(
        _power,
        lambda v, c: np.maximum(v, 0.0) ** (1.0 / c),
        np.sign,
        lambda c: np.where(np.asarray(c) == 0, 1.0, np.nan),
        one_sided=True,
        harmless=1.0,
    ),
    "sigmoid": How(lambda x, c: expit(x), lambda v, c: logit(np.clip(v, 0.0, 1.0))),
    "logit": How(
        lambda x, c: logit(np.clip(x, 0.0, 1.0)), lambda v, c: expit(v), one_sided=True, most=1.0
    ),
    "at_least": Clamp(lambda x, c: np.maximum(x, c), lambda v, c: v, harmless=-math.inf),
    "at_most": Clamp(lambda x, c: np.minimum(x, c), lambda v, c: v, harmless=math.inf),
}
