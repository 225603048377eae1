"""From the clock of some code to noise time.

Noise acts at unit rate in noise time; code has a clock of its own: a total noise ``σ̄ = ∫σ``, the
signal ``α`` that is kept, a time in ``[0, 1]`` with a schedule, the index of a table.  A clock is a
callable ``clock(t) -> noise time`` of one number.  ``clock(t) = -log α(t)`` in all of them: a token
is as noise has left it with probability ``α``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.integrate import quad

from harness.foundation.validation import real


@dataclass(frozen=True)
class OfTotal:
    """``total(t) = ∫_0^t σ``, which is the noise time."""

    total: Callable[[float], Any]

    def __call__(self, t: float) -> float:
        return _noise_time("total", t, self.total(t))


@dataclass(frozen=True)
class OfRate:
    """``∫ σ`` of a ``rate(t) = σ`` from ``begin`` on, where there is no noise, by quadrature."""

    rate: Callable[[float], Any]
    begin: float = 0.0

    def __call__(self, t: float) -> float:
        return _noise_time("the integral of rate", t, abs(integral(self.rate, self.begin, t)))


@dataclass(frozen=True)
class OfAlpha:
    """``alpha(t)``, the probability that noise has left a token alone: noise time ``-log α``."""

    alpha: Callable[[float], Any]

    def __call__(self, t: float) -> float:
        return minus_log(float(self.alpha(t)), f"alpha({t:g})")


@dataclass(frozen=True)
class OfTable:
    """``clock(k)`` of an index ``k`` from 0 on, by ``alphas[k]`` or by ``totals[k]``.

    Raises ValueError where both or none are given, and for an index that is none.
    """

    alphas: Sequence[float] | None = None
    totals: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if (self.alphas is None) == (self.totals is None):
            raise ValueError("a table has alphas or totals, one of them")
        for name in ("alphas", "totals"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else tuple(map(float, given)))

    def __call__(self, t: float) -> float:
        table = self.alphas if self.totals is None else self.totals
        assert table is not None
        k = round(float(t))
        if k != t or not 0 <= k < len(table):
            raise ValueError(
                f"the table of the clock has the indices 0 to {len(table) - 1}, got {t:g}"
            )
        if self.totals is None:
            return minus_log(table[k], f"alphas[{k}]")
        return _noise_time("totals", t, table[k])


@dataclass(frozen=True)
class LogLinear:
    """``α = 1 - (1 - eps) t``: at 1 a share ``eps`` of the signal is kept."""

    eps: float = 1e-3

    def __post_init__(self) -> None:
        real("eps", self.eps, minimum=0.0, maximum=1.0)

    def __call__(self, t: float) -> float:
        return _of_noised((1.0 - self.eps) * _in_unit(t))


@dataclass(frozen=True)
class Power:
    """``α = 1 - t^exponent``; linear if no ``exponent`` is said."""

    exponent: float = 1.0

    def __post_init__(self) -> None:
        real("exponent", self.exponent, above=0.0)

    def __call__(self, t: float) -> float:
        return _of_noised(_in_unit(t) ** self.exponent)


@dataclass(frozen=True)
class Cosine:
    """``α = 1 - cos(π (1 - t) / 2)``: in equal steps of ``t`` few tokens first, then more."""

    def __call__(self, t: float) -> float:
        if _in_unit(t) < 0.5:
            return _of_noised(math.sin(math.pi / 2 * t))
        # 2 sin²(a/2) = 1 - cos a keeps the digits of what is left at the end.
        return minus_log(2 * math.sin(math.pi / 4 * (1.0 - t)) ** 2)


@dataclass(frozen=True)
class Geometric:
    """``σ̄ = smallest^(1 - t) largest^t``: never 0, the smallest where the code ends."""

    smallest: float = 1e-3
    largest: float = 1.0

    def __post_init__(self) -> None:
        real("smallest", self.smallest, above=0.0)
        real("largest", self.largest, above=self.smallest)

    def __call__(self, t: float) -> float:
        return self.smallest ** (1.0 - _in_unit(t)) * self.largest**t


@dataclass(frozen=True)
class FromNoise:
    """A clock that runs from noise at 0 to data at 1: ``clock`` at ``1 - t``."""

    clock: Callable[[float], float]

    def __call__(self, t: float) -> float:
        return self.clock(1.0 - t)


CLOCKS: dict[str, Callable[..., Callable[[float], float]]] = {
    "power": Power,
    "log_linear": LogLinear,
    "cosine": Cosine,
    "geometric": Geometric,
    "table": OfTable,
}
"""What a file may name, each with numbers as fields."""


def integral(rate: Callable[[float], Any], a: float, b: float) -> float:
    """``∫_a^b rate`` to ten digits."""
    return float(quad(lambda t: float(rate(t)), a, b, epsabs=0, epsrel=1e-10, limit=200)[0])


def minus_log(alpha: float, name: str = "alpha") -> float:
    """``-log alpha``, infinite at 0.  Raises ValueError outside of ``[0, 1]``, by its ``name``."""
    if not 0 <= alpha <= 1:
        raise ValueError(f"{name} must be a probability, got {alpha:g}")
    return -math.log(alpha) if alpha > 0 else math.inf


def _of_noised(share: float) -> float:
    """Noise time at which noise has drawn this ``share`` of tokens anew."""
    return -math.log1p(-share) if share < 1 else math.inf


def _in_unit(t: float) -> float:
    if not 0 <= t <= 1:
        raise ValueError(f"the clock runs in [0, 1], got {t:g}")
    return float(t)


def _noise_time(name: str, t: float, value: Any) -> float:
    found = float(value)
    if not found >= 0:
        raise ValueError(f"{name} at t={t:g} must be a noise time of at least 0, got {found:g}")
    return found
