"""One call that puts a sampler or a theorem through all that the built-in ones have to pass.

Imports all rooms down to ``verdicts``.  Offers ``regress`` and the checks one by one, also as
tests (``parametrize_with_checks``); on the command line ``regress("package.module:Class")`` is
``leapcheck regress``.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.regress.as_tests import parametrize_with_checks as parametrize_with_checks
from harness.regress.check_outcome import Check as Check
from harness.regress.check_outcome import Found as Found
from harness.regress.suite import Suite as Suite
from harness.regress.suite import construct as construct
from harness.regress.suite import resolve as resolve
from harness.regress.suite import run as run


def regress(thing: Any, only: Sequence[str] = (), thorough: bool = False) -> list[Check]:
    """All checks of a sampler or theorem ``thing``: ``"module:Class"``, a name, or an instance.

    ``only``: those in whose name one of these texts occurs.  Nothing is tried after the first
    check, the contract, where that is not kept.  ``thorough``: on more problems.  Raises
    ValueError, TypeError for bad input.
    """
    return list(stream(thing, only, thorough))


def stream(thing: Any, only: Sequence[str] = (), thorough: bool = False) -> Iterator[Check]:
    """The same, each check as soon as it is done."""
    yield from Suite(thing, thorough=thorough).run(only)


def checks_of(thing: Any) -> dict[str, Callable[[], Found]]:
    """The checks by name, not yet run.  Raises ValueError, TypeError."""
    return Suite(thing).checks
