"""What experiments will take, before anything of them is run: arithmetic of ``cost`` alone."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.foundation import machine
from harness.measurement.kept import Nothing, Store, asked_by
from harness.problem.cost import FITTED_AT, Cost, TooLarge, cost, product_seconds
from harness.problem.problem import Problem
from harness.problem.step_seconds import MULTIPLIED, TOKENS
from harness.process.devices_pay import ASSUMED, LARGEST, least_length, shared_lengths
from harness.process.space import Sequences
from harness.studies import experiment as experiments
from harness.studies.experiment import sweeps
from harness.studies.judged_before import JudgedBefore
from harness.studies.remaining import Remaining, Work, compiled_once, of_sweep, storable

PROCESS = 600 * 2**20  # bytes of a process that has computed anything
OF_PROBLEM = {"target", "noise", "sampler", "grid"}


@dataclass(frozen=True)
class Planned:
    """One experiment, or one problem of a file: its ``parts`` in order, the costs of its problems.

    ``name`` is that of the file.  ``in_store`` of the problems are kept in a store: ``parts`` has
    what is left.
    """

    name: str
    parts: tuple[Work, ...]
    costs: tuple[Cost, ...]
    largest: Problem
    in_store: int = 0

    @property
    def problems(self) -> int:
        """How many are measured; a search for a number of steps is one."""
        return sum(part.program is not None for part in self.parts) + self.in_store

    @property
    def programs(self) -> int:
        """How many different ones are compiled for what is left."""
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
        (found,) = compiled_once([self.parts])
        compiling = sum(part.more for part in found)
        return compiling, sum(part.seconds for part in found)


@dataclass(frozen=True)
class Plan:
    """What all ``experiments`` take, on this machine."""

    experiments: tuple[Planned, ...]

    def seconds(self, workers: int) -> float:
        """Until the last of ``workers`` ends; they divide the problems, and what is compiled."""
        return Remaining([each.parts for each in self.experiments], workers).seconds

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
        """From how many states on a push over ``devices`` is faster than on one, in words.

        Of the tokens of the largest problem that ``devices`` can share, else of the largest.
        """
        spaces = [each.largest.space for each in self.experiments if not each.largest.drawn]
        sequences = [space for space in spaces if isinstance(space, Sequences)]
        shared = [each for each in sequences if shared_lengths(each.tokens, devices)]
        largest = max(shared or sequences, key=lambda each: each.size, default=None)
        tokens = largest.tokens if largest else 2
        slower = product_seconds() / FITTED_AT
        least = least_length(tokens, devices, slower * MULTIPLIED, slower * TOKENS.entry)
        told = f"a push of S={tokens} over {devices} devices"
        if not shared_lengths(tokens, devices):
            return f"{told} cannot be: no power of {tokens} is a multiple of {devices}"
        if least is None:
            return f"{told} pays nowhere up to 2^{LARGEST} states (assumed: {ASSUMED})"
        return (
            f"{told} pays from d={least} on, {tokens**least:,} states "
            f"(assumed: each as fast as this machine, {ASSUMED})"
        )


def gib(count: float) -> str:
    """``count`` bytes in words."""
    return f"{count / 2**30:.2g} GiB"


def plan(files: Sequence[Path], store: Store | None = None) -> Plan:
    """What is in ``files``: experiments, or problems as ``Problem.spec`` writes them.

    What ``store`` has is not measured, if one is given.  Every problem is built, and so checked.
    Raises ValueError naming the file and what is wrong; the numbers of a problem that is too large
    are in it.
    """
    store = store or Nothing()
    return Plan(
        tuple(
            _problem(path, store) if _is_problem(path) else _experiment(path, store)
            for path in files
        )
    )


def _is_problem(path: Path) -> bool:
    try:
        return tomllib.loads(path.read_text()).keys() >= OF_PROBLEM
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # which ``experiments.read`` has words for


def _problem(path: Path, store: Store) -> Planned:
    try:
        problem = Problem.from_spec(tomllib.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    told, there = cost(problem), bool(store.found([store.wanted(problem, asked_by(False, False))]))
    left = () if there else (Work.of(told),)
    return Planned(path.stem, left, (told,), problem, in_store=int(there))


def _experiment(path: Path, store: Store) -> Planned:
    experiment = experiments.read(path)
    found, left, there = sweeps(experiment), [], 0
    asked = asked_by(experiment.output_only, False)
    before = JudgedBefore(store)
    for sweep in found:
        if before.read(sweep):
            there += len(sweep.values)
            continue
        wanted = [store.wanted(each, asked) for each in sweep.problems if storable(sweep)]
        kept, parts = store.found(wanted), of_sweep(sweep)
        known = {k for k, each in enumerate(wanted) if each.digest in kept}
        left += [part for k, part in enumerate(parts) if k not in known]
        there += len(known)
    problems = [problem for sweep in found for problem in sweep.problems]
    costs = [cost(problem) for problem in problems]
    place = max(range(len(costs)), key=lambda k: costs[k].states)
    return Planned(experiment.name, tuple(left), tuple(costs), problems[place], there)
