"""A score of your own: a function ``(t, x) -> ratios``, learned, measured or made anywhere."""

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import scores
from harness.process.score import Untilted, complete
from harness.process.space import Sequences


@dataclass(frozen=True)
class ScoreFunction:
    """``function(t, x [n, d]) -> [n, d, S]`` says the ratios ``q_t(x with i set to b) / q_t(x)``.

    ``t`` is the noise time (``inf`` where a run starts all masked) and may change the answer; ``x``
    are integer tokens, with absorbing noise the mask last.  ``S`` counts symbols: the mask is one,
    a class of tokens one, whose ratio is to one token of it.  What is said of the own token is not
    read.  JAX traces the function if it can; else (numpy, PyTorch) it is called with numpy arrays
    before the run, with all states at every time at which the sampler asks.  A function is compared
    and hashed as itself, an instance of a frozen dataclass with ``__call__`` by its fields.

    Raises TypeError where it cannot be called or hashed.
    """

    function: Callable[[Any, Any], Any]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"a score must be called as f(t, x), got {self.function!r}")
        try:
            hash(self.function)
        except TypeError as error:
            told = f"a score of your own must be hashable, since its answers are kept: {error}"
            raise TypeError(told) from None

    def __repr__(self) -> str:
        return named(self.function)


def named(function: Any) -> str:
    """What a function is called in messages."""
    return getattr(function, "__qualname__", None) or repr(function)


def own(score: Any) -> Any:
    """``score``, as a ``ScoreFunction`` if it is a function or an instance that is called so."""
    if isinstance(score, type) or hasattr(score, "log_error") or not callable(score):
        return score
    return score if isinstance(score, ScoreFunction) else ScoreFunction(score)


def spec(score: Any) -> dict[str, Any]:
    """A table from which ``from_spec`` makes an equal score.

    Raises ValueError for a lambda, a method of an instance, and what else is not found by its name.
    """
    if not isinstance(score, ScoreFunction):
        return scores.spec(score)
    function = score.function
    if dataclasses.is_dataclass(function):
        return scores.spec(function)
    path = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    if "<" in path or path.startswith(":") or path.endswith(":"):
        raise ValueError(f"a score is written down as module:function, which {function!r} has not")
    if not _is_there(function):
        raise ValueError(f"a score is written down as module:function, and {path} is another one")
    return {"name": path}


def _is_there(function: Any) -> bool:
    """Whether ``function``, or what JAX compiles of it, is what its module has under its name."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    compiled = type(function) is type(jax.jit(_is_there))
    return found is function or (compiled and found is getattr(function, "__wrapped__", None))


def from_spec(table: Any) -> Any:
    """The score that ``{"name": ..., **fields}`` describes; ``module:function`` takes no fields."""
    path = table.get("name") if isinstance(table, Mapping) else None
    if not (isinstance(path, str) and ":" in path):
        return scores.build(table)
    found = scores.find(path)
    if isinstance(found, type):
        return own(scores.build(table))
    if len(table) > 1:
        fields = ", ".join(sorted(set(table) - {"name"}))
        told = "a function takes no fields: write a frozen dataclass with __call__(self, t, x)"
        raise ValueError(f"score {path!r} was given {fields}; {told}")
    return ScoreFunction(found)


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class FunctionScore(Untilted):
    """``score(u, y)`` on ``space``: what a ``function`` that JAX traces says; 1 at the own."""

    space: Sequences
    function: Callable[[Any, Any], Any]

    log_error: ClassVar[float] = math.nan  # no one table: it may be another at every time

    def __call__(self, u: Array | float, y: Array) -> Array:
        """``[n, d, S]`` for the sequences ``y [n, d]``."""
        ratios = jnp.asarray(self.function(u, y), jnp.float64)
        return complete(ratios, y, self.space.outcomes)

    @property
    def inflation(self) -> Array:
        """Not known of a function: how many times the true ratio an answer can be."""
        raise ValueError(
            f"{named(self.function)} does not say how far above the true score it is, which a "
            "sampler that thins candidate events needs to know"
        )

    def tree_flatten(self) -> tuple[tuple[()], tuple[Any, ...]]:
        return (), (self.space, self.function)

    @classmethod
    def tree_unflatten(cls, fixed: tuple[Any, ...], leaves: tuple[()]) -> "FunctionScore":
        return cls(*fixed)
