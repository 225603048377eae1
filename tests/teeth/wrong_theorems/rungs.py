"""Kind 7: a constant that is too small, of what relates the rungs."""

from dataclasses import dataclass
from typing import ClassVar

from bounds import (
    Chain,
    EarlyStopping,
    EarlyStoppingOutput,
    FirstHitting,
    LiCai2025,
)

from ..case import Case
from .constants import OfTerms


@dataclass(frozen=True)
class ChainHalved(OfTerms, Chain):
    """Kind 7: the output KL is below half of the chain's: a single step has all of it."""

    name: ClassVar[str] = "chain_halved"
    factors: ClassVar[dict[str, float]] = {"chain": 0.5, "path": 0.5}


@dataclass(frozen=True)
class StoppingHalved(OfTerms, EarlyStopping):
    """Kind 7: half of an equality under absorbing noise."""

    name: ClassVar[str] = "stopping_halved"
    factors: ClassVar[dict[str, float]] = {"stopping": 0.5}


@dataclass(frozen=True)
class StoppingALittleLess(OfTerms, EarlyStopping):
    """Kind 7: 0.98 of it."""

    name: ClassVar[str] = "stopping_a_little_less"
    factors: ClassVar[dict[str, float]] = {"stopping": 0.98}


@dataclass(frozen=True)
class StoppingForgotten(OfTerms, EarlyStoppingOutput):
    """Kind 7: the output is that of the stopped process: what stopping costs is not counted."""

    name: ClassVar[str] = "stopping_forgotten"
    factors: ClassVar[dict[str, float]] = {"stopping": 0.0}


@dataclass(frozen=True)
class HalfOfPinsker(OfTerms, EarlyStoppingOutput):
    """Kind 7: ``sqrt(KL/8)`` in the place of ``sqrt(KL/2)``."""

    name: ClassVar[str] = "half_of_pinsker"
    factors: ClassVar[dict[str, float]] = {"sampling": 0.5}


@dataclass(frozen=True)
class TrainingALittleLess(OfTerms, FirstHitting):
    """Kind 7: 0.95 of the score's error, an equality on paths."""

    name: ClassVar[str] = "training_a_little_less"
    factors: ClassVar[dict[str, float]] = {"score": 0.95}


@dataclass(frozen=True)
class SubsetsHalved(OfTerms, LiCai2025):
    """Kind 7: half of the dependence: two tokens revealed at once have all of it."""

    name: ClassVar[str] = "subsets_halved"
    factors: ClassVar[dict[str, float]] = {"dependence": 0.5}


@dataclass(frozen=True)
class TrainingForgotten(OfTerms, LiCai2025):
    """Kind 7: the score's error is not counted."""

    name: ClassVar[str] = "training_forgotten"
    factors: ClassVar[dict[str, float]] = {"training": 0.0}


CASES = [
    Case(thing(), 7)
    for thing in (
        ChainHalved,
        StoppingHalved,
        StoppingALittleLess,
        StoppingForgotten,
        HalfOfPinsker,
        TrainingALittleLess,
        SubsetsHalved,
        TrainingForgotten,
    )
]
