"""The checks of one sampler or theorem: found by its name, run one by one, each fault told once."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.foundation import raised, registry
from harness.foundation.validation import unknown
from harness.regress import bank, draws_only, field_checks, standing
from harness.regress.check_outcome import Check, Found
from harness.regress.sampler_checks import SamplerChecks
from harness.regress.theorem_checks import TheoremChecks
from harness.verdicts.theorem import Theorem

CONTRACT = "keeps the contract"  # the first check, on which all others rest
LONGEST = 120  # characters of fields with their values
_NUMBER = re.compile(r"[-+]?\d[\d.,]*(e[-+]?\d+)?")


class Suite:
    """The checks of ``thing``: ``"module:Class"``, a registered name, a class or an instance.

    ``checks``: by name, not yet run.  Raises ValueError, TypeError for what is neither a sampler
    nor a theorem; a sampler that only draws has one check, which says so.  ``thorough``: steps of a
    sampler are tried at more sizes and times.
    """

    def __init__(self, thing: Any, thorough: bool = False) -> None:
        found = resolve(thing) if isinstance(thing, str) else thing
        drawn = draws_only.told(found) if _incomplete(found) else ""
        if isinstance(found, type) and not drawn:
            found = construct(found)
            drawn = draws_only.told(found) if _incomplete(found) else ""
        self.thing = found
        self._of_theorem: TheoremChecks | None = None
        self._faults: dict[str, str] = {}  # the check that met each error first
        self._broken = False  # the contract
        self.checks: dict[str, Callable[[], Found]]
        if drawn:
            self.checks = {CONTRACT: lambda: Found(False, "not a sampler", drawn)}
        elif isinstance(found, Theorem):
            self._of_theorem = TheoremChecks(found, thorough)
            self.checks = dict(self._of_theorem.all())
        else:
            _must_be_a_sampler(found)
            found = self.thing = _as_exact_as_it_is(found)
            self.checks = dict(SamplerChecks(found, thorough).all())

    def select(self, only: Sequence[str] = ()) -> list[str]:
        """The names of the checks in which one of ``only`` occurs; of all by default.

        The contract's where it is broken and so the only one.  Raises ValueError if none is left.
        """
        names = list(self.checks)
        if not only or len(names) == 1:
            return names
        for text in only:
            if not any(text in name for name in names):
                raise ValueError(unknown("check", text, names))
        return [name for name in names if any(text in name for text in only)]

    def run(self, only: Sequence[str] = ()) -> Iterator[Check]:
        """Each check as soon as it is done; none after a contract that is not kept."""
        for name in self.select(only):
            yield self.decide(name)
            if self._broken:
                return

    def decide(self, name: str) -> Check:
        """One check.  What another one has met before is told by reference to that one."""
        if self._broken and name != CONTRACT:
            return Check(name, None, "not decided", again=CONTRACT)
        check = run(name, self.checks[name])
        self._broken |= name == CONTRACT and check.passed is False
        if not check.raised:
            return check
        fault = _NUMBER.sub("#", f"{check.number}: {check.reason}")
        first = self._faults.setdefault(fault, name)
        return check if first == name else Check(name, None, "not decided", again=first)

    def report(self, whole: bool = True) -> Iterator[str]:
        """What is to be said after the checks, line by line.

        Of a theorem, what was tried of it; of a sampler, after the ``whole`` of its checks, with
        which of its fields, and where it stands.
        """
        if self._of_theorem is not None:
            yield from self._of_theorem.report()
        elif whole and not self._broken and len(self.checks) > 1:
            yield from _tried_with(self.thing)
            try:
                yield from standing.lines(self.thing)
            except Exception as error:  # its own check has failed for it
                yield f"where it stands: it cannot be measured: {error}"


def _as_exact_as_it_is(sampler: Any) -> Any:
    """Code of one's own is judged in its own precision, where it can be run at all."""
    if not hasattr(sampler, "as_exact_as_it_is"):
        return sampler
    try:
        return sampler.as_exact_as_it_is(bank.step_problems(sampler)[0])
    except Exception:  # its checks will meet the same error, and tell it
        return sampler


def _tried_with(sampler: Any) -> Iterator[str]:
    """The fields whose other values were not tried; nothing where there are none."""
    listed = field_checks.settings(sampler)
    names = [each.name for each in dataclasses.fields(sampler) if each.name not in listed]
    if names:
        values = ", ".join(f"{name}={getattr(sampler, name)!r}" for name in names)
        told = values if len(values) <= LONGEST else ", ".join(names)
        yield f"tried with {told} and no other value: module:instance names another one"


def run(name: str, find: Callable[[], Found]) -> Check:
    """The check's outcome; an error in it is a failure that says so."""
    try:
        return Check(name, *find())
    except Exception as error:  # a stranger's code may raise anything, and the rest shall run
        told = "; at ".join(filter(None, (str(error).strip(), raised.line(error))))
        return Check(name, False, type(error).__name__, told, raised=True)


def resolve(path: str) -> Any:
    """What is called ``path`` here or is at ``module:name``.  Raises ValueError."""
    registry.load()
    known = {**registry.samplers, **registry.theorems}
    if path in known:
        return known[path]
    if path.endswith(".py"):
        module = path.removeprefix("./").removesuffix(".py").replace("/", ".")
        raise ValueError(f"a class must be named, got the file {path!r}; write {module}:Class")
    if ":" not in path:
        if Path(path.replace(".", "/") + ".py").exists():
            raise ValueError(f"a class must be named, got the module {path!r}; write {path}:Class")
        told = registry.unknown("sampler or theorem", path, known)
        named, hint = told.split("; ", 1)
        own = "for a class of your own write package.module:Class"
        raise ValueError(f"{told}; {own}" if hint.startswith("did") else f"{named}; {own}; {hint}")
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


def _incomplete(thing: Any) -> bool:
    """Whether something is missing that every sampler has; a class may have it per instance."""
    return not issubclass(thing if isinstance(thing, type) else type(thing), Theorem) and not all(
        hasattr(thing, member) for member in ("step", "claims")
    )


def _must_be_a_sampler(thing: Any) -> None:
    """Raise TypeError for what has no step or claims."""
    for member in ("step", "claims"):
        if not hasattr(thing, member):
            raise TypeError(
                f"{thing!r} is neither a sampler, which has a step and claims, nor a Theorem"
            )
