"""What users import stays what it is, whatever was imported before; and nothing else is shipped."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from rooms import MODULES, PACKAGES, ROOMS, ROOT, room_of

PUBLIC = [m for m in MODULES if room_of(m) == "root" and m != "harness"]


def names_in(module: str) -> set[str]:
    """The names that ``from module import ...`` offers, of those that live elsewhere."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_public_module_that_names_again_is_short(module):
    """Imports and a docstring that says where the thing itself lives, at most 20 lines."""
    source = MODULES[module].read_text(encoding="utf-8")
    tree = ast.parse(source)
    if all(isinstance(node, ast.ImportFrom) for node in tree.body[1:]):
        assert len(source.splitlines()) <= 20
        assert "Lives in `harness/" in (ast.get_docstring(tree) or "")


@pytest.mark.parametrize("module", PUBLIC)
def test_no_name_of_a_public_module_is_a_module(module):
    public = importlib.import_module(module)
    found = [n for n in names_in(module) if isinstance(getattr(public, n), ModuleType)]
    assert found == []


CALLS = {
    "Problem": "Problem.from_spec(problem.spec()) == problem",
    "TooLarge": "issubclass(TooLarge, ValueError)",
    "cost": "cost(problem).states == 4",
    "MonteCarlo": "MonteCarlo(64).draws == 64",
    "Gumbel": "Gumbel(24) == Gumbel(24)",
    "grids": "grids.even(1.0, 0.5, 2).steps == 2",
    "measure": "measure(problem).kl > 0",
    "output_law": "output_law(problem).shape == (2, 2)",
    "simulate": "simulate(problem, key=0, chains=3).shape == (3, 2)",
    "estimate_chain_kl": "estimate_chain_kl(drawn).chain.value > 0",
    "measure_many": "measure_many([problem]) == [measure(problem)]",
    "run_function": "run_function(problem)[1].data.shape == (4,)",
    "frame": "len(frame(check(problem))) > 1",
    "check": "len(check(problem)) > 1",
    "check_sweep": "len(check_sweep([problem, finer], axis='step')) > 1",
}
PROGRAM = """
import importlib, sys
for module in sys.argv[1].split():
    importlib.import_module(module)
from dataclasses import replace
from types import ModuleType
import harness
from harness import {names}
from harness.noise import Uniform
from harness.samplers import Tweedie
from toy_targets import Pairs
assert [n for n in {list} if isinstance(getattr(harness, n), ModuleType)] == ["grids"]
problem = Problem(Pairs(2, 1), Uniform(), Tweedie(), grids.even(2.0, 0.5, 2))
finer = replace(problem, grid=problem.grid.with_steps(4))
drawn = replace(problem, engine=MonteCarlo(64))
for call in {calls}:
    assert eval(call), call
"""


def test_every_room_may_be_imported_before_a_public_name_is_called():
    """A module of the same name would take the function's place in the package."""
    names = sorted(names_in("harness"))
    assert names == sorted(CALLS), "every public name is called here"
    assert not set(names) & set(ROOMS), "no room has the name of a public function"
    code = PROGRAM.format(names=", ".join(names), list=names, calls=list(CALLS.values()))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, " ".join(MODULES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_wheel_has_the_three_packages_and_nothing_that_only_tests_use():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)
    ours = {"tests"} | {path.stem for path in Path(__file__).parent.iterdir()} - set(PACKAGES)
    for module, file in MODULES.items():
        assert not {"referee", "tests"} & set(module.split("."))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & ours, module
