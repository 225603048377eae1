"""Names for samplers, targets, noises, scores and theorems, and their specs.

A registered thing is a frozen dataclass whose fields are plain data, so that a problem can be
written to TOML and read back.  Things that are not registered are named ``module:Class``, or by
the short name that an installed package gives them as an entry point of the group
"leapcheck.samplers", "leapcheck.targets", "leapcheck.noises" or "leapcheck.theorems".  Those are
found, listed and explained, but they are not among all that is registered: what is run on
everything is the same wherever it is run.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from harness.foundation import raised
from harness.foundation.validation import unknown

T = TypeVar("T")


class Registry(dict[str, type]):
    """A name -> class table that refuses to overwrite and suggests the nearest name.

    ``rules``: each says, a line a fault, what keeps a class from outside from being of this kind.
    ``ways``: further functions that make what a name stands for, by the field that asks for them.
    """

    def __init__(self, kind: str, group: str = "") -> None:
        super().__init__()
        self.kind, self.group = kind, group
        self.rules: list[Callable[[Any], Iterable[str]]] = []
        self.ways: dict[str, dict[str, Callable[..., Any]]] = {}

    def add(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: file the class under ``name``, which becomes its attribute ``name``."""

        def file(cls: type[T]) -> type[T]:
            if name in self:
                raise ValueError(f"{self.kind} {name!r} is already taken by {self[name]}")
            cls.name = name  # type: ignore[attr-defined]
            self[name] = cls
            return cls

        return file

    @cached_property
    def installed(self) -> dict[str, EntryPoint]:
        """The short names of what installed packages offer of this kind; nothing is imported."""
        found = entry_points(group=self.group) if self.group else ()
        return {point.name: point for point in found if point.name not in self}

    def rule(self, faults: Callable[[Any], Iterable[str]]) -> Callable[[Any], Iterable[str]]:
        """Decorator: ``faults(thing)`` says what is wrong with a thing from outside."""
        self.rules.append(faults)
        return faults

    def way(self, name: str, key: str, make: Callable[..., Any]) -> None:
        """Have a table of ``name`` that has the field ``key`` built by ``make(**fields)``."""
        self.ways.setdefault(name, {})[key] = make

    def faults(self, thing: Any) -> list[str]:
        """All that keeps ``thing``, a class from outside, from being one of this kind."""
        return [fault for rule in self.rules for fault in rule(thing)]

    def find(self, name: str) -> Any:
        """The class called ``name``, here or in an installed package, or at ``module:Class``.

        Raises ValueError; for a class from outside one that lists all its faults.
        """
        if not isinstance(name, str):
            raise ValueError(f"the name of a {self.kind} must be text, got {name!r}")
        if name in self:
            return self[name]
        if name not in self.installed and ":" not in name:
            raise ValueError(unknown(self.kind, name, {**self, **self.installed}))
        path = self.installed[name].value if name in self.installed else name
        found = import_class(path, self.kind)
        if faults := self.faults(found):
            raise ValueError(f"{name!r} is no {self.kind}: {'; '.join(faults)}")
        return found

    def name_of(self, cls: type) -> str:
        """What ``find`` finds the class by: its registered name, or ``module:Class``."""
        name: str = getattr(cls, "name", "")
        if name in self and self[name] is cls:
            return name
        path = f"{cls.__module__}:{cls.__qualname__}"
        return next((n for n, point in self.installed.items() if point.value == path), path)

    def build(self, spec: Mapping[str, Any]) -> Any:
        """The object that ``{"name": ..., **fields}`` describes.  Raises ValueError, TypeError.

        A field that is itself a table with a name is another thing of this kind.
        """
        if not isinstance(spec, Mapping) or "name" not in spec:
            raise ValueError(f"a {self.kind} needs a table with a 'name', got {spec!r}")
        given = {key: value for key, value in spec.items() if key != "name"}
        cls = self.find(spec["name"])
        ways = self.ways.get(spec["name"], {})
        make = next((ways[key] for key in given if key in ways), cls)
        fields = fields_of(make)
        known = list(fields) if make is not cls else [*fields, *ways]
        for key in given:
            if key not in known:
                raise ValueError(unknown(f"field of {self.kind} {spec['name']!r}", key, known))
        missing = [key for key, default in fields.items() if default is NEEDED and key not in given]
        if missing:
            raise ValueError(f"{self.kind} {spec['name']!r} needs {', '.join(missing)}")
        nested = {key: self.build(v) if isinstance(v, Mapping) else v for key, v in given.items()}
        return make(**nested)

    def spec(self, thing: Any) -> dict[str, Any]:
        """The table that ``build`` turns back into an equal object: lists, numbers, strings."""
        return {
            "name": self.name_of(type(thing)),
            **{
                field.name: self._plain(getattr(thing, field.name))
                for field in dataclasses.fields(thing)
                if field.init and not _is_default(field, getattr(thing, field.name))
            },
        }

    def _plain(self, value: Any) -> Any:
        """A thing of this kind within another as its own table."""
        return self.spec(value) if dataclasses.is_dataclass(value) else plain(value)


