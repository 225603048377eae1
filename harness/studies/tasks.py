"""What a worker is asked to do in a run: measure some problems, or judge a sweep."""

import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.foundation import perturbation
from harness.foundation.registry import load
from harness.measurement.many import measure_many
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.studies.experiment import Sweep
from harness.studies.judged import Finished, judged


@dataclass(frozen=True)
class Measured:
    """The measurement of each problem, or its error, and the ``seconds`` of all.

    ``perturbed``: where errors were made on purpose.
    """

    found: list[Measurement | Exception]
    seconds: float
    perturbed: frozenset[str]


@dataclass(frozen=True)
class Judged:
    """What a sweep found, or the error that it ended with, likewise."""

    found: Finished | Exception
    seconds: float
    perturbed: frozenset[str]


def measure(problems: Sequence[Problem], asked: str) -> Measured:
    """Measure what is ``asked`` of each of ``problems``."""
    load()
    began = time.perf_counter()
    output, chain = (asked == each for each in ("output", "chain"))
    found = measure_many(problems, output_only=output, chain_only=chain, errors="return")
    seconds = time.perf_counter() - began
    return Measured([_sent(each) for each in found], seconds, frozenset(perturbation.HITS))


def judge(sweep: Sweep, known: Mapping[int, Measurement | Exception]) -> Judged:
    """Judge ``sweep``, of whose problems those at ``known`` places were measured."""
    load()
    began = time.perf_counter()
    try:
        found: Finished | Exception = judged(sweep, lambda: None, known)
    except Exception as error:  # a stranger's sampler may raise anything; the others go on
        found = _sent(error)
    seconds = time.perf_counter() - began
    return Judged(found, seconds, frozenset(perturbation.HITS))


def _sent(found: Any) -> Any:
    """What can be sent to another process: an error that cannot is one that says the same."""
    if not isinstance(found, Exception):
        return found
    try:
        again = pickle.loads(pickle.dumps(found))
        if str(again) == str(found):
            return found
    except Exception:  # it is made from something else than a message
        pass
    return ValueError(f"{type(found).__name__}: {found}")
