"""Names of a package that are imported when they are first asked for (PEP 562)."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazily(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``(__getattr__, __dir__)`` of ``package``, which offers ``{name: module that has it}``.

    Its own modules are offered too, as if each had been imported.
    """
    module = sys.modules[package]

    def attribute(name: str) -> Any:
        if name in homes:
            found = getattr(importlib.import_module(homes[name]), name)
            setattr(module, name, found)  # from now on it is found without us
            return found
        if not name.startswith("_"):
            inner = f"{package}.{name}"
            try:
                return importlib.import_module(inner)
            except ModuleNotFoundError as error:
                if error.name != inner:
                    raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names() -> list[str]:
        modules = (each.name for each in pkgutil.iter_modules(module.__path__))
        return sorted({*vars(module), *homes, *modules})

    return attribute, names
