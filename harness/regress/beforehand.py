"""What the checks of a sampler or theorem will take, by the cost of the problems that they run."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from harness.foundation.registry import load, samplers
from harness.problem.cost import cost
from harness.problem.problem import Problem
from harness.problem.programs import Program
from harness.process.noise import Noise
from harness.regress import bank
from harness.verdicts import checks
from harness.verdicts.theorem import Rate, Theorem

SERIES = (bank.convergence, bank.whole_time, bank.to_the_data)


def seconds(thing: Any) -> float:
    """About how long all checks of ``thing`` take on this machine, what they compile included.

    0 for what keeps so little of its contract that it has no problems: its checks are soon done.
    """
    running, compiling = 0.0, dict[Program, float]()
    with suppress(Exception):  # a stranger's code may raise anything, and a check will tell
        for problem in _of_theorem(thing) if isinstance(thing, Theorem) else _of_sampler(thing):
            told = cost(problem)
            running += told.seconds
            if not told.compiled:
                compiling[told.program] = told.compiling
    return running + sum(compiling.values())


def _of_sampler(sampler: Any) -> Iterator[Problem]:
    yield from bank.step_problems(sampler)
    yield from bank.theorem_problems(sampler)
    for noise in bank.noises(sampler).values():
        for series in SERIES:
            yield from _allowed(lambda series=series, noise=noise: series(sampler, noise))
    noise = next(iter(bank.noises(sampler).values()))
    yield from _sweeps(sampler, noise)


def _of_theorem(theorem: Theorem) -> Iterator[Problem]:
    load()
    example = type(theorem).example()
    noise = example.noise
    for sampler in (*(cls() for cls in samplers.values()), example.sampler):
        if bank.refusal(sampler, noise):
            continue
        if isinstance(theorem, Rate):
            found = _sweeps(sampler, noise)
        else:
            found = _allowed(lambda sampler=sampler: bank.theorem_problems(sampler))
        yield from (each for each in found if not checks.unmet(theorem, each))


def _sweeps(sampler: Any, noise: Noise) -> list[Problem]:
    return _allowed(lambda: [each for one in bank.sweeps(sampler, noise).values() for each in one])


def _allowed(problems: Callable[[], list[Problem]]) -> list[Problem]:
    """None where one of them is refused, as a start is by some samplers."""
    with suppress(ValueError):
        return problems()
    return []
