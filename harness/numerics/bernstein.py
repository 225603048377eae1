"""Polynomials on ``[0, 1]`` in Bernstein form, ``Σ_k c_k C(n,k) r^k (1-r)^{n-k}``, ``c_k >= 0``.

All terms are positive, so that values and integrals keep their relative precision; integrals of the
polynomial are Gauss rules of sufficient order, exact but for rounding.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import binom

from harness.numerics.root import root

_PANELS, _NODES = 128, 16  # composite rule for the root, which is no polynomial


def value(coefficients: Any, r: Any) -> np.ndarray:
    """``[..]`` the polynomial at ``r [..]``; 0 for no coefficients."""
    c, r = np.asarray(coefficients, np.float64), np.asarray(r, np.float64)
    if not c.size:
        return np.zeros_like(r)
    return binom.pmf(np.arange(len(c)), len(c) - 1, r[..., None]) @ c


def integral(
    coefficients: Any,
    p: Any,
    q: Any,
    weight: Callable[[np.ndarray, np.ndarray], np.ndarray],
    degree: int,
) -> np.ndarray:
    """``[..]`` ``∫_p^q weight · polynomial`` for ``p [..]`` and ``q [..]``.

    ``weight(r [.., m], q - r)`` is a polynomial of that ``degree``.
    """
    nodes, weights = _gauss((len(coefficients) + degree) // 2 + 1)
    p, width = np.asarray(p)[..., None], (np.asarray(q) - p)[..., None]
    r, left = p + width * nodes, width * (1 - nodes)
    return (width * weights * weight(r, left) * value(coefficients, r)).sum(-1)


def root_integrals(coefficients: Any, points: Sequence[float]) -> np.ndarray:
    """``∫ sqrt(polynomial)`` between neighbours of the growing ``points``."""
    panels = -(-_PANELS // (len(points) - 1))
    ends = np.arcsin(np.sqrt(points))
    edges = np.interp(np.arange(panels * (len(ends) - 1) + 1) / panels, range(len(ends)), ends)
    return _root_panels(coefficients, edges).reshape(-1, panels).sum(1)


def equal_root_shares(coefficients: Any, parts: int, p: float = 0.0, q: float = 1.0) -> list[float]:
    """``parts + 1`` points from ``p`` to ``q`` between which ``∫ sqrt(polynomial)`` is equal."""
    edges = np.linspace(math.asin(math.sqrt(p)), math.asin(math.sqrt(q)), _PANELS + 1)
    total = np.concatenate([[0.0], np.cumsum(_root_panels(coefficients, edges))])
    points = [p]
    for k in range(1, parts):
        wanted = total[-1] * k / parts
        panel = int(np.searchsorted(total, wanted)) - 1
        low, rest = edges[panel], wanted - total[panel]

        def beyond(u: float, low: float = low, rest: float = rest) -> float:
            return float(_root_panels(coefficients, np.array([low, u]))[0]) - rest

        angle = root(beyond, low, edges[panel + 1], xtol=1e-15, rtol=1e-14)
        points.append(math.sin(angle) ** 2)
    return [*points, q]


def _root_panels(coefficients: Any, edges: np.ndarray) -> np.ndarray:
    """``∫ sqrt(polynomial) dr`` between neighbouring angles ``u``, ``r = sin² u``.

    In ``u`` the root is smooth even where the polynomial is 0 at an end, ``(1-r)^m = cos^{2m} u``,
    and a Bernstein polynomial is about equally rough everywhere.
    """
    nodes, weights = _gauss(_NODES)
    width = np.diff(edges)[:, None]
    u = edges[:-1, None] + width * nodes
    root = np.sqrt(value(coefficients, np.sin(u) ** 2))
    return (width * weights * root * np.sin(2 * u)).sum(1)


@lru_cache(maxsize=64)
def _gauss(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on ``[0, 1]``."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2