NEEDED = inspect.Parameter.empty
"""The default of a field that has none."""


def fields_of(make: Callable[..., Any]) -> dict[str, Any]:
    """The fields that a class or a function is made with, each with its default or NEEDED."""
    given = inspect.signature(make).parameters.values()
    defaults = {field.name: field for field in given}
    if dataclasses.is_dataclass(make):
        factories = {field.name: field.default_factory for field in dataclasses.fields(make)}
        made = {n: each() for n, each in factories.items() if each is not dataclasses.MISSING}
        return {n: made.get(n, field.default) for n, field in defaults.items()}
    return {name: field.default for name, field in defaults.items()}


def examples(cls: type) -> list[Any]:
    """The instances to try: what its classmethod ``examples`` gives, else the default one."""
    return cls.examples() if "examples" in vars(cls) else [cls()]  # type: ignore[attr-defined]


def sampler_examples(masked: bool = False, remembering: bool = False) -> list[Any]:
    """Every variant of every registered sampler: what tests run, and so need not be told.

    Those that any noise will do for or, with ``masked``, those that need absorbing noise; with
    ``remembering`` those whose tokens remember more than their symbol.
    """
    load()
    every = [sampler for name in samplers for sampler in examples(samplers[name])]
    return [
        sampler
        for sampler in every
        if sampler.claims.needs_mask == masked and (sampler.claims.memory > 1) == remembering
    ]


def import_class(path: str, kind: str) -> Any:
    """What is at ``package.module:Class``.  Raises ValueError with what is missing."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise ValueError(f"no {kind} at {path!r}: cannot import {error.name!r}") from error
    except AttributeError as error:
        raise ValueError(f"no {kind} at {path!r}: module {module!r} has no {name!r}") from error
    except (Exception, SystemExit) as error:  # whatever a stranger's module does on import
        told = raised.what(error)
        raise ValueError(f"no {kind} at {path!r}: importing {module!r} {told}") from error


def label(thing: Any) -> str:
    """A short name for tables: the registered name with the fields that differ from default.

    What has a name of its own is called that; what it claims does not tell it from others.
    """
    cls = type(thing)
    changed = [
        f"{field.name}={_short(getattr(thing, field.name))}"
        for field in dataclasses.fields(thing)
        if field.init and field.repr and field.name not in ("name", "claims")
        if not _is_default(field, getattr(thing, field.name))
    ]
    name = getattr(thing, "name", "") or cls.__name__
    return f"{name}({', '.join(changed)})" if changed else name


def _short(value: Any) -> str:
    return label(value) if dataclasses.is_dataclass(value) else str(value)


def plain(value: Any) -> Any:
    """Arrays and tuples as nested lists, numpy scalars as Python numbers."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _is_default(field: dataclasses.Field, value: Any) -> bool:
    if field.default is dataclasses.MISSING:
        return False
    return value is field.default or (
        type(value) is type(field.default) and bool(value == field.default)
    )


samplers = Registry("sampler", "leapcheck.samplers")
targets = Registry("target", "leapcheck.targets")
noises = Registry("noise", "leapcheck.noises")
scores = Registry("score")
theorems = Registry("theorem", "leapcheck.theorems")


def load() -> None:
    """Fill the registries: the packages of samplers, targets and theorems are imported."""
    ours = ("harness.samplers", "harness.process.noise", "harness.process.score")
    for package in (*ours, "toy_targets", "bounds"):
        importlib.import_module(package)
