"""Divergences between a law ``q`` (the truth) and a law ``p`` that may have lost mass; in nats.

Statement.  With ``φ(u) = u - log(1+u)`` and ``p`` of total mass ``1 - lost``,
``KL(q‖p) = Σ_{q>0} q φ((p-q)/q) + p(q=0) + lost``, and every term is at least 0.
Proof.  ``Σ_{q>0} q φ = Σ_{q>0} (p - q) + KL = p(q>0) - 1 + KL``, and
``p(q>0) = 1 - lost - p(q=0)``.  ∎
``Σ q log(q/p)`` has terms of both signs, so a KL of 1e-12 would drown in their rounding.
Lost mass is a cemetery state that the truth never visits.
"""

from typing import Any

import numpy as np

ENTRY_ERROR = 1e-15  # relative rounding of one entry of a law, with room
CARRIED = 1e-290  # smaller entries of a law may have underflowed on the way, or lost their digits
_SERIES = 0.1  # below this |u|, φ is summed as its series; above, a logarithm loses little
_ORDERS = range(18, 1, -1)  # u^19/19 < 1e-19 at the switch


def phi(q: Any, p: Any, xp: Any = np) -> Any:
    """``φ((p-q)/q)`` entry by entry for ``q > 0``; infinite where ``p = 0``.

    ``xp`` is ``numpy`` or ``jax.numpy``.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u = (p - q) / q
        series = xp.zeros_like(u)
        for order in _ORDERS:
            series = series * u + (-1) ** order / order
        direct = u - xp.log(p / q)  # p/q keeps the digits of a tiny p, which 1 + u has lost
        return xp.where(xp.abs(u) < _SERIES, series * u * u, direct)


def bregman(a: Any, c: Any, xp: Any = np) -> Any:
    """``D(a, c) = a log(a/c) - a + c`` for rates: 0 when equal, ``c`` at ``a = 0``."""
    safe = xp.where(a > 0, a, 1.0)
    return xp.where(a > 0, safe * phi(safe, c, xp), c)


def carried(q: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both laws with 0 where both are below CARRIED.

    One of them may have underflowed there, and would make the ratio of two laws that are both
    positive infinite.  What is left out weighs less than CARRIED times its log-ratio.
    """
    small = (q < CARRIED) & (p < CARRIED)
    return np.where(small, 0.0, q), np.where(small, 0.0, p)


def _mass(law: np.ndarray, lost: float | None) -> float:
    """Lost mass: as told, or what is missing if that is more than rounding."""
    if lost is not None:
        return float(lost)
    missing = 1.0 - float(law.sum())
    return missing if missing > 1e-12 else 0.0


def kl(
    q: np.ndarray, p: np.ndarray, lost: float | None = None, log_p: np.ndarray | None = None
) -> float:
    """``KL(q‖p)``; infinite where ``q > 0 = p``.  Same shapes; ``q`` sums to one.

    With ``log_p``, the logarithm of ``p`` where it has underflowed or lost its digits.
    """
    q, p = _pair(q, p)
    q = np.where((q < CARRIED) & (p >= CARRIED), 0.0, q)  # p/q would overflow
    if log_p is None:
        return float(bregman(q, p).sum()) + _mass(p, lost)
    small = (p < CARRIED) & (q > 0)
    rare = float((q[small] * (np.log(q[small]) - log_p[small] - 1)).sum())
    return float(bregman(q[~small], p[~small]).sum()) + rare + _mass(p, lost)


def reverse_kl(q: np.ndarray, p: np.ndarray, lost: float | None = None) -> float:
    """``KL(p‖q)``; infinite where mass is lost or ``p > 0 = q``."""
    q, p = _pair(q, p)
    return np.inf if _mass(p, lost) > 0 else float(bregman(p, q).sum())


def tv(q: np.ndarray, p: np.ndarray, lost: float | None = None) -> float:
    """Total variation ``Σ (q-p)₊``, lost mass included as a state."""
    q, p = _pair(q, p)
    # With mass 1 - lost both halves are equal; their mean has the smaller rounding error.
    return float((np.abs(q - p).sum() + _mass(p, lost)) / 2)


def chi2(q: np.ndarray, p: np.ndarray, lost: float | None = None) -> float:
    """``χ²(p‖q) = Σ (p-q)²/q``; infinite where mass is lost or ``p > 0 = q``."""
    q, p = _pair(q, p)
    if _mass(p, lost) > 0 or p[q == 0].any():
        return np.inf
    seen = q > 0
    return float(((p[seen] - q[seen]) ** 2 / q[seen]).sum())


def hellinger(q: np.ndarray, p: np.ndarray, lost: float | None = None) -> float:
    """Hellinger distance ``sqrt(½ Σ (√q - √p)²)``, in ``[0, 1]``."""
    q, p = _pair(q, p)
    root = np.sqrt(q) + np.sqrt(p)
    gap = np.where(root > 0, (q - p) / np.where(root > 0, root, 1.0), 0.0)
    return float(np.sqrt(((gap**2).sum() + _mass(p, lost)) / 2))


def entropy(law: np.ndarray) -> float:
    """``-Σ p log p``, with ``0 log 0 = 0``."""
    return entropy_with_floor(law)[0]


def entropy_with_floor(law: np.ndarray) -> tuple[float, float]:
    """``-Σ p log p``, and how far rounding can move it.

    Entries with independent relative errors ``e`` move it by ``e sqrt(Σ (p log p)²)``, the sum of a
    law by as much as a probability of 1; the result itself is rounded.
    """
    seen = law[law > 0]
    terms = seen * np.log(seen)
    value = float(-terms.sum())
    spread = float(np.sqrt(terms @ terms + seen @ seen))
    return value, ENTRY_ERROR * (spread + value / 4)


def kl_floor(value: float, roundings: float = 1.0) -> float:
    """How far rounding can move a KL of this size, a sum over many laws; 0 for an infinite one.

    ``e sqrt(2 KL n) + e² roundings``, with errors ``e`` of the entries that are independent of each
    other.  ``roundings`` is how many laws there are, each of which adds ``e²/2`` of its own; to
    first order the ``n``, up to 4, of one step count.
    """
    if not np.isfinite(value):
        return 0.0
    first = ENTRY_ERROR * float(np.sqrt(2 * max(value, 0.0) * min(roundings, 4.0)))
    return first + ENTRY_ERROR**2 * roundings


def kl_of_laws_floor(
    q: np.ndarray, p: np.ndarray, roundings: float = 1.0, alike: float = 0.0
) -> float:
    """How far rounding can move the KL of two laws, to first order by ``sqrt(Σ (q-p)²)``.

    An entry carries ``roundings`` errors that are independent of each other, and ``alike`` that are
    the same, so that they add up.
    """
    gap, error = np.ravel(q) - np.ravel(p), ENTRY_ERROR * (float(np.sqrt(roundings)) + alike)
    return error * float(np.sqrt(gap @ gap)) + ENTRY_ERROR**2 * roundings / 3


def nonnegative(value: float, floor: float) -> float:
    """A divergence that was computed as a difference: never below 0, and 0 within its floor."""
    return 0.0 if abs(value) <= floor else max(value, 0.0)


def _pair(q: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    q, p = np.asarray(q, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if q.shape != p.shape:
        raise ValueError(f"the two laws must have the same shape, got {q.shape} and {p.shape}")
    return q.reshape(-1), p.reshape(-1)
