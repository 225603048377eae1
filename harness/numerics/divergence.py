"""Divergences between a law ``q`` (the truth) and a law ``p`` that may have lost mass; in nats.

Statement.  With ``φ(u) = u - log(1+u)`` and ``p`` of total mass ``1 - lost``,
``KL(q‖p) = Σ_{q>0} q φ((p-q)/q) + p(q=0) + lost``, and every term is at least 0.
Proof.  ``Σ_{q>0} q φ = Σ_{q>0} (p - q) + KL = p(q>0) - 1 + KL``, and
``p(q>0) = 1 - lost - p(q=0)``.  ∎
``Σ q log(q/p)`` has terms of both signs, so a KL of 1e-12 would drown in their rounding.
Lost mass is a cemetery state that the truth never visits.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

ENTRY_ERROR = 1e-15  # relative rounding of one entry of a law, with room
CARRIED = 1e-290  # smaller entries of a law may have underflowed on the way, or lost their digits
_PART = 64  # terms that are added up in a row
_SERIES = 0.1  # below this |u|, φ is summed as a series; above, a logarithm loses little
_ORDERS = range(19, 1, -2)  # z^18/19 < 1e-23 at the switch


def library(*arrays: Any) -> Any:
    """``jax.numpy`` where one of ``arrays`` is JAX's, else ``numpy``."""
    return jnp if any(isinstance(each, Array) for each in arrays) else np


def total(terms: Any) -> Any:
    """``Σ terms``, of all entries; see ``totals``."""
    return totals(terms.reshape(-1))


