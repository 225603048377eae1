"""Grids in noise time: even, geometric, given, or of a noise schedule."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax
import numpy as np

from harness.foundation.precision import float64
from harness.foundation.validation import choice, real
from harness.numerics.root import root
from harness.process.grids.grid import (
    MAX_STEPS,
    Grid,
    ends,
    maker,
    noise_times,
    numbers,
    recipe_of,
    step_count,
)


@maker()
def even(start: float, stop: float, steps: int) -> Grid:
    """``steps`` equal steps from ``start`` down to ``stop >= 0``."""
    start, stop = ends(start, stop)
    steps = step_count(steps)
    times = tuple(np.linspace(start, stop, steps + 1).tolist())
    return Grid(times, recipe=recipe_of("even", start=start, stop=stop, steps=steps))


def kappa_for_steps(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a geometric grid, which may say ``steps`` in the place of ``kappa``."""
    if "steps" not in fields:
        return fields
    if "kappa" in fields:
        raise ValueError("a geometric grid takes kappa or steps, got both")
    start, stop = ends(fields.get("start", np.nan), fields.get("stop", np.nan))
    if stop == 0:
        raise ValueError("a geometric grid needs stop above 0, got 0")
    steps, last = step_count(fields.pop("steps")), bool(fields.get("to_data", False))
    if steps <= last:
        raise ValueError(f"a geometric grid to the data needs at least 2 steps, got {steps}")
    return {**fields, "kappa": _kappa_of(start, stop, steps - last)}


@maker(prepare=kappa_for_steps)
def geometric(start: float, stop: float, kappa: float, to_data: bool = False) -> Grid:
    """Built upward from ``stop > 0`` by ``t = s + κ min(1, s)``, cut at ``start``.

    With ``to_data``, one more step leads from ``stop`` to 0.  An experiment may give ``steps`` in
    the place of ``kappa``.  Raises ValueError where the steps would be too many or ``stop`` is 0,
    and TypeError for what is no number or no bool.
    """
    start, stop = ends(start, stop)
    if not isinstance(to_data, bool):
        raise TypeError(f"to_data must be true or false, got {to_data!r}")
    if stop == 0:
        raise ValueError("a geometric grid needs stop above 0, got 0")
    kappa = real("kappa", kappa, above=0)
    times = [stop]
    # A last sliver shorter than rounding would be a step of nothing: it is merged.
    while times[-1] < start * (1 - 1e-12):
        times.append(times[-1] + kappa * min(1.0, times[-1]))
        if len(times) > MAX_STEPS:
            raise ValueError(f"kappa={kappa:g} needs more than {MAX_STEPS:,} steps")
    times[-1] = start
    last = {"to_data": True} if to_data else {}
    recipe = recipe_of("geometric", start=start, stop=stop, kappa=kappa, **last)
    return Grid((*reversed(times), *((0.0,) if to_data else ())), recipe=recipe)


@maker()
def custom(times: Sequence[float], told: Sequence[float] | None = None) -> Grid:
    """Given decreasing noise ``times [N + 1]``; ``told [N]`` as in ``Grid``, else the steps."""
    lengths = None if told is None else numbers("told", told, above=0)
    return Grid(noise_times(times), lengths)


def from_schedule(
    cumulative_rate: Callable[[float], float],
    times: Sequence[float],
    rate_rule: str = "integral",
) -> Grid:
    """Grid of a noise schedule: noise times ``cumulative_rate(τ) = ∫_0^τ σ`` at the ``times`` τ.

    ``rate_rule="integral"`` tells the sampler the true step ``∫σ``.  ``"left"`` tells it
    ``σ(τ)Δτ`` with the rate where the step begins, as much released code does: the rates are then
    off by a relative order ``Δτ``.  ``cumulative_rate`` must be differentiable by JAX for "left";
    raises TypeError where it is not.
    """
    choice("rate rule", rate_rule, ("integral", "left"))
    schedule = numbers("times", times, minimum=0)
    with float64():
        found = tuple(float(cumulative_rate(tau)) for tau in schedule)
        told = None
        if rate_rule == "left":
            rate = jax.grad(cumulative_rate)
            try:
                told = tuple(float(rate(tau)) * (tau - after) for tau, after in pairwise(schedule))
            except jax.errors.JAXTypeError as error:
                raise TypeError(
                    "cumulative_rate must be differentiable by JAX for rate_rule='left' (jax.numpy "
                    f"in the place of math or numpy), got {cumulative_rate!r}"
                ) from error
    return Grid(found, told)


def _kappa_of(start: float, stop: float, steps: int) -> float:
    """The smallest κ whose geometric grid has ``steps`` steps."""

    def overshoot(kappa: float) -> float:
        t = stop
        for _ in range(steps):
            t += kappa * min(1.0, t)
        return t - start

    widest = (start - stop) / min(1.0, stop)
    if steps == 1:
        return widest
    return root(overshoot, 0.0, widest, xtol=1e-300, rtol=1e-14)
