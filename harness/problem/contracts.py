"""What a class from outside must be to serve as a sampler, a target, a noise or a score.

Every rule gives all the faults that it finds, so that they can be mended at once.
"""

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from harness.foundation.registry import noises, samplers, scores, targets
from harness.process.noise import Noise

STEP = ("score", "noise", "x", "t", "s")


@samplers.rule
def of_sampler(cls: Any) -> Iterator[str]:
    """A frozen dataclass with ``step(self, score, noise, x, t, s)`` and its ``claims``."""
    if not isinstance(cls, type):
        yield _no_class(cls)
        return
    yield from _of_dataclass(cls)
    step = getattr(cls, "step", None)
    if step is None:
        yield "it has no step(self, score, noise, x, t, s)"
    elif told := _not_called_with(step, STEP):
        yield f"step must take (self, {', '.join(STEP)}), {told}"
    yield from _missing(cls, "claims")
    claims = inspect.getattr_static(cls, "claims", None)
    if isinstance(claims, dict | set | list | tuple | str | type):
        yield f"claims must be a Claims, got {claims!r}"


@targets.rule
def of_target(cls: Any) -> Iterator[str]:
    """A frozen dataclass with a ``space`` and ``log_law()``."""
    if not isinstance(cls, type):
        yield _no_class(cls)
        return
    yield from _of_dataclass(cls)
    yield from _missing(cls, "space")
    yield from _missing(cls, "log_law")


@noises.rule
def of_noise(cls: Any) -> Iterator[str]:
    """A frozen dataclass that subclasses ``harness.noise.Noise``."""
    if not isinstance(cls, type):
        yield _no_class(cls)
        return
    yield from _of_dataclass(cls)
    if not issubclass(cls, Noise):
        yield "it must subclass harness.noise.Noise"
        yield from _missing(cls, "rate_matrix")
    yield from abstract(cls)


@scores.rule
def of_score(thing: Any) -> Iterator[str]:
    """``f(t, x)``, or a frozen dataclass that is called so or has ``log_error(space, weights)``."""
    if not isinstance(thing, type):
        if not callable(thing):
            yield f"it must be a function (t, x) -> ratios [n, d, S] or a class, got {thing!r}"
        return
    yield from _of_dataclass(thing)
    if "__call__" not in dir(thing) and not hasattr(thing, "log_error"):
        yield "it has neither __call__(self, t, x) nor log_error(self, space, weights)"


def abstract(cls: type) -> Iterator[str]:
    """The methods that a class has still to write."""
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        yield f"it does not write {', '.join(missing)}"


def _no_class(thing: Any) -> str:
    return f"it must be a class, got {thing!r}"


def _of_dataclass(cls: type) -> Iterator[str]:
    """Compared, hashed and written down by its fields."""
    parameters = getattr(cls, "__dataclass_params__", None)
    if parameters is None or "__dataclass_params__" not in vars(cls):
        yield "it must be a frozen dataclass: put @dataclass(frozen=True) above it"
    elif not parameters.frozen:
        yield "its dataclass must be frozen: @dataclass(frozen=True)"
    elif cls.__hash__ is None or cls.__eq__ is object.__eq__:
        yield "it must compare and hash by value: no eq=False without __eq__ and __hash__"


def _missing(cls: type, member: str) -> Iterator[str]:
    own = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    if not hasattr(cls, member) and member not in {field.name for field in own}:
        yield f"it has no {member}"


def _not_called_with(method: Any, names: tuple[str, ...]) -> str:
    """Why a method cannot be called with ``names`` in this order; empty where it can."""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # written in C, or no function: it shows when it is called
        return ""
    try:
        signature.bind(None, *names)
    except TypeError:
        return f"got {signature}"
    return ""
