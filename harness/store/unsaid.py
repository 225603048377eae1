"""Values that a problem's numbers may depend on, and that its spec does not say.

What has such a value has no digest: two problems that differ in it alone would be taken for one.
"""

import dataclasses
import inspect
from collections.abc import Iterator
from functools import cache, cached_property
from types import FunctionType
from typing import Any

from harness.problem.problem import Problem


def check_said(problem: Problem) -> None:
    """Raise ValueError where a part of ``problem`` has a value that is no field of it.

    That is an ``InitVar``, a field that is set by the class itself (``init=False``), or any other
    attribute but a cached property, which follows from the fields.  Nor may a field hide the class:
    one called ``name``, or one that holds a kind of tuple or list of its own.
    """
    parts = problem.target, problem.noise, problem.sampler, problem.grid, problem.score
    for thing in (each for part in (*parts, problem.engine) for each in _things(part)):
        name = thing.__qualname__ if isinstance(thing, FunctionType) else type(thing).__qualname__
        if isinstance(thing, tuple | list):
            raise ValueError(f"a problem is kept by plain values, and {name} is none")
        if _hides_class(thing):
            raise ValueError(f"{name} has a field 'name', which a spec has for its class")
        for value in _unsaid(thing):
            raise ValueError(
                f"{name} has the value {value!r}, which is no field that it is made with"
            )


def _things(value: Any) -> Iterator[Any]:
    """Functions, dataclasses and kinds of tuples and lists of which ``value`` is made."""
    if isinstance(value, list | tuple):
        if type(value) not in (list, tuple):
            yield value
        for each in value:
            yield from _things(each)
    elif isinstance(value, FunctionType):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield value
        for field in dataclasses.fields(value):
            yield from _things(getattr(value, field.name))


def _hides_class(thing: Any) -> bool:
    """Whether a spec has another name in place of that of the class."""
    fields = () if isinstance(thing, FunctionType) else dataclasses.fields(thing)
    return any(each.name == "name" and getattr(thing, each.name) != each.default for each in fields)


def _unsaid(thing: Any) -> list[str]:
    if isinstance(thing, FunctionType):
        return sorted(vars(thing).keys() - {"__wrapped__"})
    made_with, known = _names(type(thing))
    return [*made_with, *sorted(getattr(thing, "__dict__", {}).keys() - known)]


@cache
def _names(kind: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """``(arguments that are no fields, attributes that fields say)`` of a dataclass."""
    fields = {field.name for field in dataclasses.fields(kind) if field.init}
    follow = {
        name
        for each in kind.__mro__
        for name, value in vars(each).items()
        if isinstance(value, cached_property)
    }
    arguments = inspect.signature(kind).parameters
    return tuple(name for name in arguments if name not in fields), frozenset(fields | follow)
