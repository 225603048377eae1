"""Which modules a module rests on: what it imports, by name, found in the source and never run.

What a package's ``__init__`` names again is looked for where it is made.  An ``__init__`` that only
registers is so no part of what one of its modules rests on.
"""

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from harness.foundation.own_code import OURS, ROOT

_INSTALLED = tuple({str(Path(sysconfig.get_path(name))) for name in ("purelib", "platlib")})


@dataclass(frozen=True)
class Source:
    """A module by its ``name``: the ``path`` of its file, and whether it is a package's own."""

    name: str
    path: Path
    is_package: bool

    @property
    def imports(self) -> tuple["Import", ...]:
        """What it imports; nothing for what is no Python source."""
        return imports_in(self.path.read_bytes()) if self.path.suffix == ".py" else ()

    @property
    def package(self) -> str:
        """What relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


class Import(NamedTuple):
    """``name``, which is called ``alias``, from ``module``, or all of it if ``name`` is empty.

    ``level``: dots before a relative import; ``for_types``: only a type checker reads it.
    """

    module: str
    name: str
    alias: str
    level: int
    for_types: bool


@lru_cache(maxsize=2048)
def imports_in(said: bytes) -> tuple[Import, ...]:
    """Every import of a source, wherever it stands."""
    return tuple(_imports_of(ast.parse(said), False))


def _imports_of(node: ast.AST, for_types: bool) -> Iterator[Import]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.Import):
            yield from (Import(one.name, "", "", 0, for_types) for one in each.names)
        elif isinstance(each, ast.ImportFrom):
            module, level = each.module or "", each.level
            for one in each.names:
                yield Import(module, one.name, one.asname or one.name, level, for_types)
        elif not isinstance(each, ast.expr):
            types = isinstance(each, ast.If) and ast.unparse(each.test).endswith("TYPE_CHECKING")
            yield from _imports_of(each, for_types or types)


@dataclass
class Imports:
    """Modules and what they rest on; our own packages are read in the folder ``root``.

    Modules of the standard library and of installed packages are not looked into, but for packages
    that are opened.
    """

    root: Path = ROOT
    opened: set[str] = field(default_factory=set)
    _sources: dict[str, Source | None] = field(default_factory=dict)
    _needs: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)

    def open(self, packages: Iterable[str]) -> None:
        """From now on look into these installed ``packages`` too."""
        if more := {*packages} - self.opened:
            self.opened |= more
            self._needs.clear()

    def source(self, name: str) -> Source | None:
        """Where a module is; None for what is none, or a folder without ``__init__``."""
        if name not in self._sources:
            self._sources[name] = self._located(name)
        return self._sources[name]

    def needs(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """``(modules that are looked into, installed packages)`` which ``name`` imports itself."""
        if name not in self._needs:
            source, looked, installed = self.source(name), set[str](), set[str]()
            for needed in self._imported(source) if source else ():
                if self._is_looked_into(needed):
                    looked.add(needed)
                elif (top := needed.partition(".")[0]) not in sys.stdlib_module_names:
                    installed.add(top)
            self._needs[name] = frozenset(looked), frozenset(installed)
        return self._needs[name]

    def _is_looked_into(self, name: str) -> bool:
        top = name.partition(".")[0]
        if top in OURS or top in self.opened:
            return True
        source = None if top in sys.stdlib_module_names else self.source(name)
        return source is not None and not self.is_installed(source)

    @staticmethod
    def is_installed(source: Source) -> bool:
        """Whether a module is among what is installed."""
        return str(source.path).startswith(_INSTALLED)

    def _located(self, name: str) -> Source | None:
        ours = name.partition(".")[0] in OURS
        known = None if ours else sys.modules.get(name)
        if known is not None:
            file = getattr(known, "__file__", None)
            return Source(name, Path(file), hasattr(known, "__path__")) if file else None
        where, so_far, spec = [str(self.root)] if ours else None, "", None
        for part in name.split("."):
            so_far = f"{so_far}.{part}" if so_far else part
            spec = PathFinder.find_spec(so_far, where)
            if spec is None:
                return None
            where = list(spec.submodule_search_locations or ())
        if spec is None or not spec.origin or not spec.has_location:
            return None
        return Source(name, Path(spec.origin), spec.submodule_search_locations is not None)

    def _imported(self, source: Source) -> Iterator[str]:
        """Names of the modules in which is made what ``source`` imports when it runs."""
        for each in source.imports:
            if not each.for_types:
                yield from self._homes(_absolute(each, source), each.name)

    def _homes(self, module: str, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Where ``name`` of ``module`` is made: of a package that imports it from elsewhere."""
        looked = name and self._is_looked_into(module) and module not in seen
        source = self.source(module) if looked else None
        if not looked:
            yield module
        elif name != "*" and self.source(f"{module}.{name}"):
            yield f"{module}.{name}"
        elif source is None or not source.is_package:
            yield module
        elif again := [each for each in source.imports if each.alias == name]:
            for each in again:
                yield from self._homes(_absolute(each, source), each.name, seen | {module})
        else:
            yield module


def _absolute(each: Import, source: Source) -> str:
    """The module that is imported from, by its whole name."""
    if not each.level:
        return each.module
    parts = source.package.split(".")
    parts = parts[: len(parts) - each.level + 1]
    return ".".join([*parts, *([each.module] if each.module else [])])
