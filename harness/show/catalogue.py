"""What there is: names with a line each, and all about one of them."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.foundation import registry
from harness.foundation.registry import NEEDED, Registry, import_class
from harness.foundation.validation import choice, unknown
from harness.process.grids.grid import MAKERS, Grid
from harness.show import explanation
from harness.studies import experiment as experiments
from harness.verdicts import contract as contract  # what comes from outside is held to it

KINDS = ("samplers", "targets", "noises", "grids", "scores", "bounds", "experiments")
REGISTRIES: dict[str, Registry] = {
    "bounds": registry.theorems,
    "samplers": registry.samplers,
    "targets": registry.targets,
    "noises": registry.noises,
    "scores": registry.scores,
}
MARKS = {
    "bounds": {"statement", "bounds_on", "assumptions", "terms", "form"},
    "samplers": {"step", "claims"},
    "targets": {"log_law"},
    "noises": {"rate_matrix"},
    "scores": {"log_error", "__call__"},
}
"""By which of its members a class from outside is taken to be of a kind, the first that fits."""
GRID = "grid"
KNOWN = "theorem, sampler, target, noise, grid, score or experiment"
OUTSIDE = "theorem, sampler, target, noise, grid or score"

Entries = list[tuple[str, str]]


def listed(kind: str | None, specs: Callable[[], Sequence[Path]]) -> Iterator[tuple[str, Entries]]:
    """``(heading, [(name, one line)])`` of a kind, of all kinds, or of one ``module:Class``.

    ``specs`` finds the experiments.  Raises ValueError for a kind that is none.
    """
    registry.load()
    if kind is not None and ":" in kind:
        heading, thing = outside(kind)
        yield {"theorem": "bounds"}.get(heading, f"{heading}s"), [(kind, _line(thing))]
        return
    if kind is not None and kind != "theorems":
        choice("kind", kind, KINDS)
    for wanted in KINDS if kind is None else ({"theorems": "bounds"}.get(kind, kind),):
        if entries := _entries(wanted, specs):
            yield wanted, entries


def explained(name: str, specs: Iterable[Path]) -> Iterator[tuple[str, Iterable[str]]]:
    """``(heading, lines)`` of everything called ``name``: a theorem and a sampler may share one.

    Raises ValueError.
    """
    registry.load()
    ours = {path.stem: path for path in specs}
    known = [kind for kind in REGISTRIES.values() if name in kind or name in kind.installed]
    for kind in known:
        yield f"{name}, {kind.kind}", explanation.lines(kind, name, kind.find(name))
    if name in MAKERS:
        yield f"{name}, {GRID}", explanation.of_function(MAKERS[name], name)
    elif not known and name in ours:
        yield f"{name}, experiment", [ours[name].read_text(encoding="utf-8")]
    elif not known and ":" in name:
        yield _of_outside(name)
    elif not known:
        every = {n for kind in REGISTRIES.values() for n in (*kind, *kind.installed)}
        raise ValueError(unknown(KNOWN, name, every | MAKERS.keys() | ours.keys()))


def _of_outside(path: str) -> tuple[str, Iterable[str]]:
    heading, thing = outside(path)
    if heading == GRID:
        return f"{path}, {GRID}", explanation.of_function(thing)
    if not isinstance(thing, type):
        return f"{path}, {heading}", [inspect.cleandoc(thing.__doc__ or "")]
    kind = next(each for each in REGISTRIES.values() if each.kind == heading)
    return f"{path}, {heading}", explanation.lines(kind, path, thing)


def outside(path: str) -> tuple[str, Any]:
    """Of what kind the thing at ``module:name`` is, and the thing.

    Raises ValueError; where it is of no kind, with the faults that keep it from the nearest.
    """
    thing = import_class(path, OUTSIDE)
    if not isinstance(thing, type):
        return _kind_of_function(path, thing), thing
    members = set(dir(thing))
    looks = [kind for kind, marks in MARKS.items() if marks & members]
    if not looks:
        raise ValueError(f"{path!r} is no {OUTSIDE}: {thing!r}")
    kind = REGISTRIES[looks[0]]
    if faults := kind.faults(thing):
        raise ValueError(f"{path!r} is no {kind.kind}: {'; '.join(faults)}")
    return kind.kind, thing


def _kind_of_function(path: str, thing: Any) -> str:
    """That of a function, by what it takes and what it says that it returns."""
    if callable(thing):
        signature = inspect.signature(thing)
        if signature.return_annotation in (Grid, "Grid", "grids.Grid"):
            return GRID
        if [each.default for each in signature.parameters.values()] == [NEEDED, NEEDED]:
            return registry.scores.kind
    raise ValueError(
        f"{path!r} is neither a class nor a function that is a score, f(t, x), or makes a grid, "
        f"-> Grid: {thing!r}"
    )


def _entries(kind: str, specs: Callable[[], Sequence[Path]]) -> Entries:
    """``(name, one line)`` of everything of a kind."""
    if kind == "experiments":
        return [(path.stem, experiments.read(path).question) for path in specs()]
    if kind == "grids":
        return [(name, _line(MAKERS[name])) for name in sorted(MAKERS)]
    table = REGISTRIES[kind]
    ours = [(name, _line(table[name])) for name in sorted(table)]
    return ours + [(name, _of_installed(table, name)) for name in sorted(table.installed)]


def _of_installed(table: Registry, name: str) -> str:
    """The line of what an installed package offers; why there is none where it is broken."""
    path = table.installed[name].value
    try:
        return f"{_line(table.find(name))} ({path})"
    except ValueError as error:
        return f"cannot be used: {error}"


def _line(thing: Any) -> str:
    if statement := getattr(thing, "statement", ""):
        return f"[{thing.trust}] {statement}"
    return inspect.cleandoc(thing.__doc__ or "").split("\n")[0]
