"""Measurements that are kept somewhere: what was measured before is found, not measured again."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from harness.measurement.result import Measurement
from harness.problem.problem import Problem

ASKED = ("all", "output", "chain")
POLL = 0.05  # seconds between two looks for what another process is measuring


@dataclass(frozen=True)
class Wanted:
    """A ``problem`` of which ``asked``, one of ASKED, is wanted; kept under ``digest``.

    ``digest`` is empty for what cannot be kept.  ``told`` is the problem as text.
    """

    problem: Problem
    asked: str
    digest: str = ""
    told: str = ""


class Begun(NamedTuple):
    """What was ``found`` of what is wanted, and what is now ``ours`` to measure: digests.

    The rest is being measured by another process.
    """

    found: dict[str, Measurement]
    ours: frozenset[str]


class Store(Protocol):
    """Where measurements are kept; several processes may use one."""

    @property
    def name(self) -> str:
        """Where that is, in words; empty where nothing is kept."""
        ...

    def wanted(self, problem: Problem, asked: str) -> Wanted:
        """``problem`` with what its measurement is kept under."""
        ...

    def found(self, wanted: Iterable[Wanted]) -> dict[str, Measurement]:
        """The measurements that are there, by digest."""
        ...

    def begin(self, wanted: Iterable[Wanted]) -> Begun:
        """What is there of ``wanted``; what nobody is measuring is ours from now on."""
        ...

    def end(self, wanted: Iterable[Wanted], made: Iterable[tuple[Wanted, Measurement]]) -> None:
        """Keep what was ``made``, all or nothing; what was ours of ``wanted`` is so no more."""
        ...

    def key(self, problems: Sequence[Problem], modules: Iterable[str], told: str) -> str:
        """What a text is kept under that depends on all of this; empty where it cannot be kept."""
        ...

    def text(self, key: str) -> str | None:
        """What is kept under ``key``, if anything is."""
        ...

    def keep_text(self, key: str, text: str, seconds: float) -> None:
        """Keep under ``key`` a text that took so many seconds."""
        ...


class Nothing:
    """A store that keeps nothing."""

    name = ""

    def wanted(self, problem: Problem, asked: str) -> Wanted:
        """``problem``, kept nowhere."""
        return Wanted(problem, asked)

    def found(self, wanted: Iterable[Wanted]) -> dict[str, Measurement]:
        """None."""
        return {}

    def begin(self, wanted: Iterable[Wanted]) -> Begun:
        """Nothing is there, and nobody else measures."""
        return Begun({}, frozenset())

    def end(self, wanted: Iterable[Wanted], made: Iterable[tuple[Wanted, Measurement]]) -> None:
        """Keep nothing."""

    def key(self, problems: Sequence[Problem], modules: Iterable[str], told: str) -> str:
        """Nothing can be kept."""
        return ""

    def text(self, key: str) -> str | None:
        """None."""
        return None

    def keep_text(self, key: str, text: str, seconds: float) -> None:
        """Keep nothing."""


def asked_by(output_only: bool, chain_only: bool) -> str:
    """Which of ASKED that is."""
    return "output" if output_only else "chain" if chain_only else "all"


def good(wanted: Sequence[Wanted], made: Sequence[Any]) -> list[tuple[Wanted, Measurement]]:
    """What can be kept of what was ``made``: no error, and nothing without a digest."""
    pairs = zip(wanted, made, strict=True)
    return [(each, m) for each, m in pairs if each.digest and isinstance(m, Measurement)]


def each_measured(
    store: Store,
    problems: Sequence[Problem],
    asked: str,
    parts: Callable[[list[int]], Iterable[list[int]]],
    measure: Callable[[list[int]], list[Any]],
) -> Iterator[tuple[int, Any]]:
    """``(place, measurement or error)`` of each of ``problems``, found, or made and then kept.

    ``parts`` cuts places into such as ``measure`` takes together.  Equal problems are measured
    once where they have a digest; a part that another process measures is waited for at the end.
    """
    wanted = [store.wanted(problem, asked) for problem in problems]
    alike: dict[Any, list[int]] = defaultdict(list)
    for k, each in enumerate(wanted):
        alike[each.digest or k].append(k)
    there = store.found(wanted)
    yield from ((k, m) for digest, m in there.items() for k in alike[digest])
    left = {places[0] for key, places in alike.items() if key not in there}
    while left:
        before = len(left)
        for part in parts(sorted(left)):
            here = [wanted[k] for k in part]
            found, ours = store.begin(here)
            mine = [k for k in part if not wanted[k].digest or wanted[k].digest in ours]
            made: list[Any] = []
            try:
                made = measure(mine) if mine else []
            finally:
                store.end(here, good([wanted[k] for k in mine], made) if made else [])
            told = dict(zip(mine, made, strict=True))
            told |= {k: found[wanted[k].digest] for k in part if wanted[k].digest in found}
            left -= told.keys()
            for k, each in told.items():
                yield from ((place, each) for place in alike[wanted[k].digest or k])
        if len(left) == before:
            time.sleep(POLL)
