"""Which worker does what next: problems by what is compiled for them, heavy ones first.

What a worker has compiled, for a program and for a space, serves what comes after; so each program
is compiled by one worker, as far as none is left idle for it.  What is in memory at a time is kept
below a limit.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.foundation import machine
from harness.measurement.kept import Wanted
from harness.problem.cost import Cost
from harness.problem.problem import Problem

CHUNK = 1.0  # seconds of a task, about; a kill loses no more
AT_ONCE = 15  # problems in a task: more of one shape are compiled for as a batch
WORTH_A_BATCH = 1024  # problems of a program from which on that pays
BATCH = 64
SHARE = 0.6  # of the memory of this machine, for what is being measured
HELD = 4  # copies of what a step holds that are in memory at a time


@dataclass(frozen=True)
class Unit:
    """A problem that is ``wanted`` at ``places``, which those who asked for it know.

    ``seconds`` and ``bytes`` are what measuring it takes, ``compiling`` seconds more unless its
    ``program`` is compiled.
    """

    wanted: Wanted
    places: tuple[Any, ...]
    seconds: float = 0.0
    bytes: float = 0.0
    program: Hashable = None
    compiling: float = 0.0


def unit_of(wanted: Wanted, place: Any, cost: Cost) -> Unit:
    """What is ``wanted`` at one ``place``, and takes what ``cost`` says."""
    of_program = cost.program, cost.compiling
    return Unit(wanted, (place,), cost.seconds, float(cost.bytes), *of_program)


@dataclass(eq=False)
class Group:
    """``units`` of one program, or something else that is one task, of the number ``whole``.

    What has one ``home`` has parts of programs in common.
    ``compiling``: seconds; ``workers``: those that have begun it.
    """

    home: Hashable
    units: list[Unit] = field(default_factory=list)
    whole: int | None = None
    seconds: float = 0.0
    compiling: float = 0.0
    workers: set[int] = field(default_factory=set)
    many: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left of it, compiling included where nobody has."""
        running = sum(unit.seconds for unit in self.units) + self.seconds
        return running + (0.0 if self.workers else self.compiling)


def by_program(units: Iterable[Unit]) -> list["Group"]:
    """``units`` as groups, in the order in which their programs come."""
    groups: dict[Hashable, Group] = {}
    for unit in units:
        key = unit.program, unit.wanted.asked
        group = groups.setdefault(key, Group(home_of(unit.wanted.problem)))
        group.units.append(unit)
        group.compiling = max(group.compiling, unit.compiling)
    return list(groups.values())


def home_of(problem: Problem) -> Hashable:
    """What problems whose programs have parts in common agree in."""
    return type(problem.noise), problem.space


@dataclass(frozen=True)
class Task:
    """What a worker does next: measure ``units``, or what has the number ``whole``."""

    units: tuple[Unit, ...] = ()
    whole: int | None = None

    @property
    def bytes(self) -> float:
        """What it has in memory at a time, about: the most of a unit."""
        return HELD * max((unit.bytes for unit in self.units), default=0.0)


class Queue:
    """What is left of a run.  ``limit``: bytes for all that is measured at a time.

    ``limits``: bytes for what each worker measures, if they have memory of their own; read at each
    question, since workers may come and go.
    ``in_order``: what was added first is done first, and what is a whole before anything else.
    """

    def __init__(
        self,
        limit: float | None = None,
        limits: Sequence[float] = (),
        in_order: bool = False,
    ) -> None:
        self.limits = limits
        self._in_order = in_order
        self.limit = SHARE * machine.memory() if limit is None else limit
        self._groups: list[Group] = []
        self._homes: dict[Hashable, int] = {}  # the worker that came first
        self._begun: dict[int, tuple[Group, Task]] = {}

    def add(self, groups: Iterable[Group]) -> None:
        """More to do."""
        for group in groups:
            group.units.sort(key=lambda unit: -unit.seconds)
            group.many = group.many or len(group.units) >= WORTH_A_BATCH
            self._groups.append(group)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to be begun."""
        return not self._groups

    def next(self, worker: int) -> Task | None:
        """What ``worker``, which does nothing now, is to do; None where nothing can be begun."""
        totals: dict[Hashable, float] = defaultdict(float)
        for group in self._groups:
            totals[group.home] += group.left
        ranked = sorted(self._groups, key=lambda group: self._rank(group, worker, totals))
        if self._in_order:
            ranked = sorted(self._groups, key=lambda group: group.whole is None)
        for group in ranked:
            task = self._cut(group)
            if self.limits and task.bytes > self.limits[worker]:
                continue
            held = [other.bytes for _, other in self._begun.values()]
            if held and sum(held) + task.bytes > self.limit:
                continue
            self._begin(group, task, worker)
            return task
        return None

    def refused(self, unit: Unit) -> str:
        """Why no worker can measure ``unit``, in words; nothing where one can."""
        needed, most = HELD * unit.bytes, max(self.limits, default=math.inf)
        if needed <= most:
            return ""
        return f"it needs about {needed:,.0f} bytes, and no worker may have more than {most:,.0f}"

    def done(self, worker: int) -> None:
        """``worker`` does nothing any more."""
        self._begun.pop(worker, None)

    def again(self, worker: int, units: Sequence[Unit] = ()) -> None:
        """What ``worker`` had begun is not done: these ``units`` of it are left once more.

        They come behind others that are as heavy: a new worker, which has to compile first and so
        is likelier to be lost in its first task, is not begun with what was lost before.
        """
        group, _ = self._begun.pop(worker)
        group.units = sorted([*group.units, *units], key=lambda unit: -unit.seconds)
        if group not in self._groups:
            self._groups.append(group)

    def forget(self, worker: int) -> None:
        """``worker`` is gone, and what it has compiled."""
        self._homes = {home: each for home, each in self._homes.items() if each != worker}
        for group in [*self._groups, *(group for group, _ in self._begun.values())]:
            group.workers.discard(worker)

    def withdraw(self) -> list[Unit]:
        """What no worker can measure any more is left no longer: its units."""
        refused = []
        for group in list(self._groups):
            refused += [unit for unit in group.units if self.refused(unit)]
            group.units = [unit for unit in group.units if not self.refused(unit)]
            if group.whole is None and not group.units:
                self._groups.remove(group)
        return refused

    def _rank(
        self, group: Group, worker: int, totals: dict[Hashable, float]
    ) -> tuple[int, float, float]:
        """Smallest first: what needs no compiling, then what serves most, then what is others'."""
        owner = self._homes.get(group.home)
        total = totals[group.home]
        if worker in group.workers:
            kind = 0
        elif owner == worker:
            kind = 1 if group.whole is not None else 2
        elif owner is None:
            kind = 3
        elif group.whole is not None:
            kind = 4
        else:
            kind = 5 if not group.workers else 6
        return kind, -total if kind in (3, 5) else 0.0, -group.left

    def _cut(self, group: Group) -> Task:
        if group.whole is not None:
            return Task(whole=group.whole)
        most, seconds, number = BATCH if group.many else AT_ONCE, 0.0, 0
        while number < min(most, len(group.units)) and seconds < CHUNK:
            seconds += group.units[number].seconds
            number += 1
        return Task(tuple(group.units[:number]))

    def _begin(self, group: Group, task: Task, worker: int) -> None:
        group.workers.add(worker)
        self._homes.setdefault(group.home, worker)
        self._begun[worker] = group, task
        group.units = group.units[len(task.units) :]
        if not group.units:
            self._groups.remove(group)
