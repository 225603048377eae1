"""Time grids: decreasing noise times ``T = t_0 > t_1 > ... > t_N = δ``."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import jax
import numpy as np
from scipy.optimize import brentq

from harness.foundation.precision import float64
from harness.foundation.validation import choice, integer, real, unknown
from harness.numerics import bernstein

MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class Grid:
    """Noise times, and the length that the sampler is told each step has.

    ``T`` may be ``inf``, where absorbing noise has masked everything.  ``told`` differs from the
    true ``t - s`` only for a schedule with ``rate_rule="left"``.  ``recipe`` remembers how the grid
    was made, so that it can be refined.
    """

    times: tuple[float, ...]
    told: tuple[float, ...] | None = None
    recipe: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        times = _times(self.times)
        if len(times) < 2:
            raise ValueError(f"a grid needs at least 2 times, got {len(times)}")
        for k, (t, s) in enumerate(pairwise(times)):
            if not t > s:
                raise ValueError(
                    f"times must decrease, got times[{k}] = {t:g}, times[{k + 1}] = {s:g}"
                )
        object.__setattr__(self, "times", times)
        if self.told is not None:
            told = _numbers("told", self.told, above=0)
            if len(told) != len(times) - 1:
                raise ValueError(f"told needs one length a step, got {len(told)}")
            object.__setattr__(self, "told", told)

    @property
    def start(self) -> float:
        """``T``, where the sampler begins."""
        return self.times[0]

    @property
    def stop(self) -> float:
        """``δ``, where it ends."""
        return self.times[-1]

    @property
    def steps(self) -> int:
        """``N``, the number of steps."""
        return len(self.times) - 1

    @property
    def revealed(self) -> tuple[float, ...]:
        """``[N + 1]`` probabilities ``e^{-t}`` that absorbing noise has left a token clean."""
        return tuple(math.exp(-t) for t in self.times)

    @property
    def max_step(self) -> float:
        """``Δ``, the largest true step."""
        return max(t - s for t, s in self.intervals())

    @property
    def kappa(self) -> float:
        """``κ = max (t-s)/min(1,s)``; infinite for a grid that ends at 0."""
        if self.stop == 0:
            return float("inf")
        return max((t - s) / min(1.0, s) for t, s in self.intervals())

    def intervals(self) -> list[tuple[float, float]]:
        """``[(t, s)]`` of every step, from noise to data."""
        return list(pairwise(self.times))

    def told_steps(self) -> tuple[float, ...]:
        """``[N]`` step lengths that the sampler is told."""
        return self.told or tuple(t - s for t, s in self.intervals())

    def with_steps(self, steps: int) -> "Grid":
        """The same recipe with ``steps`` steps.  Raises ValueError for a hand-made grid."""
        integer("steps", steps, 1)
        recipe = dict(self.recipe)
        match recipe.get("name"):
            case "even":
                return even(self.start, self.stop, steps)
            case "geometric":
                return from_spec(
                    {**{k: v for k, v in recipe.items() if k != "kappa"}, "steps": steps}
                )
            case "even_reveal" | "cosine" | "log_linear" | "square_root_profile":
                return from_spec({**recipe, "steps": steps})
        raise ValueError("only a grid with a recipe can be refined; this one has given times")

    def spec(self) -> dict[str, Any]:
        """A table from which ``from_spec`` makes an equal grid."""
        if self.recipe:
            return dict(self.recipe)
        told = {} if self.told is None else {"told": list(self.told)}
        return {"name": "custom", "times": list(self.times), **told}


def even(start: float, stop: float, steps: int) -> Grid:
    """``steps`` equal steps from ``start`` down to ``stop >= 0``."""
    start, stop = _ends(start, stop)
    steps = _count(steps)
    times = tuple(np.linspace(start, stop, steps + 1).tolist())
    return Grid(times, recipe=_recipe("even", start=start, stop=stop, steps=steps))


def geometric(start: float, stop: float, kappa: float, to_data: bool = False) -> Grid:
    """Built upward from ``stop > 0`` by ``t = s + κ min(1, s)``, cut at ``start``.

    With ``to_data``, one more step leads from ``stop`` to 0.
    """
    start, stop = _ends(start, stop)
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
    recipe = _recipe("geometric", start=start, stop=stop, kappa=kappa, **last)
    return Grid((*reversed(times), *((0.0,) if to_data else ())), recipe=recipe)


def custom(times: Sequence[float], told: Sequence[float] | None = None) -> Grid:
    """Given decreasing noise times."""
    lengths = None if told is None else _numbers("told", told, above=0)
    return Grid(_times(times), lengths)


def reveal(probabilities: Sequence[float]) -> Grid:
    """Increasing probabilities ``e^{-t}`` that absorbing noise has left a token clean.

    From 0, where all are masked (``T = inf``), or more; up to 1 (``δ = 0``) or less.
    """
    shares = _numbers("probabilities", probabilities, minimum=0, maximum=1)
    for k, (r, more) in enumerate(pairwise(shares)):
        if not r < more:
            raise ValueError(
                f"probabilities must increase, got probabilities[{k}] = {r:g}, "
                f"probabilities[{k + 1}] = {more:g}"
            )
    return Grid(tuple(-math.log(r) + 0.0 if r else math.inf for r in shares))


def even_reveal(steps: int, start: float = 0.0, stop: float = 1.0) -> Grid:
    """Reveal probabilities in ``steps`` equal steps from ``start`` up to ``stop``."""
    steps = _count(steps)
    start = real("start", start, minimum=0)
    stop = real("stop", stop, above=start, maximum=1)
    recipe = _recipe("even_reveal", steps=steps, start=start, stop=stop)
    return replace(reveal(np.linspace(start, stop, steps + 1).tolist()), recipe=recipe)


def cosine(steps: int) -> Grid:
    """``1 - cos(π k / 2N)`` revealed after ``k`` of ``N`` steps: few tokens first, then more.

    Source: Chang et al., MaskGIT, CVPR 2022.
    """
    steps = _count(steps)
    # 2 sin²(a/2) = 1 - cos a keeps the digits of the first steps.
    shares = 2 * np.sin(np.pi / 4 * np.arange(steps + 1) / steps) ** 2
    shares[-1] = 1.0
    return replace(reveal(shares.tolist()), recipe=_recipe("cosine", steps=steps))


def log_linear(steps: int, smallest: float = 1e-3) -> Grid:
    """Masked with probability ``(1 - smallest) τ``, ``τ`` evenly from 1 to 0.

    Source: Lou, Meng, Ermon, Discrete Diffusion Modeling by Estimating the Ratios of the Data
    Distribution, ICML 2024; the noise ``σ(τ) = -log(1 - (1 - ε) τ)``.
    """
    smallest = real("smallest", smallest, above=0, maximum=0.5)
    recipe = _recipe("log_linear", steps=_count(steps), smallest=smallest)
    return replace(even_reveal(steps, smallest), recipe=recipe)


def square_root_profile(
    density: Sequence[float], steps: int, start: float = 0.0, stop: float = 1.0
) -> Grid:
    """Reveal probabilities from ``start`` up to ``stop`` with equal ``∫ sqrt(h')`` in each step.

    ``density [d - 1]``: ``h'`` in Bernstein form, ``RevealProfile.density`` of the data law.
    Source: Wainwright, arXiv 2608.13520, Theorem 3.
    """
    density = _numbers("density", density, minimum=0)
    if not any(density):
        raise ValueError("density must have a positive entry: these tokens are independent")
    start = real("start", start, minimum=0)
    stop = real("stop", stop, above=start, maximum=1)
    shares = bernstein.equal_root_shares(density, _count(steps), start, stop)
    recipe = _recipe("square_root_profile", density=density, steps=steps, start=start, stop=stop)
    return replace(reveal(shares), recipe=recipe)


def from_schedule(
    cumulative_rate: Callable[[float], float],
    times: Sequence[float],
    rate_rule: str = "integral",
) -> Grid:
    """Grid of a noise schedule: noise time is ``cumulative_rate(τ) = ∫_0^τ σ`` at each ``τ``.

    ``rate_rule="integral"`` tells the sampler the true step ``∫σ``.  ``"left"`` tells it
    ``σ(τ)Δτ`` with the rate where the step begins, as much released code does: the rates are then
    off by a relative order ``Δτ``.  ``cumulative_rate`` must be differentiable by JAX for "left".
    """
    choice("rate rule", rate_rule, ("integral", "left"))
    schedule = _numbers("times", times, minimum=0)
    with float64():
        noise_times = tuple(float(cumulative_rate(tau)) for tau in schedule)
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
    return Grid(noise_times, told)


def from_spec(spec: dict[str, Any]) -> Grid:
    """The grid that ``{"name": "even", "start": ..., ...}`` describes.  Raises ValueError.

    A geometric one may say how many ``steps`` it has instead of ``kappa``.
    """
    makers = {
        "even": even,
        "geometric": geometric,
        "custom": custom,
        "reveal": reveal,
        "even_reveal": even_reveal,
        "cosine": cosine,
        "log_linear": log_linear,
        "square_root_profile": square_root_profile,
    }
    fields = dict(spec)
    name = choice("grid", fields.pop("name", None), makers)
    if name == "geometric" and "steps" in fields:
        if "kappa" in fields:
            raise ValueError("a geometric grid takes kappa or steps, got both")
        start, stop = _ends(fields.get("start", np.nan), fields.get("stop", np.nan))
        if stop == 0:
            raise ValueError("a geometric grid needs stop above 0, got 0")
        steps, last = _count(fields.pop("steps")), bool(fields.get("to_data", False))
        if steps <= last:
            raise ValueError(f"a geometric grid to the data needs at least 2 steps, got {steps}")
        fields["kappa"] = _kappa_of(start, stop, steps - last)
    known = makers[name].__annotations__.keys() - {"return"}
    for key in fields:
        if key not in known:
            raise ValueError(unknown(f"field of grid {name!r}", key, known))
    try:
        return makers[name](**fields)
    except TypeError as error:
        if "missing" in str(error):
            raise ValueError(
                f"grid {name!r} needs {', '.join(sorted(known - set(fields)))}"
            ) from None
        raise


def _numbers(name: str, values: Sequence[float], **limits: float) -> tuple[float, ...]:
    """Each value as a float within the limits of ``real``.  Raises TypeError or ValueError."""
    try:
        listed = tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of numbers, got {values!r}") from None
    return tuple(real(f"{name}[{k}]", value, **limits) for k, value in enumerate(listed))


def _times(values: Sequence[float]) -> tuple[float, ...]:
    """Noise times, of which the first alone may be infinite.  Raises TypeError or ValueError."""
    try:
        first, *rest = values
    except TypeError:
        raise TypeError(f"times must be a sequence of numbers, got {values!r}") from None
    except ValueError:
        raise ValueError("a grid needs at least 2 times, got 0") from None
    if first == math.inf:
        return math.inf, *_numbers("times", (0.0, *rest), minimum=0)[1:]
    return _numbers("times", (first, *rest), minimum=0)


def _count(steps: int) -> int:
    steps = integer("steps", steps, 1)
    if steps > MAX_STEPS:
        raise ValueError(f"steps must be at most {MAX_STEPS:,}, got {steps:,}")
    return steps


def _ends(start: float, stop: float) -> tuple[float, float]:
    stop = real("stop", stop, minimum=0)
    return real("start", start, above=stop), stop


def _recipe(name: str, **fields: Any) -> tuple[tuple[str, Any], ...]:
    return (("name", name), *fields.items())


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
    root: Any = brentq(overshoot, 0.0, widest, xtol=1e-300, rtol=np.float64(1e-14))
    return float(root)
