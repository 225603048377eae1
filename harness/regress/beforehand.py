"""What the checks of a sampler or theorem will take, by the cost of the problems that they run."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from harness.problem.cost import cost
from harness.problem.problem import Problem
from harness.problem.programs import Program
from harness.process.noise import Noise
from harness.regress import bank, cover
from harness.regress.theorem_checks import TheoremChecks
from harness.verdicts.theorem import Theorem

SERIES = (bank.convergence, bank.fine, bank.whole_time, bank.to_the_data)


def seconds(thing: Any, thorough: bool = False) -> float:
    """About how long all checks of ``thing`` take on this machine, what they compile included.

    ``thorough`` as in ``Suite``.
    0 for what keeps so little of its contract that it has no problems: its checks are soon done.
    """
    running, compiling = 0.0, dict[Program, float]()
    with suppress(Exception):  # a stranger's code may raise anything, and a check will tell
        for problem in problems(thing, thorough):
            told = cost(problem)
            running += told.seconds
            if not told.compiled:
                compiling[told.program] = told.compiling
    return running + sum(compiling.values())


def problems(thing: Any, thorough: bool = False) -> Iterator[Problem]:
    """What the checks of ``thing`` run; of small steps a problem for each program."""
    if isinstance(thing, Theorem):
        return TheoremChecks(thing, thorough).problems()
    return _of_sampler(thing, thorough)


def _of_sampler(sampler: Any, thorough: bool) -> Iterator[Problem]:
    yield from bank.step_problems(sampler)
    for place in cover.places(sampler, thorough):
        yield place.problem(sampler, place.data[cover.KINDS[0]])
    yield from bank.theorem_problems(sampler)
    for noise in bank.noises(sampler).values():
        for series in SERIES:
            yield from _allowed(lambda series=series, noise=noise: series(sampler, noise))
    noise = next(iter(bank.noises(sampler).values()))
    yield from _sweeps(sampler, noise)


def _sweeps(sampler: Any, noise: Noise) -> list[Problem]:
    return _allowed(lambda: [each for one in bank.sweeps(sampler, noise).values() for each in one])


def _allowed(problems: Callable[[], list[Problem]]) -> list[Problem]:
    """None where one of them is refused, as a start is by some samplers."""
    with suppress(ValueError):
        return problems()
    return []
