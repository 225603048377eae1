"""What experiments will take, before anything of them is run: arithmetic of ``cost`` alone."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.foundation import machine
from harness.problem.cost import FITTED_AT, Cost, TooLarge, cost, product_seconds
from harness.problem.problem import Problem
from harness.problem.step_seconds import MULTIPLIED, TOKENS
from harness.process.devices_pay import ASSUMED, least_length
from harness.process.space import Sequences
from harness.studies import experiment as experiments
from harness.studies.experiment import sweeps
from harness.studies.remaining import Work, of_sweep, on_workers, ordered

PROCESS = 600 * 2**20  # bytes of a process that has computed anything
OF_PROBLEM = {"target", "noise", "sampler", "grid"}


@dataclass(frozen=True)
class Planned:
    """One experiment, or one problem of a file: its ``parts`` in order, the costs of its problems.

    ``name`` is that of the file.
    """

    name: str
    parts: tuple[Work, ...]
    costs: tuple[Cost, ...]
    largest: Problem

    @property
    def problems(self) -> int:
        """How many are measured; a search for a number of steps is one."""
        return sum(part.program is not None for part in self.parts)

    @property
    def programs(self) -> int:
        """How many different ones are compiled."""
        return len({part.program for part in self.parts} - {None})

    @property
    def states(self) -> float:
        """Of the largest problem."""
        return max(each.states for each in self.costs)

    @property
    def flops(self) -> float:
        """Of all problems."""
        return sum(each.flops for each in self.costs)

    @property
    def bytes(self) -> float:
        """Held at once by the largest problem, in a process of its own."""
        return PROCESS + max(each.bytes for each in self.costs)

    @cached_property
    def alone(self) -> tuple[float, float]:
        """Seconds of compiling and of all else, in one process that has compiled nothing."""
        (found,), _ = on_workers([self.parts], [0], 1)
        compiling = sum(part.more for part in found)
        return compiling, sum(part.seconds for part in found)


@dataclass(frozen=True)
class Plan:
    """What all ``experiments`` take, on this machine."""

    experiments: tuple[Planned, ...]

    def seconds(self, workers: int) -> float:
        """Until the last of ``workers`` ends; each compiles what it needs, once."""
        parts = [each.parts for each in self.experiments]
        order = range(len(parts)) if workers == 1 else ordered(parts)
        return max(on_workers(parts, order, workers)[1])

    @property
    def programs(self) -> int:
        """Different ones in all of them."""
        found = {part.program for each in self.experiments for part in each.parts}
        return len(found - {None})

    def refuse_above(self, workers: int, memory: float | None = None) -> None:
        """Raise TooLarge where ``workers`` on their largest problems need more than ``memory``.

        In bytes; that of this machine by default.
        """
        memory = machine.memory() if memory is None else memory
        largest = sorted(self.experiments, key=lambda each: -each.bytes)
        needed = sum(each.bytes for each in largest[:workers])
        if needed <= memory:
            return
        first = largest[0]
        told = (
            f"{first.name}: {workers} workers may hold {gib(needed)} at once, "
            f"this machine has {gib(memory)}; its largest problem alone"
        )
        raise TooLarge(told, max(first.costs, key=lambda each: each.bytes))

    def devices_pay(self, devices: int) -> str:
        """From how many states on a push over ``devices`` is faster than on one, in words."""
        spaces = [each.largest.space for each in self.experiments if not each.largest.drawn]
        sequences = [space for space in spaces if isinstance(space, Sequences)]
        tokens = max(sequences, key=lambda each: each.size).tokens if sequences else 2
        slower = product_seconds() / FITTED_AT
        least = least_length(tokens, devices, slower * MULTIPLIED, slower * TOKENS.entry)
        told = f"a push of S={tokens} over {devices} devices"
        if least is None:
            return f"{told} never pays (assumed: {ASSUMED})"
        return (
            f"{told} pays from d={least} on, {tokens**least:,} states "
            f"(assumed: each as fast as this machine, {ASSUMED})"
        )


def gib(count: float) -> str:
    """``count`` bytes in words."""
    return f"{count / 2**30:.2g} GiB"


def plan(files: Sequence[Path]) -> Plan:
    """What is in ``files``: experiments, or problems as ``Problem.spec`` writes them.

    Every problem is built, and so checked.  Raises ValueError naming the file and what is wrong;
    the numbers of a problem that is too large are in it.
    """
    return Plan(tuple(_problem(path) if _is_problem(path) else _experiment(path) for path in files))


def _is_problem(path: Path) -> bool:
    try:
        return tomllib.loads(path.read_text()).keys() >= OF_PROBLEM
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # which ``experiments.read`` has words for


def _problem(path: Path) -> Planned:
    try:
        problem = Problem.from_spec(tomllib.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    told = cost(problem)
    return Planned(path.stem, (Work.of(told),), (told,), problem)


def _experiment(path: Path) -> Planned:
    experiment = experiments.read(path)
    found = sweeps(experiment)
    parts = [part for sweep in found for part in of_sweep(sweep)]
    problems = [problem for sweep in found for problem in sweep.problems]
    costs = [cost(problem) for problem in problems]
    place = max(range(len(costs)), key=lambda k: costs[k].states)
    return Planned(experiment.name, tuple(parts), tuple(costs), problems[place])
