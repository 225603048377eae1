"""What a worker is given to do, beside measuring: to judge a sweep."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from harness.foundation import perturbation
from harness.foundation.registry import load
from harness.measurement.result import Measurement
from harness.measurement.spread import sent
from harness.studies.experiment import Sweep
from harness.studies.judged import Finished, judged


@dataclass(frozen=True)
class Judged:
    """What a sweep ``found``, or the error that it ended with, and the ``seconds``.

    ``perturbed``: where errors were made on purpose.
    """

    found: Finished | Exception
    seconds: float
    perturbed: frozenset[str]


def judge(sweep: Sweep, known: Mapping[int, Measurement | Exception]) -> Judged:
    """Judge ``sweep``, of whose problems those at ``known`` places were measured."""
    load()
    began = time.perf_counter()
    try:
        found: Finished | Exception = judged(sweep, lambda: None, known)
    except Exception as error:  # a stranger's sampler may raise anything; the others go on
        found = sent(error)
    seconds = time.perf_counter() - began
    return Judged(found, seconds, frozenset(perturbation.HITS))
