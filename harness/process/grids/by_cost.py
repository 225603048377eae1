"""The grid of which every step costs the same, where a step costs the square of its length."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from harness.foundation.validation import real
from harness.process.grids.grid import Grid, ends, maker, numbers, recipe_of, step_count


@maker()
def equal_cost(
    times: Sequence[float],
    curvature: Sequence[float],
    steps: int,
    start: float | None = None,
    stop: float | None = None,
) -> Grid:
    """As much ``∫ sqrt(curvature)`` in each of ``steps`` steps, from ``start`` down to ``stop``.

    A short step from ``t`` to ``s`` of τ-leaping modulo ``S`` costs ``½ h² curvature`` of path KL,
    with ``curvature = -φ'`` (``harness.measurement.equal_cost.curvature`` has it of a problem).  As
    ``N`` grows, ``N`` steps of this grid cost ``(∫ sqrt(curvature))²/(2N)``, and no others less, to
    first order in ``1/N``; of few, long steps neither is said.

    ``curvature [m] > 0`` at increasing noise ``times [m] > 0``; a power law of the time between
    two of them.  ``start`` and ``stop`` are the last and the first of ``times`` if not given.
    Raises ValueError for times that do not increase, or ends that are not between them.
    Source: this project; theorem ``explicit_path``.
    """
    at, height = numbers("times", times, above=0), numbers("curvature", curvature, above=0)
    if len(at) < 2 or len(at) != len(height):
        raise ValueError(
            "times and curvature must be two or more and as many, "
            f"got {len(at)} times and {len(height)} of curvature"
        )
    for k, (t, later) in enumerate(pairwise(at)):
        if not t < later:
            raise ValueError(
                f"times must increase, got times[{k}] = {t:g}, times[{k + 1}] = {later:g}"
            )
    start, stop = ends(at[-1] if start is None else start, at[0] if stop is None else stop)
    real("start", start, maximum=at[-1])
    real("stop", stop, minimum=at[0])
    count = step_count(steps)
    found = _equal_parts(np.array(at), np.array(height), count, start, stop)
    recipe = recipe_of(
        "equal_cost", times=at, curvature=height, steps=count, start=start, stop=stop
    )
    return Grid(tuple(found[::-1].tolist()), recipe=recipe)


def _equal_parts(
    at: np.ndarray, height: np.ndarray, steps: int, start: float, stop: float
) -> np.ndarray:
    """``steps + 1`` times from ``stop`` up to ``start``, with as much ``∫ sqrt(height)`` between.

    In the logarithm ``x`` of the time the integrand, ``e^x sqrt(height)``, is an exponential in
    each piece; so is the integral, which is inverted in closed form.
    """
    knots = np.log(np.concatenate([[stop], at[(at > stop) & (at < start)], [start]]))
    logs = np.interp(knots, np.log(at), np.log(height) / 2) + knots
    width = np.diff(knots)
    pace = np.diff(logs) / width
    first = np.exp(logs[:-1])
    parts = first * width * _mean_exp(pace * width)
    total = np.concatenate([[0.0], np.cumsum(parts)])
    wanted = total[-1] * np.arange(1, steps) / steps
    piece = np.clip(np.searchsorted(total, wanted) - 1, 0, len(parts) - 1)
    share = (wanted - total[piece]) / first[piece]
    # ∫_0^y e^{pace x} dx = share, so y = log(1 + pace share)/pace.
    grown = pace[piece] * share
    flat = np.abs(grown) < 1e-8
    even = share * (1 - grown / 2)
    ahead = np.where(flat, even, np.log1p(grown) / np.where(flat, 1.0, pace[piece]))
    inner = np.exp(knots[piece] + ahead)
    return np.concatenate([[stop], inner, [start]])


def _mean_exp(x: np.ndarray) -> np.ndarray:
    """``(e^x - 1)/x``, 1 at 0."""
    flat = np.abs(x) < 1e-8
    return np.where(flat, 1 + x / 2, np.expm1(x) / np.where(flat, 1.0, x))
