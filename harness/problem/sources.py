"""What of the source code a measurement rests on, in short: a change of it makes another digest.

Modules are compared without docstrings and comments.  Those of a problem are the modules of its
target, noise, sampler, grid and score, those of the measurement and its engine, and all that these
import.
"""

import ast
import dataclasses
import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.foundation.own_code import OURS
from harness.foundation.when_imported import is_edited
from harness.problem.imports import Imports, Source
from harness.problem.problem import Problem
from harness.process.counts import Counts

# The engine on sequences by its package, which registers what each kind of law is asked.
MEASUREMENT = (
    "harness.measurement.measure",
    "harness.measurement.many",
    "harness.engines.sequences",
)
# By whom problems are measured: no number depends on it.
BY_WHOM = ("harness.measurement.by_cluster",)
# Packages that are imported wherever something is measured, and run for some problems only.
ON_COUNTS = ("harness.engines.counts",)
BY_DRAWS = ("harness.engines.draws", "harness.measurement.by_draws")
# Known by their versions.
CLOSED = frozenset({*sys.stdlib_module_names, "jax", "jaxlib", "numpy", "scipy", "torch"})


class Changed(ValueError):
    """A file of source code that is another one than when this process first read it."""


class Sources:
    """Digests of modules, with all that they import; read once a process from ``imports``."""

    def __init__(self, imports: Imports | None = None) -> None:
        self.imports = imports or Imports()
        self._of_module: dict[str, bytes] = {}
        self._of_roots: dict[tuple[frozenset[str], tuple[str, ...]], bytes] = {}
        self._seen: dict[Path, tuple[int, int]] = {}

    def of(self, problem: Problem) -> bytes | None:
        """Of what measuring ``problem`` rests on; None where a part of it is in no file.

        Raises Changed where a file is not the one that this process has imported.
        """
        return self.of_all([problem])

    def of_all(self, problems: Sequence[Problem], modules: Iterable[str] = ()) -> bytes | None:
        """The same of several ``problems``, and of what else is done with them by ``modules``."""
        roots = frozenset(MEASUREMENT).union(modules, *map(modules_of, problems))
        if any(map(is_made_within, problems)) or not all(
            self.imports.source(name) for name in roots
        ):
            return None
        unused = [set(unused_by(problem)) for problem in problems]
        return self.of_modules(roots, tuple(sorted(set.intersection(*unused))))

    def of_modules(self, roots: frozenset[str], unused: tuple[str, ...] = ()) -> bytes:
        """Of the modules ``roots`` and what they import, but for packages that are ``unused``."""
        if (roots, unused) not in self._of_roots:
            digest = hashlib.sha256()
            modules, installed = self.found(roots, unused)
            for name in sorted(modules):
                digest.update(name.encode() + self._one(name))
            for name in sorted(installed):
                digest.update(f"{name} {_version(name)}".encode())
            self._of_roots[roots, unused] = digest.digest()
        return self._of_roots[roots, unused]

    def found(
        self, roots: Iterable[str], unused: Collection[str] = ()
    ) -> tuple[set[str], set[str]]:
        """``(modules, installed packages)``: ``roots`` with all that they import."""
        self.imports.open({_top(name) for name in roots} - {*OURS, *CLOSED})
        modules, installed, waiting = set[str](), set[str](), list(roots)
        while waiting:
            name = waiting.pop()
            if name in modules or any(f"{name}.".startswith(f"{each}.") for each in unused):
                continue
            modules.add(name)
            needed, others = self.imports.needs(name)
            waiting += needed
            installed |= others
        return {name for name in modules if self.imports.source(name)}, installed

    def outside(self, modules: Iterable[str]) -> list[Path]:
        """Files and package folders of one's own in which are ``modules`` and what they import.

        What is installed is none, nor a script that is being run.
        """
        found = set[Path]()
        for name in self.found(modules)[0]:
            source = self.imports.source(name)
            if source is None or _top(name) in (*OURS, *CLOSED, "__main__"):
                continue
            if not self.imports.is_installed(source):
                found.add(_within(source))
        return sorted(found)

    def check_unchanged(self) -> None:
        """Raise Changed where a file is not the one that was read: what runs is not what it says.

        A process runs the modules that it has imported, not those that stand in files now.
        """
        for path, known in self._seen.items():
            if _state(path) != known:
                raise Changed(f"{path} has changed since this process read it")

    def _one(self, name: str) -> bytes:
        if name not in self._of_module:
            source = self.imports.source(name)
            assert source is not None, "found names modules that there are"
            if is_edited(name, source.path):
                raise Changed(f"{source.path} has changed since this process imported it")
            self._seen[source.path] = _state(source.path)
            self._of_module[name] = _digest(source)
        return self._of_module[name]


def modules_of(problem: Problem) -> set[str]:
    """The modules in which the classes of the parts of ``problem`` stand, those within, too.

    And that of the function that a grid of one's own is made by.
    """
    found = {each.__module__ for each in _made(problem)}
    module, outside, _ = str(dict(problem.grid.recipe).get("name", "")).partition(":")
    found |= {module} if outside else set()
    return {name for name in found if _top(name) not in CLOSED}


def is_made_within(problem: Problem) -> bool:
    """Whether a class or function of ``problem`` was made within a function.

    What it does may depend on more than its module says.
    """
    return any("<" in each.__qualname__ for each in _made(problem))


def unused_by(problem: Problem) -> tuple[str, ...]:
    """Packages of which no function runs when ``problem`` is measured."""
    counts, drawn = isinstance(problem.space, Counts), problem.drawn
    return (*BY_WHOM, *(() if counts else ON_COUNTS), *(() if drawn else BY_DRAWS))


def _made(problem: Problem) -> Iterator[Any]:
    parts = problem.target, problem.noise, problem.sampler, problem.grid, problem.score
    for part in (*parts, problem.engine):
        yield from _made_by(part)


def _made_by(value: Any) -> Iterator[Any]:
    """The classes, with what they extend, and functions by which ``value`` is made."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _made_by(each)
        return
    kind: Any = type(value)
    if callable(value) and hasattr(value, "__qualname__"):  # a function
        yield value
        return
    yield from kind.__mro__
    if dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from _made_by(getattr(value, each.name))


def _digest(source: Source) -> bytes:
    """Of what a module says; docstrings and comments say nothing."""
    said = source.path.read_bytes()
    return _of_python(said) if source.path.suffix == ".py" else hashlib.sha256(said).digest()


@lru_cache(maxsize=2048)
def _of_python(said: bytes) -> bytes:
    return hashlib.sha256(ast.dump(_Bare().visit(ast.parse(said))).encode()).digest()


class _Bare(ast.NodeTransformer):
    """Takes out texts that are statements of their own."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        said = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if said else node


def _within(source: Source) -> Path:
    """The file of a module, or the folder of the package, with ``__init__`` or not, that it is in.

    A module ``a.b.c`` stands in a folder ``a``.
    """
    path = source.path.parent if source.is_package else source.path
    return path if "." not in source.name else path.parents[source.name.count(".") - 1]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _state(path: Path) -> tuple[int, int]:
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


of_this_process = Sources()
"""What this process has read."""


def own_files(problems: Iterable[Problem], modules: Iterable[str] = ()) -> list[Path]:
    """Files and package folders of one's own that ``problems`` and ``modules`` are made by."""
    names = {name for problem in problems for name in modules_of(problem)}
    return of_this_process.outside(names | {*modules})
