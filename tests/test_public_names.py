"""What users import stays what it is, whatever was imported before; and nothing else is shipped."""

import ast
import importlib
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from rooms import MODULES, PACKAGES, ROOMS, ROOT, room_of

import harness
import leapcheck

OF_TORCH = "harness.traced.torch."
CAN_BE_IMPORTED = [m for m in MODULES if find_spec("torch") or not m.startswith(OF_TORCH)]
PUBLIC = [m for m in MODULES if room_of(m) == "root" and m != "harness"]


def homes_in(tree: ast.Module) -> dict[str, str]:
    """``{name: module}`` of all imports that stand at the left margin of a module."""
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {a.asname or a.name: str(node.module) for node in nodes for a in node.names}


def names_in(module: str) -> set[str]:
    """The names that ``from module import ...`` offers, of those that live elsewhere."""
    return set(homes_in(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def for_types() -> dict[str, str]:
    """What the root imports where types are checked: every public name and its home."""
    tree = ast.parse(MODULES["harness"].read_text(encoding="utf-8"))
    (only,) = (node for node in tree.body if isinstance(node, ast.If))
    return homes_in(ast.Module(only.body, []))


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
    "Enumerated": "measure(replace(problem, engine=Enumerated())) == measure(problem)",
    "MonteCarlo": "MonteCarlo(64).draws == 64",
    "Gumbel": "Gumbel(24) == Gumbel(24)",
    "grids": "grids.even(1.0, 0.5, 2).steps == 2",
    "measure": "measure(problem).kl > 0",
    "output_law": "output_law(problem).shape == (2, 2)",
    "simulate": "simulate(problem, key=0, chains=3).shape == (3, 2)",
    "estimate_chain_kl": "estimate_chain_kl(drawn).chain.value > 0",
    "measure_many": "measure_many([problem]) == [measure(problem)]",
    "run_function": "run_function(problem)[1].data.shape == (4,)",
    "study": "len(study([Tweedie()], [Pairs(2, 1)], [problem.grid, finer.grid])) == 2",
    "Store": "Store.__module__ == 'harness.store.store'",
    "frame": "len(frame(check(problem))) > 1",
    "ladder": "ladder(problem).rungs[0].value == measure(problem).kl",
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
assert not [n for n in {calls} if isinstance(getattr(harness, n), ModuleType) and n != "grids"]
problem = Problem(Pairs(2, 1), Uniform(), Tweedie(), grids.even(2.0, 0.5, 2))
finer = replace(problem, grid=problem.grid.with_steps(4))
drawn = replace(problem, engine=MonteCarlo(64))
for call in {calls}.values():
    assert eval(call), call
"""


def run(code: str, *arguments: str) -> str:
    """What a process of its own prints, in which warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


FIRST = """
import os, sys
import jax, numpy, scipy.stats, scipy.optimize  # once, for all that are born of this process
for module in sys.argv[1].split():
    child = os.fork()
    if not child:
        try:
            __import__(module)
        except BaseException as error:
            print(module, error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.slow
def test_any_module_may_be_the_first_to_be_imported():
    """The root imports no other, so that a circle would show."""
    assert run(FIRST, " ".join(CAN_BE_IMPORTED)) == ""


def test_every_room_may_be_imported_before_a_public_name_is_called():
    """A module of the same name would take the function's place in the package."""
    assert sorted(harness.__all__) == sorted(CALLS), "every public name is called here"
    assert not set(CALLS) & set(ROOMS), "no room has the name of a public function"
    code = PROGRAM.format(names=", ".join(CALLS), calls=CALLS)
    assert run(code, " ".join(CAN_BE_IMPORTED)) == ""


def test_what_is_imported_when_asked_for_is_what_types_are_checked_with():
    typed = for_types()
    assert {name: home for name, home in typed.items() if home != "harness"} == harness.HOMES
    public = {name.removeprefix("harness.") for name in PUBLIC}
    assert {name for name, home in typed.items() if home == "harness"} == {*public, "samplers"}


ONLY_FOR_COMMANDS = ("pandas", "matplotlib", "pydantic", "typer", "rich")
ALONE = """
import sys
sys.modules.update(dict.fromkeys({blocked}))  # as if they were not installed
import {root}
for name in {names}:
    getattr({root}, name)
from {root} import *
from toy_targets import Pairs
noise, sampler = {root}.noise.Uniform(), {root}.samplers.Tweedie()
problem = Problem(Pairs(2, 1), noise, sampler, grids.even(2.0, 1.0, 2))
assert len(check(problem)) > 1
assert {root}.score.Exact() == problem.score
"""


@pytest.mark.parametrize("root", ["harness", "leapcheck"])
def test_all_is_reached_by_one_import_and_without_what_only_commands_need(root):
    """What is public needs neither the tables and figures of a run nor the command line."""
    code = ALONE.format(root=root, names=list(for_types()), blocked=ONLY_FOR_COMMANDS)
    assert run(code) == ""


def test_leapcheck_has_the_same_modules():
    """Not copies, in which a class would be another."""
    for module in set(CAN_BE_IMPORTED) - {"leapcheck", "harness"}:
        other = importlib.import_module(f"leapcheck.{module.removeprefix('harness.')}")
        assert other is importlib.import_module(module)
        assert other.__spec__.name == other.__name__ == module


@pytest.mark.parametrize("name", [*harness.__all__, "complexity", "samplers", "theorem"])
def test_leapcheck_offers_what_harness_offers(name):
    assert getattr(leapcheck, name) is getattr(harness, name)


@pytest.mark.parametrize("name", ["tweedie", "samplers.tweedei", "toy_targets.nothing"])
def test_leapcheck_has_no_other_modules(name):
    with pytest.raises(ModuleNotFoundError, match=f"No module named 'leapcheck.{name}'"):
        importlib.import_module(f"leapcheck.{name}")


@pytest.mark.parametrize("module", [harness, leapcheck])
def test_a_name_that_is_none_is_told(module):
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'mesure'"):
        module.mesure  # noqa: B018 - being asked for is what fails
    assert {"Problem", "complexity", "__version__"} <= set(dir(module))


def test_the_version_is_one():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {harness.__version__}\n" in citation


def test_the_wheel_has_the_three_packages_and_nothing_that_only_tests_use():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["only-include"] == [
        *(*PACKAGES, "leapcheck.py", "leapcheck_pytest.py"),
        *wheel["sources"],
    ]
    assert wheel["sources"].keys() == {"experiments", "results"}
    ours = {"tests"} | {path.stem for path in Path(__file__).parent.iterdir()} - set(PACKAGES)
    for module, file in MODULES.items():
        assert not {"referee", "tests"} & set(module.split("."))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & ours, module
