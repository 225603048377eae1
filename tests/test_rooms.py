"""Imports go one way between the rooms, and every room says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import ARROWS, ENGINES, LOADS_BY_NAME, MODULES, PACKAGES, ROOMS, ROOT, room_of


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """``(line, module)`` of every import of this project, also within functions."""
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append(inner if inner in MODULES else str(node.module))
        for name in found:
            if name.split(".")[0] in (*PACKAGES, "leapcheck"):
                yield node.lineno, name


def forbidden(module: str, source: str) -> list[str]:
    """What the tables do not allow in a module's source, each with its line and its arrow."""
    found, tree, own = [], ast.parse(source), room_of(module)
    for line, other in imported(tree):
        theirs = room_of(other)
        if theirs not in (own, *ARROWS[own]):
            found.append(f"{module}, line {line}: {own} -> {theirs} ({other})")
        if own == theirs == "engines":
            here, there = (f"{name}..".split(".")[2] for name in (module, other))
            if {here, there} <= set(ENGINES) and there not in (here, *ENGINES[here]):
                found.append(f"{module}, line {line}: engines/{here} -> {other}")
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name in ("import_module", "__import__") and module not in LOADS_BY_NAME:
            found.append(f"{module}, line {node.lineno}: imports by a name made at run time")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module):
    assert forbidden(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "arrow"),
    [
        ("harness.numerics.divergence", "from harness.process import space", "numerics -> process"),
        ("harness.samplers.euler", "import harness.problem.problem", "samplers -> problem"),
        ("harness.process.score", "from harness import grids", "process -> root (harness.grids)"),
        ("harness.process.score", "def f():\n    import toy_targets", "line 2: process -> toy_ta"),
        ("harness.engines.exact", "from harness.samplers import Euler", "engines -> samplers"),
        ("harness.engines.sequences.push", "from harness.engines.counts import push", "-> harness"),
        ("harness.verdicts.checks", "from harness.studies import judge", "verdicts -> studies"),
        ("toy_targets.pairs", "from harness.law import claims", "toy_targets -> law"),
        ("bounds.chain", "from harness.studies import ledger", "bounds -> studies"),
        ("harness.show.text", "import leapcheck.noise", "show -> leapcheck"),
        (
            "harness.law.step",
            "import importlib\nimportlib.import_module('x')",
            "by a name made at run time",
        ),
    ],
)
def test_a_forbidden_arrow_is_seen(module, source, arrow):
    (found,) = forbidden(module, source)
    assert arrow in found


def test_the_table_is_of_the_rooms_and_runs_in_no_circle():
    folders = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    assert folders == set(ROOMS)
    rows = list(ARROWS)
    for room, rooms in ARROWS.items():
        earlier = rows[: rows.index(room)] if room in ROOMS else rows
        assert set(rooms) <= {*earlier, "toy_targets", "root"}, room
    files = {path.stem for path in (ROOT / "harness").glob("*.py")} - {"__init__", "cli"}
    assert not files & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is(room):
    """What lives there; what it imports, as the table has it; what it offers."""
    said = ast.get_docstring(ast.parse(MODULES[f"harness.{room}"].read_text(encoding="utf-8")))
    assert said is not None
    first, _, rest = said.partition("\n\n")
    assert first.endswith(".")
    assert " Offers " in rest or "\nOffers " in rest, "a room says what it offers"
    assert rest.startswith("Imports "), "a room says what it imports"
    sentence = rest.replace("\n", " ").partition(".  ")[0]
    known = [name for name in sentence.split("``")[1::2] if name in ARROWS]
    inner = [name for name in ARROWS[room] if name in ROOMS]
    if "all rooms down to" in sentence:
        assert known[0] == max(inner, key=ROOMS.index)
    else:
        assert sorted(known) == sorted(inner)
        assert bool(known) is not sentence.startswith("Imports nothing")


def test_tests_mirror_the_rooms():
    """One folder a room; ``outside`` has strangers' code, ``referee`` the slow derivations.

    ``helpers`` has what suites of several rooms share, ``docs`` what holds pages to code, ``teeth``
    samplers and theorems that are wrong in ways of their own, and right ones beside them.
    """
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/*.py")}
    assert folders == {
        *ROOMS,
        "toy_targets",
        "bounds",
        "docs",
        "helpers",
        "outside",
        "referee",
        "teeth",
    }
