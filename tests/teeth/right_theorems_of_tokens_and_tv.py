"""True, and beside what is wrong of the tokens of a noise, of a TV and of scores under masks."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from harness.noise import Uniform

from .case import Case
from .wrong_theorems.errors_under_masks import SharedByTokens
from .wrong_theorems.in_tv import OfTheData
from .wrong_theorems.noises_one_way import ByTheLesser, StartByModulus
from .wrong_theorems.tokens_of_a_noise import StartByLogS, StoppingByMeanExit, StoppingOfWalks


@dataclass(frozen=True)
class StoppingOfUniform(StoppingOfWalks):
    """``1 - (1/S + (1 - 1/S) e^{-δ})^d`` under uniform noise, which may draw what was there."""

    name: ClassVar[str] = "stopping_of_uniform"
    noises: ClassVar[tuple[type, ...]] = (Uniform,)


@dataclass(frozen=True)
class StoppingByLargestExit(StoppingByMeanExit):
    """``1 - e^{-d δ r}``, ``r`` the largest rate at which a token is left."""

    name: ClassVar[str] = "stopping_by_largest_exit"
    of: ClassVar[Callable[[Any], Any]] = staticmethod(np.max)


@dataclass(frozen=True)
class StartByRarest(StartByLogS):
    """``e^{-cT} d log 1/min π``: the token that is rarest in the end costs most."""

    name: ClassVar[str] = "start_by_rarest"

    def of_token(self, law):
        return -math.log(law.min())


@dataclass(frozen=True)
class AllPartsInTV(OfTheData):
    """``d δ + √KL(start) + d S √κ + √ε``, by Pinsker's inequality."""

    name: ClassVar[str] = "all_parts_in_tv"


@dataclass(frozen=True)
class MoreOfTheError(SharedByTokens):
    """``ε log S``, of which ``ε`` is enough."""

    name: ClassVar[str] = "more_of_the_error"

    def share(self, problem):
        return math.log(problem.space.vocabulary)


@dataclass(frozen=True)
class StartBySymmetrisedGap(StartByModulus):
    """``ρ`` of the noise and its time reversal together, by which ``χ²`` falls."""

    name: ClassVar[str] = "start_by_symmetrised_gap"

    def forgets(self, rates, law):
        root = np.sqrt(law)
        alike = root[:, None] * rates / root
        return -np.linalg.eigvalsh((alike + alike.T) / 2)[-2]


@dataclass(frozen=True)
class ByTheDual(ByTheLesser):
    """``h DTC``."""

    name: ClassVar[str] = "by_the_dual"

    def of(self, total, dual):
        return dual


CASES = [
    Case(thing(), 0)
    for thing in (
        StoppingOfUniform,
        StoppingByLargestExit,
        StartByRarest,
        AllPartsInTV,
        MoreOfTheError,
        StartBySymmetrisedGap,
        ByTheDual,
    )
]
