"""Every public function and class says what its arguments are, and which errors it raises."""

import ast
import importlib
import inspect
import re
import runpy
import textwrap
from enum import Enum

import pytest
from helpers.documents import DOCS

import harness

MADE = runpy.run_path(str(DOCS / "from_code.py"))
PATHS = sorted(
    {
        *(f"{home}.{name}" for name, home in harness.HOMES.items()),
        *(path for paths in MADE["RESULTS"].values() for path in paths),
        *(f"{module}.{name}" for module, names in MADE["public"]().items() for name in names),
    }
)
CODE = re.compile(r"``(.+?)``", re.S)
OF_JAX = ("tree_flatten", "tree_unflatten")  # called by JAX alone


def thing(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def arguments(function) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "_")]


def unsaid(names, *texts) -> list[str]:
    """The ``names`` that stand in no code of ``texts``."""
    words = {word for text in texts for code in CODE.findall(text) for word in _words(code)}
    return [name for name in names if name not in words]


def _words(code: str) -> list[str]:
    return re.findall(r"\w+", code)


def contract(cls: type, name: str) -> list[str]:
    """What is said of a method by itself, by its class, and by those that it inherits from."""
    found = [inspect.getdoc(each) or "" for each in cls.__mro__]
    found += [inspect.getdoc(vars(each).get(name)) or "" for each in cls.__mro__]
    if cls.__module__.startswith("harness.samplers"):  # the contract of all samplers
        found += [inspect.getdoc(thing("harness.claims.Claims"))]
        found += [f"``{each}``" for each in SAMPLER]
    return found


SAMPLER = re.findall(r"`([^`]+)`", (DOCS / "sampler-of-your-own.md").read_text(encoding="utf-8"))


def methods(cls: type):
    """Public ones that the class itself has."""
    for name, each in vars(cls).items():
        function = getattr(cls, name)
        if name[0] != "_" and name not in OF_JAX and callable(function) and not _is_data(each):
            yield name, function


def _is_data(each) -> bool:
    return isinstance(each, type) or not (
        inspect.isfunction(each) or isinstance(each, classmethod | staticmethod)
    )


@pytest.mark.parametrize("path", PATHS)
def test_every_argument_is_told(path):
    public = thing(path)
    if isinstance(public, type) and issubclass(public, Enum):
        return
    docs = [inspect.getdoc(public) or ""]
    if isinstance(public, type):
        docs += [inspect.getdoc(each) or "" for each in (*public.__mro__[1:], public.__init__)]
    assert unsaid(arguments(public), *docs) == []
    for name, method in methods(public) if isinstance(public, type) else ():
        assert unsaid(arguments(method), *contract(public, name)) == [], name


@pytest.mark.parametrize("path", PATHS)
def test_what_is_raised_is_told(path):
    """Of what stands in the function itself: what it calls says its own."""
    public = thing(path)
    if isinstance(public, type):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(public)))
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id[0].isupper()
    }
    assert [name for name in sorted(raised) if name not in (inspect.getdoc(public) or "")] == []


def test_what_is_not_told_is_seen():
    assert unsaid(["steps", "kappa"], "``steps`` of ``h = kappa_max``, kappa") == ["kappa"]
    assert len(PATHS) > 100
