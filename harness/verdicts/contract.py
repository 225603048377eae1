"""What a class from outside must be to be checked as a theorem: all its faults at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from harness.foundation.registry import theorems
from harness.foundation.validation import choice
from harness.problem.contracts import abstract
from harness.problem.problem import Problem
from harness.verdicts import bibliography
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Inequality, Rate, Side, Theorem, Trust

SAID = {"name": str, "statement": str, "bounds_on": str, "source": str, "trust": Trust}
"""What every theorem says of itself, and of what type that is."""
_WORDS = {str: "text", Trust: "a Trust", Mapping: "a mapping of axes to powers"}


@theorems.rule
def of_theorem(cls: Any) -> list[str]:
    """An ``Inequality`` or a ``Rate`` that says what it states, and whose example is one."""
    if not isinstance(cls, type):
        return [f"it must be a class, got {cls!r}"]
    return list(_faults(cls))


@lru_cache(maxsize=64)  # an example may cost something
def _faults(cls: type) -> tuple[str, ...]:
    return tuple(_of_statement(cls)) or tuple(_of_example(cls))


def _of_statement(cls: Any) -> Iterator[str]:
    if not issubclass(cls, Inequality | Rate):
        yield "it must subclass harness.theorem.Inequality or harness.theorem.Rate"
    said = {**SAID, "exponents": Mapping} if issubclass(cls, Rate) else SAID
    missing = [name for name in said if getattr(cls, name, None) is None]
    if missing:
        yield f"it does not say its {', '.join(missing)}"
    for name, kind in said.items():
        value = getattr(cls, name, None)
        if name not in missing and not isinstance(value, kind):
            yield f"{name} must be {_WORDS[kind]}, got {value!r}"
    rung = getattr(cls, "bounds_on", None)
    if isinstance(rung, str):
        yield from _told(choice, "rung to be bounds_on", rung, Quantities.RUNGS)
    yield from _told(choice, "side", getattr(cls, "side", None), tuple(Side))
    key = getattr(cls, "bibtex", None)
    if key is not None and key not in bibliography.entries():
        yield f"bibtex {key!r} is no key of leapcheck's sources.bib: None, for a source of your own"
    yield from abstract(cls)
    if not getattr(cls, "__abstractmethods__", ()):
        yield from _told(cls, says="it must be made without arguments")


def _of_example(cls: type[Theorem]) -> Iterator[str]:
    try:
        problem = cls.example()
        if not isinstance(problem, Problem):
            yield f"example() must give a Problem, got {problem!r}"
            return
        met = cls().assumptions(problem)
    except Exception as error:  # a stranger's code may raise anything
        yield f"its example and assumptions raise {type(error).__name__}: {error}"
        return
    if not isinstance(met, Mapping):
        yield f"assumptions(problem) must give {{name: met or not}}, got {met!r}"
    elif unmet := [name for name, each in met.items() if not each]:
        yield f"its own example does not meet {', '.join(unmet)}"


def _told(work: Any, *given: Any, says: str = "") -> Iterator[str]:
    """What ``work`` has to say against what is given, if anything."""
    try:
        work(*given)
    except Exception as error:
        yield f"{says}: {error}" if says else str(error)
