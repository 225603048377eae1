"""What a score and its noise let a model answer: ratios, cavities and posteriors, as numpy arrays.

One door for every score.  Of the score of a law all states are asked at once and kept for some
times, since code comes back to the same times with batches of every size; of the exact one the
cavity is had from the law itself, with all its digits at any time, ``inf`` included.  Any other
score is asked in the states at hand, and its cavities are made of its ratios.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.foundation.precision import float64
from harness.process.noise import Noise
from harness.process.noise.absorbing import HALF, LATE
from harness.process.score import Score
from harness.process.space import Sequences
from harness.process.truth.on_sequences import halves
from harness.traced import conventions

KEPT = 2**24  # entries of tables that are kept, 128 MiB
EARLY = 1e-12  # before, that two dozen tokens are masked is no float64


class Answers(ABC):
    """Of symbols ``y [n, d]`` at noise time ``u``; laws under absorbing noise also at None."""

    def __init__(self, score: Any, noise: Noise) -> None:
        self.score, self.noise, self.masks = score, noise, conventions.masks(noise)

    @abstractmethod
    def ratios(self, u: float, y: np.ndarray) -> np.ndarray:
        """``[n, d, S]`` the score."""

    @abstractmethod
    def cavity(self, u: float | None, y: np.ndarray) -> np.ndarray:
        """``[n, d, C]``, below 0 where ratios are those of no law."""

    @abstractmethod
    def posterior(self, u: float | None, y: np.ndarray) -> np.ndarray:
        """``[n, d, C]``, below 0 where ratios are those of no law."""

    def telling(self, u: float | None) -> float:
        """``u``, or a time at which ratios tell laws that are the same at all times.

        Those of clean tokens under absorbing noise are; near 0 and ``inf`` the ratios underflow.
        """
        if not self.masks:
            assert u is not None, "only under absorbing noise no time is needed"
            return u
        return u if u is not None and EARLY < u < LATE else HALF


class OfAScore(Answers):
    """What any ``score(u, y)`` tells."""

    def ratios(self, u: float, y: np.ndarray) -> np.ndarray:
        with float64():
            return np.asarray(self.score(u, y), np.float64)

    def cavity(self, u: float | None, y: np.ndarray) -> np.ndarray:
        u = self.telling(u)
        return conventions.cavity_from_score(self.ratios(u, y), self.noise, u, y)

    def posterior(self, u: float | None, y: np.ndarray) -> np.ndarray:
        return conventions.posterior_from_cavity(self.cavity(u, y), self.noise, self.telling(u), y)


class OfALaw(Answers):
    """What the score of a law on ``score.space`` tells, from tables of all states."""

    def __init__(self, score: Score, noise: Noise) -> None:
        super().__init__(score, noise)
        self.space: Sequences = score.space
        self.clean = conventions.clean_tokens(noise, self.space.tokens)
        self._tables: dict[tuple[str, float], np.ndarray] = {}
        with float64():
            self._states: Any = np.asarray(self.space.states())

    def ratios(self, u: float, y: np.ndarray) -> np.ndarray:
        return self._rows(y, "ratios", u, self._all_ratios)

    def cavity(self, u: float | None, y: np.ndarray) -> np.ndarray:
        exact = self.score.log_error is None
        if exact and self.masks:
            u = None  # one table for all times
        make = self._all_cavities if exact else self._cavities_of_ratios
        return self._rows(y, "cavities", self.telling(u), make)

    def posterior(self, u: float | None, y: np.ndarray) -> np.ndarray:
        return self._rows(y, "posteriors", self.telling(u), self._all_posteriors)

    def _all_ratios(self, u: float) -> np.ndarray:
        conventions.kernel_of(self.noise, u, self.space.tokens)  # or it says why there is none
        with float64():
            return np.asarray(self.score(u, self._states))

    def _cavities_of_ratios(self, u: float) -> np.ndarray:
        ratios = self.ratios(u, self._states)
        return conventions.cavity_from_score(ratios, self.noise, u, self._states)

    def _all_cavities(self, u: float) -> np.ndarray:
        """``[S^d, d, C]`` from the joint laws of a clean token and the other noised ones."""
        space = self.space
        kernel: Any = conventions.kernel_of(self.noise, u, space.tokens)
        with float64():
            joint = np.asarray(halves(space, self.score.data_law, kernel))
            there = np.asarray(space.neighbours(self._states))[..., : self.clean]
        weights = joint[np.arange(space.length)[:, None], there]
        total = weights.sum(-1, keepdims=True)
        return np.where(total > 0, weights / np.where(total > 0, total, 1.0), 1 / self.clean)

    def _all_posteriors(self, u: float) -> np.ndarray:
        cavities = self.cavity(u, self._states)
        return conventions.posterior_from_cavity(cavities, self.noise, u, self._states)

    def _rows(
        self, y: np.ndarray, name: str, u: float, make: Callable[[float], np.ndarray]
    ) -> np.ndarray:
        """Those of ``y`` in the table ``name`` at ``u``, made by ``make`` where it is not kept."""
        key = name, u
        if key not in self._tables:
            table = make(u)
            while self._tables and (len(self._tables) + 1) * table.size > KEPT:
                del self._tables[next(iter(self._tables))]  # the oldest
            self._tables[key] = table
        return self._tables[key][(y * self.space.strides).sum(-1)]


def answers(score: Any, noise: Noise) -> Answers:
    """What ``score`` under ``noise`` lets a model answer."""
    return OfALaw(score, noise) if isinstance(score, Score) else OfAScore(score, noise)


def exact_score(law: Any, noise: Noise) -> Score:
    """The score of a data ``law``, an array ``[C] * d``, under ``noise``.  Raises ValueError."""
    law = np.asarray(law, np.float64)
    if law.ndim < 1 or len(set(law.shape)) != 1:
        raise ValueError(f"a law must have shape [C] * d, got {list(law.shape)}")
    if not (np.isfinite(law).all() and law.min() >= 0 and abs(law.sum() - 1) < 1e-9):
        raise ValueError(
            f"a law must be at least 0 and sum to 1, got minimum {law.min():g}, sum {law.sum():g}"
        )
    space = noise.alphabet(Sequences(law.shape[0], law.ndim))
    noise.check(space.tokens)
    whole = np.pad(law, (0, space.tokens - law.shape[0]))  # no data is masked
    return Score(space, noise, whole.reshape(-1))
