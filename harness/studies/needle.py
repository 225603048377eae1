"""The needle: a target on which the constants 1 of theorem ``explicit_path`` are nearly reached.

The target is ``(1 - ε) U + ε`` times a point mass on ``d`` tokens under uniform noise, with
``log(1/ε) = d KL(P_{t*}(0,·)‖U)``, ``P_t`` the kernel of a token and ``U`` the uniform law: the
needle can be told from the hay until ``t*``, and is lost from sight there, the more suddenly the
longer it is.  A step from just above ``t*`` to just below has seen nothing of it when it begins.

*Closed form.*  Let ``k`` be the number of tokens that still are, or again are, the needle's.  Under
the needle's law ``k`` is binomial, ``n_k``, with ``p_t = e^{-t} + (1 - e^{-t})/S``; the law of the
noised data has density ``1 + u_k`` against ``U``, up to ``ε`` relative to that, where ``u_k`` is
``ε`` times the likelihood ratio of the needle.  One token more multiplies it by
``e^a = (S - 1) p_t/(1 - p_t)``.  As a mean under the needle's law,

    ``KL(q_t‖U)/ε = Σ n_k G(u_k)``, ``G(u) = ((1 + u) log(1 + u) - u)/u``,
    ``φ(t)/ε = Σ n_k (d - k) (e^a - 1) (log(1 + u_k e^a) - log(1 + u_k))/S``:

a state with ``k`` such tokens has ``d - k`` neighbours with one more, each at rate ``1/S``, and no
other neighbour differs from it in probability, so that ``φ`` adds up
``(q(y) - q(x)) log(q(y)/q(x))`` over those pairs.

Statement.  The constant 1 of ``D <= h (φ(s) - φ(t))`` and that of
``Σ D <= κ (KL(q_0‖U) - KL(q_1‖U))`` are best possible, the first for every ``S``.

Proof.  By the law of large numbers ``k/d -> p_t`` under ``n_k``, so that ``log(u_k)/d`` tends to
``KL(P_t(0,·)‖U) - KL(P_{t*}(0,·)‖U)``, which is positive before ``t*`` and negative after it.  So
``log(1 + u_k e^a) - log(1 + u_k)`` tends to ``a`` before and to 0 after, and

    ``φ(t)/(ε d) -> f(t) 1{t < t*}``, ``f(t) = (1 - p_t)(e^a - 1) a/S``,

dominated by ``f``, which falls and can be integrated at 0.  A step from ``t`` just above ``t*`` to
``s``: ``D/(ε d)`` tends to ``∫_s^{t*} f`` and ``h (φ(s) - φ(t))/(ε d)`` to ``h f(s)``, of which the
quotient tends to 1 as ``h -> 0``, ``f`` being continuous.  A geometric grid with a time just above
``t* < 1``: every step below ``t*`` takes ``½ h² |f'|`` to leading order in ``κ``, and the one that
begins just above it all of ``κ t* f(t*)``; summed and integrated by parts,
``Σ D/(κ (KL(q_0‖U) - KL(q_1‖U)))`` tends to ``½ (1 + t* f(t*)/∫_0^{t*} f)``.  As ``S -> inf``,
``f(t)/log S -> e^{-t}``, so with ``t* -> 0`` afterwards this tends to 1.  ∎
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.special import gammaln

from harness.foundation.validation import integer, real
from harness.process.grids import Grid, geometric

WIDTH = 40.0  # standard deviations of k to each side that are added up
SERIES = 1e-3  # below it G(u) is a series


@dataclass(frozen=True)
class Needle:
    """``tokens`` ``S``, ``length`` ``d``, and the time ``lost`` ``t*``; all numbers in units of ε.

    Raises TypeError or ValueError for what is none of these.
    """

    tokens: int
    length: int
    lost: float

    def __post_init__(self) -> None:
        integer("tokens", self.tokens, 2)
        integer("length", self.length, 1)
        real("lost", self.lost, above=0)

    @property
    def log_share(self) -> float:
        """``log ε``."""
        return -self.length * _kl_of_token(self.tokens, self.lost)

    def kl(self, t: float) -> float:
        """``KL(q_t‖U)/ε`` at ``t > 0``."""
        chance, log_u, *_ = self._kept(t)
        least = math.log(SERIES)
        u = np.exp(np.minimum(log_u, least))
        small = u / 2 - u**2 / 6 + u**3 / 12 - u**4 / 20
        above = np.maximum(log_u, least)
        large = np.logaddexp(0.0, above) * (1 + np.exp(-above)) - 1
        return float(chance @ np.where(log_u < least, small, large))

    def fall(self, t: float) -> float:
        """``φ(t)/ε`` at ``t > 0``."""
        chance, log_u, kept, a = self._kept(t)
        seen = np.logaddexp(0.0, log_u + a) - np.logaddexp(0.0, log_u)
        return float(chance @ ((self.length - kept) * seen)) * math.expm1(a) / self.tokens

    def step(self, t: float, s: float) -> float:
        """``D/ε`` of the step from ``t`` to ``s``."""
        return self.kl(s) - self.kl(t) - (t - s) * self.fall(t)

    def share_of_step(self, t: float, s: float) -> float:
        """How much of ``h (φ(s) - φ(t))`` the step from ``t`` to ``s`` takes."""
        return self.step(t, s) / ((t - s) * (self.fall(s) - self.fall(t)))

    def share_of_sum(self, grid: Grid) -> float:
        """How much of ``κ (KL(q_0‖U) - KL(q_1‖U))`` the steps of a ``grid`` take, ``δ > 0``.

        ``KL(q_0‖U)/ε`` is ``d log S + log ε - 1``: all but ``ε`` is at the needle.
        """
        # The sum of D telescopes but for h φ(t).
        spent = math.fsum((t - s) * self.fall(t) for t, s in grid.intervals())
        taken = self.kl(grid.stop) - self.kl(grid.start) - spent
        whole = self.length * math.log(self.tokens) + self.log_share - 1
        return taken / (grid.kappa * (whole - self.kl(1.0)))

    def _kept(self, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """``n_k``, ``log u_k`` and ``k`` where ``n_k`` is not negligible, and ``a``."""
        d, size = self.length, self.tokens
        moved = -math.expm1(-t) * (size - 1) / size
        mean, spread = d * (1 - moved), math.sqrt(d * moved * (1 - moved))
        low = max(0, math.floor(mean - WIDTH * spread - WIDTH))
        kept = np.arange(low, min(d, math.ceil(mean + WIDTH * spread + WIDTH)) + 1.0)
        log_kept, log_moved = math.log1p(-moved), math.log(moved)
        orders = gammaln(d + 1) - gammaln(kept + 1) - gammaln(d - kept + 1)
        chance = np.exp(orders + kept * log_kept + (d - kept) * log_moved)
        ratio = kept * log_kept + (d - kept) * (log_moved - math.log(size - 1))
        a = log_kept - log_moved + math.log(size - 1)
        return chance / chance.sum(), self.log_share + ratio + d * math.log(size), kept, a


def worst_step(needle: Needle, longest: float = 0.1) -> tuple[float, float, float]:
    """``(share, t, s)`` of the step up to that long that takes most, of some around ``t*``."""
    width = needle.lost / math.sqrt(needle.length * needle.lost)  # in which it is lost from sight
    found = [
        (needle.share_of_step(t, t - h), t, t - h)
        for t in needle.lost + width * np.linspace(-1.0, 3.0, 13)
        for h in np.geomspace(width / 2, max(longest, width), 12)
        if h < t
    ]
    share, t, s = max(found)
    return float(share), float(t), float(s)


def worst_sum(needle: Needle, kappa: float, start: float = 6.0) -> tuple[float, Grid]:
    """``(share, grid)`` of the geometric grid that takes most, of some with a time above ``t*``."""
    width = needle.lost / math.sqrt(needle.length * needle.lost)
    grids = [_through(t, kappa, start) for t in needle.lost + width * np.linspace(0.0, 8.0, 17)]
    shares = [needle.share_of_sum(grid) for grid in grids]
    best = int(np.argmax(shares))
    return shares[best], grids[best]


def _through(t: float, kappa: float, start: float) -> Grid:
    """A geometric grid from ``start`` with the time ``t``, down to a thousandth of it."""
    stop = t / (1 + kappa) ** math.ceil(math.log(1e3) / math.log1p(kappa))
    return geometric(start, stop, kappa)


def limit_of_sum(tokens: int, lost: float) -> float:
    """``½ (1 + t* f(t*)/∫_0^{t*} f)``: what a geometric grid takes as ``d -> inf``, ``κ -> 0``."""
    whole = quad(lambda root: 2 * root * limit_of_fall(tokens, root**2), 0.0, math.sqrt(lost))[0]
    return (1 + lost * limit_of_fall(tokens, lost) / whole) / 2


def limit_of_fall(tokens: int, t: float) -> float:
    """``f(t)``, to which ``φ(t)/(ε d)`` tends before the needle is lost."""
    moved = -math.expm1(-t) * (tokens - 1) / tokens
    ratio = (tokens - 1) * (1 - moved) / moved
    return moved * (ratio - 1) * math.log(ratio) / tokens


def _kl_of_token(tokens: int, t: float) -> float:
    """``KL(P_t(0,·)‖U)``."""
    moved = -math.expm1(-t) * (tokens - 1) / tokens
    # Of S - 1 other values each has moved/(S - 1).
    other = moved * math.log(moved / (tokens - 1)) if moved > 0 else 0.0
    return math.log(tokens) + (1 - moved) * math.log1p(-moved) + other
