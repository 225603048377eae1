"""One call that puts a sampler or a theorem through all that the built-in ones have to pass.

Imports all rooms down to ``verdicts``.  Offers ``regress`` and the checks one by one; on the
command line ``regress("package.module:Class")`` is ``leapcheck regress``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.foundation import registry
from harness.regress.check_outcome import Found
from harness.regress.sampler_checks import SamplerChecks
from harness.regress.theorem_checks import TheoremChecks
from harness.verdicts.theorem import Theorem


@dataclass(frozen=True)
class Check:
    """One line of the report.  ``passed`` is None where the check does not apply."""

    name: str
    passed: bool | None
    number: str
    reason: str

    def __str__(self) -> str:
        mark = {True: "PASS", False: "FAIL", None: "n/a "}[self.passed]
        why = f" ({self.reason})" if self.reason and not self.passed else ""
        return f"{mark}  {self.name}: {self.number}{why}"


def regress(thing: Any) -> list[Check]:
    """All checks of a sampler or a theorem: ``"module:Class"``, a registered name, an instance."""
    return list(stream(thing))


def stream(thing: Any) -> Iterator[Check]:
    """The same, each check as soon as it is done.  Raises ValueError, TypeError for bad input."""
    for name, find in checks_of(thing).items():
        yield run(name, find)


def checks_of(thing: Any) -> dict[str, Callable[[], Found]]:
    """The checks by name, not yet run.  Raises ValueError, TypeError."""
    found = resolve(thing) if isinstance(thing, str) else thing
    if isinstance(found, type):
        found = construct(found)
    if isinstance(found, Theorem):
        return dict(TheoremChecks(found).all())
    for member in ("step", "claims"):
        if not hasattr(found, member):
            raise TypeError(
                f"{found!r} is neither a sampler, which has a step and claims, nor a Theorem"
            )
    return dict(SamplerChecks(found).all())


def run(name: str, find: Callable[[], Found]) -> Check:
    """The check's outcome; an error in it is a failure that says so."""
    try:
        return Check(name, *find())
    except Exception as error:  # a stranger's code may raise anything, and the rest shall run
        return Check(name, False, type(error).__name__, str(error))


def resolve(path: str) -> Any:
    """What is called ``path`` here or is at ``module:name``.  Raises ValueError."""
    registry.load()
    known = {**registry.samplers, **registry.theorems}
    if path in known:
        return known[path]
    if ":" not in path:
        raise ValueError(
            f"{registry.unknown('sampler or theorem', path, known)}; for a class of your own "
            "write package.module:Class"
        )
    try:
        return registry.import_class(path, "sampler or theorem")
    except (ImportError, SyntaxError) as error:
        raise ValueError(f"cannot import {path!r}: {error}") from error


def construct(cls: type) -> Any:
    """An instance with default fields.  Raises ValueError."""
    try:
        return cls()
    except TypeError as error:
        raise ValueError(
            f"{cls.__name__} must construct without arguments: {error}; or name an instance, "
            "package.module:instance"
        ) from error
