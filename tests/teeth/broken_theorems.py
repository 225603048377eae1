"""A theorem broken in one place: a constant, an exponent, a part, an assumption."""

import ast
import dataclasses
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from harness.problem.problem import Problem
from harness.regress.theorem_closeness import ROUNDING
from harness.score import Exact
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Inequality, Rate, Side, Theorem

LESS = 0.9
MUCH_LESS = 0.5
HALF = 0.5  # of an exponent
UNTOUCHED = ("example", "assumptions", "looser")


class Broken(NamedTuple):
    """``what`` was broken, and the theorem that is left."""

    what: str
    theorem: Theorem


VARIABLES: Mapping[str, Callable[[Problem], float]] = {
    "S": lambda problem: problem.space.vocabulary,
    "log S": lambda problem: math.log(problem.space.vocabulary) / math.log(2),
    "d": lambda problem: problem.space.length,
    "e^T": lambda problem: math.exp(min(problem.grid.start, 600.0)),
    "1/κ": lambda problem: 1 / min(1.0, problem.grid.kappa) if problem.grid.stop > 0 else 1.0,
    "1/δ": lambda problem: 1 / min(1.0, problem.grid.stop) if problem.grid.stop > 0 else 1.0,
}
"""What a part of a form may grow with; at least 1, so that a smaller power says more."""


def every(cls: type[Theorem]) -> Iterator[Broken]:
    """All ways in which ``cls`` is broken here; each says more, of a lower bound what is larger."""
    yield from _in_its_source(cls)
    yield from _in_its_parts(cls)
    for name in cls().assumptions(cls.example()):
        yield Broken(f"without '{name}'", _without(cls, name))


def _changed(cls: type[Theorem], **methods: Any) -> Theorem:
    return type(f"Broken{cls.__name__}", (cls,), {"__doc__": cls.__doc__, **methods})()


def _without(cls: type[Theorem], left_out: str) -> Theorem:
    def assumptions(self: Any, problem: Problem) -> dict[str, bool]:
        return {k: met for k, met in cls.assumptions(self, problem).items() if k != left_out}

    # What it says of its own looser form is no theorem that somebody else would write down.
    looser = {"looser": lambda *_: {}} if issubclass(cls, Inequality) else {}
    return _changed(cls, assumptions=assumptions, **looser)


def is_lower(cls: type[Theorem]) -> bool:
    """Whether ``cls`` says more where its right side is larger."""
    return Side(cls.side) is Side.LOWER


def _in_its_parts(cls: type[Theorem]) -> Iterator[Broken]:
    """Each part smaller by a constant, by half a power of each variable, and left out.

    Of a lower bound each larger, and none left out, since it would say less.
    """
    lower = is_lower(cls)
    if issubclass(cls, Inequality):
        problem = cls.example()
        names = [n for n in cls().terms(problem, Quantities(problem)) if n != ROUNDING]
        shares = [1 / share if lower else share for share in (LESS, MUCH_LESS)]
        make: Callable[..., Theorem] = _with_term
    else:
        names, shares, make = list(PARTS), [], _with_part
    changes = {f"x {share:.3g}": lambda _, share=share: share for share in shares}
    if not lower:
        changes["dropped"] = lambda _: 0.0
    power, word = (HALF, "more") if lower else (-HALF, "less")
    powers = {
        f"with {HALF} {word} of {name}": lambda problem, of=of: of(problem) ** power
        for name, of in VARIABLES.items()
    }
    for name in names:
        for told, factor in {**changes, **powers}.items():
            yield Broken(f"term {name} {told}", make(cls, name, factor))


def _with_term(cls: Any, name: str, factor: Callable[[Problem], float]) -> Theorem:
    def terms(self: Any, problem: Problem, quantities: Quantities) -> dict[str, float]:
        found = dict(cls.terms(self, problem, quantities))
        if name in found:
            found[name] *= factor(problem)
        return found

    return _changed(cls, terms=terms, looser=lambda self, problem, quantities: {})


PARTS = ("start", "score", "steps")


def _with_part(cls: Any, name: str, factor: Callable[[Problem], float]) -> Theorem:
    def form(self: Any, problem: Problem, quantities: Quantities) -> float:
        whole = cls.form(self, problem, quantities)
        parts = _parts(cls, problem, whole)
        return math.fsum(part * (factor(problem) if n == name else 1) for n, part in parts.items())

    return _changed(cls, form=form)


@lru_cache(maxsize=4096)
def _parts(cls: Any, problem: Problem, whole: float) -> dict[str, float]:
    """The parts of a form: what it loses with the exact start, then with the exact score."""

    def without(**ideal: Any) -> float:
        try:
            blind = dataclasses.replace(problem, **ideal)
            return cls().form(blind, Quantities(blind))
        except (ValueError, ZeroDivisionError):  # from all masked on there is no exact start
            return whole

    no_start = without(start="exact") if problem.start == "noise" else whole
    start = {"start": "exact"} if problem.start == "noise" else {}
    wrong = problem.score_model.log_error is not None
    steps = without(**start, score=Exact()) if wrong else no_start
    return {"start": whole - no_start, "score": no_start - steps, "steps": steps}


def _in_its_source(cls: type[Theorem]) -> Iterator[Broken]:
    """Numbers in the code of the right side, a tenth less (or more); powers by a half."""
    constant = 1 / LESS if is_lower(cls) else LESS
    module = sys.modules[cls.__module__]
    source = inspect.getsource(module)
    places = list(_places(ast.parse(source), cls.__name__))
    for k, (told, _) in enumerate(places):
        is_power = told.startswith("power")
        for change in (HALF, -HALF) if is_power else (constant,):
            if issubclass(cls, Rate) and not is_power:
                continue  # of a rate no constant is said
            tree = ast.parse(source)
            _, node = list(_places(tree, cls.__name__))[k]
            node.value = node.value + change if is_power else node.value * change
            by = f"{change:+g}" if is_power else f"x {change:.3g}"
            yield Broken(f"{told} {by}", _compiled(tree, module, cls))


def _compiled(tree: ast.Module, module: Any, cls: type[Theorem]) -> Theorem:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):  # a name is taken once
            node.decorator_list = [d for d in node.decorator_list if "theorems" not in ast.dump(d)]
    space: dict[str, Any] = {"__name__": module.__name__}
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), space)
    changed = space[cls.__name__]
    changed.name = cls.name
    methods = {"terms": changed.terms} if issubclass(cls, Inequality) else {"form": changed.form}
    looser = {"looser": changed.looser} if issubclass(cls, Inequality) else {}
    return _changed(cls, **methods, **looser)


def _places(tree: ast.Module, owner: str) -> Iterator[tuple[str, ast.Constant]]:
    """Numbers that are added, multiplied or powers, in functions of the right side."""
    other = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name != owner]
    skipped = {id(node) for each in other for node in ast.walk(each)}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in UNTOUCHED:
            continue
        if id(function) in skipped or function.name.startswith("__"):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.BinOp):
                continue
            for side in (node.left, node.right):
                if isinstance(side, ast.Constant) and type(side.value) in (int, float):
                    power = isinstance(node.op, ast.Pow) and side is node.right
                    kind = "power" if power else "constant"
                    told = f"{kind} {side.value} of '{ast.unparse(node)[:50]}' in {function.name}"
                    yield told, side