def totals(terms: Any) -> Any:
    """``Σ`` over the last axis, in parts that are summed in parts, as numpy does and JAX does not.

    The error of one long running sum grows with its length.
    """
    if not isinstance(terms, Array):
        return terms.sum(-1)
    *rows, length = terms.shape
    while length > _PART:
        columns = -(-length // _PART)
        far = [(0, 0)] * len(rows) + [(0, columns * _PART - length)]
        terms = jnp.pad(terms, far).reshape(*rows, _PART, columns).sum(-2)
        length = columns
    return terms.sum(-1)


def _number(value: Any) -> Any:
    """A float where it is a number of numpy's, whose arithmetic warns."""
    return float(value) if isinstance(value, np.ndarray | np.generic) else value


def phi(q: Any, p: Any) -> Any:
    """``φ((p-q)/q)`` entry by entry for ``q > 0``; infinite where ``p = 0``.

    For small ``u``, ``z = u/(2 + u)`` has ``log(1 + u) = 2 (z + z³/3 + ..)``, ``u = 2z/(1 - z)``,
    so that ``φ = z (u - 2 (z²/3 + z⁴/5 + ..))``, of which the sum is the far smaller part.
    """
    xp = library(q, p)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u = (p - q) / q
        z = u / (2.0 + u)
        square, series = z * z, xp.zeros_like(u)
        for order in _ORDERS:
            series = (series + 1.0 / order) * square
        direct = u - xp.log(p / q)  # p/q keeps the digits of a tiny p, which 1 + u has lost
        return xp.where(xp.abs(u) < _SERIES, z * (u - 2.0 * series), direct)


def bregman(a: Any, c: Any) -> Any:
    """``D(a, c) = a log(a/c) - a + c`` for rates: 0 when equal, ``c`` at ``a = 0``."""
    xp = library(a, c)
    safe = xp.where(a > 0, a, 1.0)
    other = xp.where(a > 0, c, 1.0)  # what is left out has no derivative to be left out
    return xp.where(a > 0, safe * phi(safe, other), c)


def carried(q: Any, p: Any) -> tuple[Any, Any]:
    """Both laws with 0 where both are below CARRIED.

    One of them may have underflowed there, and would make the ratio of two laws that are both
    positive infinite.  What is left out weighs less than CARRIED times its log-ratio.
    """
    xp = library(q, p)
    small = (q < CARRIED) & (p < CARRIED)
    return xp.where(small, 0.0, q), xp.where(small, 0.0, p)


def _mass(law: Any, lost: Any) -> Any:
    """Lost mass: as told, or what is missing if that is more than rounding."""
    if lost is not None:
        return lost
    missing = 1.0 - total(law)
    return library(law).where(missing > 1e-12, missing, 0.0)


def kl(q: Any, p: Any, lost: Any = None, log_p: np.ndarray | None = None) -> Any:
    """``KL(q‖p)``; infinite where ``q > 0 = p``.  Same shapes; ``q`` sums to one.

    With ``log_p``, the logarithm of ``p`` where it has underflowed or lost its digits.
    """
    q, p = _pair(q, p)
    if log_p is None:
        return _number(kls(q, p) + _mass(p, lost))
    small = (p < CARRIED) & (q > 0)
    rare = float((q[small] * (np.log(q[small]) - log_p[small] - 1)).sum())
    return _number(kls(q[~small], p[~small]) + rare + _mass(p, lost))


def kls(q: Any, p: Any) -> Any:
    """``[..]`` ``KL(q‖p)`` of laws along the last axis, without what is lost."""
    q = library(q, p).where((q < CARRIED) & (p >= CARRIED), 0.0, q)  # p/q would overflow
    return totals(bregman(q, p))


def reverse_kl(q: Any, p: Any, lost: Any = None) -> Any:
    """``KL(p‖q)``; infinite where mass is lost or ``p > 0 = q``."""
    q, p = _pair(q, p)
    return _number(library(q).where(_mass(p, lost) > 0, np.inf, kls(p, q)))


def tv(q: Any, p: Any, lost: Any = None) -> Any:
    """Total variation ``Σ (q-p)₊``, lost mass included as a state."""
    q, p = _pair(q, p)
    # With mass 1 - lost both halves are equal; their mean has the smaller rounding error.
    return _number((total(abs(q - p)) + _mass(p, lost)) / 2)


def chi2(q: Any, p: Any, lost: Any = None) -> Any:
    """``χ²(p‖q) = Σ (p-q)²/q``; infinite where mass is lost or ``p > 0 = q``."""
    q, p = _pair(q, p)
    xp = library(q)
    off = (_mass(p, lost) > 0) | ((q == 0) & (p > 0)).any()
    with np.errstate(over="ignore"):
        terms = xp.where(q > 0, (p - q) ** 2 / xp.where(q > 0, q, 1.0), 0.0)
    return _number(xp.where(off, np.inf, total(terms)))


def hellinger(q: Any, p: Any, lost: Any = None) -> Any:
    """Hellinger distance ``sqrt(½ Σ (√q - √p)²)``, in ``[0, 1]``."""
    q, p = _pair(q, p)
    xp = library(q)
    root = xp.sqrt(q) + xp.sqrt(p)
    gap = xp.where(root > 0, (q - p) / xp.where(root > 0, root, 1.0), 0.0)
    return _number(xp.sqrt((total(gap**2) + _mass(p, lost)) / 2))


def entropy(law: Any) -> Any:
    """``-Σ p log p``, with ``0 log 0 = 0``."""
    return entropy_with_floor(law)[0]


def entropy_with_floor(law: Any) -> tuple[Any, Any]:
    """``-Σ p log p``, and how far rounding can move it.

    Entries with independent relative errors ``e`` move it by ``e sqrt(Σ (p log p)²)``, the sum of a
    law by as much as a probability of 1; the result itself is rounded.
    """
    value, floor = entropies_with_floors(law.reshape(1, -1))
    return _number(value[0]), _number(floor[0])


def entropies_with_floors(laws: Any) -> tuple[Any, Any]:
    """The same ``[m]`` of the rows of ``laws [m, n]``."""
    xp = library(laws)
    terms = laws * xp.log(xp.where(laws > 0, laws, 1.0))
    values = -totals(terms)
    spreads = xp.sqrt(totals(terms**2 + laws**2))
    return values, ENTRY_ERROR * (spreads + values / 4)


def kl_floor(value: Any, roundings: Any = 1.0) -> Any:
    """How far rounding can move a KL of this size, a sum over many laws; 0 for an infinite one.

    ``e sqrt(2 KL n) + e² roundings``, with errors ``e`` of the entries that are independent of each
    other.  ``roundings`` is how many laws there are, each of which adds ``e²/2`` of its own; to
    first order the ``n``, up to 4, of one step count.
    """
    xp = library(value)
    held = xp.where(xp.isfinite(value), value, 0.0)
    first = ENTRY_ERROR * xp.sqrt(2 * xp.maximum(held, 0.0) * min(roundings, 4.0))
    return _number(xp.where(xp.isfinite(value), first + ENTRY_ERROR**2 * roundings, 0.0))


def kl_of_laws_floor(q: Any, p: Any, roundings: Any = 1.0, alike: Any = 0.0) -> Any:
    """How far rounding can move the KL of two laws, to first order by ``sqrt(Σ (q-p)²)``.

    An entry carries ``roundings`` errors that are independent of each other, and ``alike`` that are
    the same, so that they add up.
    """
    xp = library(q, p, roundings)
    gap, error = xp.ravel(q) - xp.ravel(p), ENTRY_ERROR * (xp.sqrt(roundings) + alike)
    return _number(error * xp.sqrt(gap @ gap) + ENTRY_ERROR**2 * roundings / 3)


def nonnegative(value: Any, floor: Any) -> Any:
    """A divergence that was computed as a difference: never below 0, and 0 within its floor."""
    xp = library(value)
    return _number(xp.where(abs(value) <= floor, 0.0, xp.maximum(value, 0.0)))


def hypot(*floors: Any) -> Any:
    """``sqrt(Σ floors²)``: what errors that are independent of each other add up to."""
    xp = library(*floors)
    return _number(xp.sqrt((xp.stack([xp.asarray(each) for each in floors]) ** 2).sum()))


def _pair(q: Any, p: Any) -> tuple[Any, Any]:
    xp = library(q, p)
    q, p = xp.asarray(q, dtype=np.float64), xp.asarray(p, dtype=np.float64)
    if q.shape != p.shape:
        raise ValueError(f"the two laws must have the same shape, got {q.shape} and {p.shape}")
    return q.reshape(-1), p.reshape(-1)
