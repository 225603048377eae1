"""What a docstring or comment calls ``module.name`` is there."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from rooms import MODULES

REFERENCE = re.compile(r"``?((?:\w+\.)+\w+)(?:\(|``?)")
LIBRARIES = ("jax", "numpy", "torch")
ENDINGS = ("bib", "png", "csv")  # of files that are called like a module
FILES: dict[str, list[Path]] = defaultdict(list)
for _module, _file in MODULES.items():
    FILES[_module.rpartition(".")[2]].append(_file)


def used(file: Path) -> set[str]:
    """Every name that a module defines, imports or speaks of, and the modules of a package."""
    found = {other.stem for other in file.parent.glob("*")} if file.stem == "__init__" else set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add((asname or name).rpartition(".")[2])
    return found


def dangling(source: str) -> list[str]:
    """What looks like ``module.name``, of a module that there is, and is in none of that name."""
    found = []
    for reference in REFERENCE.findall(source):
        module, _, name = reference.rpartition(".")
        if name in ENDINGS or reference.split(".")[0] in LIBRARIES:
            continue  # ``jax.grad`` is no name of the folder that traces JAX
        files = FILES.get(module.rpartition(".")[2], [])
        if files and not any(name in used(file) for file in files):
            found.append(reference)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_what_is_named_is_there(module):
    assert dangling(MODULES[module].read_text(encoding="utf-8")) == []


def test_a_name_that_has_moved_is_seen():
    assert dangling("As ``simulate.draw_tokens``: ...") == ["simulate.draw_tokens"]
    assert dangling("As ``jax.grad`` does") == []
    assert dangling("As ``from_tables.draw_tokens``, ``grid.steps`` and ``x.y``") == []
