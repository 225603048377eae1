"""A time grid: decreasing noise times ``T = t_0 > t_1 > ... > t_N = δ``, and its spec."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from harness.foundation.registry import NEEDED, fields_of, import_class
from harness.foundation.validation import choice, instance, integer, real, unknown

MAX_STEPS = 1_000_000
MAKERS: dict[str, Callable[..., Any]] = {}
"""``{name: function that makes such a grid}``; ``maker`` files one."""
PREPARED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""``{name: what turns the fields of a spec into those of the function}``, where they differ."""
REFINABLE = (
    *("even", "geometric", "even_reveal", "cosine", "log_linear"),
    *("square_root_profile", "equal_cost"),
)


def maker(prepare: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> Callable[..., Any]:
    """Decorator: specs may name this function, by its fields."""

    def file(function: Callable[..., Any]) -> Callable[..., Any]:
        MAKERS[function.__name__], PREPARED[function.__name__] = function, prepare
        return function

    return file


@dataclass(frozen=True)
class Grid:
    """Noise times, and the length that the sampler is told each step has.

    ``times [N + 1]`` decrease from ``T`` to ``δ``.  ``T`` may be ``inf``, where absorbing noise has
    masked everything.  ``told`` differs from the true ``t - s`` only for a schedule with
    ``rate_rule="left"``.  ``recipe`` remembers how the grid was made, so that it can be refined;
    one that makes other times, as after ``replace(grid, times=...)``, is not followed.
    """

    times: tuple[float, ...]
    told: tuple[float, ...] | None = None
    recipe: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        times = noise_times(self.times)
        if len(times) < 2:
            raise ValueError(f"a grid needs at least 2 times, got {len(times)}")
        for k, (t, s) in enumerate(pairwise(times)):
            if not t > s:
                raise ValueError(
                    f"times must decrease, got times[{k}] = {t:g}, times[{k + 1}] = {s:g}"
                )
        object.__setattr__(self, "times", times)
        if self.told is not None:
            told = numbers("told", self.told, above=0)
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
        recipe = {key: value for key, value in self.recipe if key != "kappa"}
        name = str(recipe.get("name"))
        refinable = name in REFINABLE or (":" in name and "steps" in recipe)
        if not refinable or not self._is_of_recipe:
            raise ValueError("only a grid with a recipe can be refined; this one has given times")
        return from_spec({**recipe, "steps": steps})

    def spec(self) -> dict[str, Any]:
        """A table from which ``from_spec`` makes an equal grid."""
        if self._is_of_recipe:
            return dict(self.recipe)
        told = {} if self.told is None else {"told": list(self.told)}
        return {"name": "custom", "times": list(self.times), **told}

    @property
    def _is_of_recipe(self) -> bool:
        try:
            return bool(self.recipe) and _of_recipe(self.recipe) == self
        except (ValueError, TypeError):  # its function is there no more
            return False


@lru_cache(maxsize=1024)
def _of_recipe(recipe: tuple[tuple[str, Any], ...]) -> Grid:
    return from_spec(dict(recipe))


def from_spec(spec: Mapping[str, Any]) -> Grid:
    """The grid that a ``spec``, ``{"name": "even", "start": ..., ...}``, describes.

    A geometric one may say how many ``steps`` it has instead of ``kappa``.  ``module:function`` is
    one of your own, which returns a ``Grid``; it can be refined if it has a field ``steps``.
    Raises ValueError.
    """
    fields = dict(spec)
    name = fields.pop("name", None)
    outside = isinstance(name, str) and ":" in name
    make = import_class(name, "grid") if outside else MAKERS[choice("grid", name, MAKERS)]
    if not callable(make):
        raise ValueError(f"a grid is made by a function, and {name!r} is {make!r}")
    fields, known = fields if outside else PREPARED[name](fields), fields_of(make)
    for key in fields:
        if key not in known:
            raise ValueError(unknown(f"field of grid {name!r}", key, known))
    missing = [key for key, default in known.items() if default is NEEDED and key not in fields]
    if missing:
        raise ValueError(f"grid {name!r} needs {', '.join(sorted(missing))}")
    found: Any = instance(f"what {name!r} makes", make(**fields), Grid)
    if not outside:
        return found
    return replace(found, recipe=recipe_of(name, **{k: _settled(v) for k, v in fields.items()}))


def _settled(value: Any) -> Any:
    """Lists as tuples: a grid is compared and hashed with its recipe."""
    return tuple(map(_settled, value)) if isinstance(value, list) else value


def numbers(name: str, values: Sequence[float], **limits: float) -> tuple[float, ...]:
    """Each value as a float within the limits of ``real``.  Raises TypeError or ValueError."""
    try:
        listed = tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of numbers, got {values!r}") from None
    return tuple(real(f"{name}[{k}]", value, **limits) for k, value in enumerate(listed))


def noise_times(values: Sequence[float]) -> tuple[float, ...]:
    """Noise times, of which the first alone may be infinite.  Raises TypeError or ValueError."""
    try:
        first, *rest = values
    except TypeError:
        raise TypeError(f"times must be a sequence of numbers, got {values!r}") from None
    except ValueError:
        raise ValueError("a grid needs at least 2 times, got 0") from None
    if first == math.inf:
        return math.inf, *numbers("times", (0.0, *rest), minimum=0)[1:]
    return numbers("times", (first, *rest), minimum=0)


def step_count(steps: int) -> int:
    steps = integer("steps", steps, 1)
    if steps > MAX_STEPS:
        raise ValueError(f"steps must be at most {MAX_STEPS:,}, got {steps:,}")
    return steps


def ends(start: float, stop: float) -> tuple[float, float]:
    stop = real("stop", stop, minimum=0)
    return real("start", start, above=stop), stop


def recipe_of(name: str, **fields: Any) -> tuple[tuple[str, Any], ...]:
    return (("name", name), *fields.items())
