"""The checks as tests of pytest: each one a test, its reason the message."""

from collections.abc import Iterable
from typing import Any

from harness.foundation.registry import label
from harness.regress.suite import Suite


class CheckToRun:
    """One check of one thing; called in a test it passes, fails with the reason, or skips."""

    def __init__(self, suite: Suite, name: str) -> None:
        self.suite, self.name = suite, name

    def __call__(self, thing: Any = None) -> None:
        """Raise what makes pytest fail or skip; ``thing`` is there to be read in a test."""
        import pytest

        check = self.suite.decide(self.name)
        if check.passed is None:
            pytest.skip(str(check))  # it does not apply, and says why: neither passed nor failed
        if not check.passed:
            pytest.fail(str(check), pytrace=False)

    def __repr__(self) -> str:
        return self.name


def checks_to_run(things: Iterable[Any]) -> list[tuple[Any, CheckToRun]]:
    """Every check of each of ``things``: samplers, theorems, their classes, names of them.

    Raises ValueError, TypeError for what is neither.
    """
    suites = [Suite(thing) for thing in things]
    return [(suite.thing, CheckToRun(suite, name)) for suite in suites for name in suite.checks]


def parametrize_with_checks(things: Iterable[Any]) -> Any:
    """A decorator that makes every check of each of ``things`` a test of its own.

    ::

        @parametrize_with_checks([MySampler()])
        def test_my_sampler(thing, check):
            check(thing)

    ``things`` are samplers or theorems, as ``regress`` takes them; raises ValueError, TypeError
    for others, when tests are collected.  Needs pytest.
    """
    import pytest

    found = checks_to_run(things)
    ids = [f"{_name(thing)}-{check.name}" for thing, check in found]
    return pytest.mark.parametrize(("thing", "check"), found, ids=ids)


def _name(thing: Any) -> str:
    kind = thing if isinstance(thing, type) else type(thing)
    return label(thing) if hasattr(thing, "__dataclass_fields__") else kind.__name__
