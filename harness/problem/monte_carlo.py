"""Estimates by draws: how many, from which seed, and how sure they are to be."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from harness.foundation.validation import integer, real

BATCHES = 32  # into which draws are cut where a comparison needs an interval of its own


@dataclass(frozen=True)
class MonteCarlo:
    """The engine for sequences too long to enumerate: the chain KL by draws, with an interval.

    ``draws`` independent paths of the forward process, reproducible from ``seed``; intervals hold
    with probability ``confidence``, two-sided.  Never chosen by itself.
    """

    draws: int = 4096
    seed: int = 0
    confidence: float = 0.99

    def __post_init__(self) -> None:
        integer("draws", self.draws, 2 * BATCHES)
        integer("seed", self.seed, 0)
        confidence = real("confidence", self.confidence, above=0)
        if confidence >= 1:
            raise ValueError(f"confidence must be below 1, got {confidence:g}")
        object.__setattr__(self, "confidence", confidence)


@dataclass(frozen=True)
class Estimate:
    """The mean of independent draws: unbiased, with Student's interval ``[low, high]``.

    The interval is exact for normal draws and right in the limit of many.  An infinite draw makes
    all of it infinite.  Units are those of the draws.
    """

    value: float
    low: float
    high: float
    standard_error: float
    draws: int
    confidence: float

    @classmethod
    def of(cls, sample: np.ndarray, confidence: float) -> "Estimate":
        """From independent draws ``[n]``, two at least."""
        value, count = float(np.mean(sample)), len(sample)
        if np.isinf(value):
            return cls(value, value, value, np.nan, count, confidence)
        error = float(np.std(sample, ddof=1)) / count**0.5
        reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * error
        return cls(value, value - reach, value + reach, error, count, confidence)

    @property
    def half_width(self) -> float:
        """How far either end is from the value."""
        return 0.0 if np.isinf(self.value) else self.high - self.value

    def __str__(self) -> str:
        reach = f"{self.value:.6g} ± {self.half_width:.2g}"
        return f"{reach} ({self.confidence:.4g} confidence, {self.draws:,} draws)"
