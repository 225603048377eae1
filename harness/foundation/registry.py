"""Names for samplers, targets, noises, scores and theorems, and their specs.

A registered thing is a frozen dataclass whose fields are plain data, so that a problem can be
written to TOML and read back.  Things that are not registered are named ``module:Class``.
"""

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.foundation.validation import unknown

T = TypeVar("T")


class Registry(dict[str, type]):
    """A name -> class table that refuses to overwrite and suggests the nearest name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def add(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: file the class under ``name``, which becomes its attribute ``name``."""

        def file(cls: type[T]) -> type[T]:
            if name in self:
                raise ValueError(f"{self.kind} {name!r} is already taken by {self[name]}")
            cls.name = name  # type: ignore[attr-defined]
            self[name] = cls
            return cls

        return file

    def find(self, name: str) -> type:
        """The class called ``name`` here, or at ``module:Class``.  Raises ValueError."""
        if name in self:
            return self[name]
        if ":" in name:
            return import_class(name, self.kind)
        raise ValueError(unknown(self.kind, name, self))

    def build(self, spec: Mapping[str, Any]) -> Any:
        """The object that ``{"name": ..., **fields}`` describes.  Raises ValueError, TypeError.

        A field that is itself a table with a name is another thing of this kind.
        """
        if not isinstance(spec, Mapping) or "name" not in spec:
            raise ValueError(f"a {self.kind} needs a table with a 'name', got {spec!r}")
        fields = {key: value for key, value in spec.items() if key != "name"}
        cls = self.find(spec["name"])
        known = [field.name for field in dataclasses.fields(cls) if field.init]
        for key in fields:
            if key not in known:
                raise ValueError(unknown(f"field of {self.kind} {spec['name']!r}", key, known))
        missing = [
            field.name
            for field in dataclasses.fields(cls)
            if field.init
            and field.name not in fields
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise ValueError(f"{self.kind} {spec['name']!r} needs {', '.join(missing)}")
        nested = {key: self.build(v) if isinstance(v, Mapping) else v for key, v in fields.items()}
        return cls(**nested)

    def spec(self, thing: Any) -> dict[str, Any]:
        """The table that ``build`` turns back into an equal object: lists, numbers, strings."""
        cls = type(thing)
        name: str = getattr(cls, "name", "")
        if name not in self or self[name] is not cls:
            name = f"{cls.__module__}:{cls.__qualname__}"
        return {
            "name": name,
            **{
                field.name: self._plain(getattr(thing, field.name))
                for field in dataclasses.fields(thing)
                if field.init and not _is_default(field, getattr(thing, field.name))
            },
        }

    def _plain(self, value: Any) -> Any:
        """A thing of this kind within another as its own table."""
        return self.spec(value) if dataclasses.is_dataclass(value) else plain(value)


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


def import_class(path: str, kind: str) -> type:
    """The class at ``package.module:Class``.  Raises ValueError with what is missing."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise ValueError(f"no {kind} at {path!r}: cannot import {error.name!r}") from error
    except AttributeError as error:
        raise ValueError(f"no {kind} at {path!r}: module {module!r} has no {name!r}") from error
    except Exception as error:  # whatever a stranger's module does on import
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"no {kind} at {path!r}: importing {module!r} raised {what}") from error


def label(thing: Any) -> str:
    """A short name for tables: the registered name with the fields that differ from default."""
    cls = type(thing)
    changed = [
        f"{field.name}={_short(getattr(thing, field.name))}"
        for field in dataclasses.fields(thing)
        if field.init and field.repr and not _is_default(field, getattr(thing, field.name))
    ]
    name = getattr(cls, "name", cls.__name__)
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


samplers = Registry("sampler")
targets = Registry("target")
noises = Registry("noise")
scores = Registry("score")
theorems = Registry("theorem")


def load() -> None:
    """Fill the registries: the packages of samplers, targets and theorems are imported."""
    ours = ("harness.samplers", "harness.process.noise", "harness.process.score")
    for package in (*ours, "toy_targets", "bounds"):
        importlib.import_module(package)
