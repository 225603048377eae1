"""Draws that are all answered by chance, and kept by whoever asks for the run."""

from abc import ABC, abstractmethod

import numpy as np

from harness.traced.outcomes import Forced, Outcomes, Probabilities


class ByChance(Outcomes, ABC):
    """Answers every draw of ``rows`` rows by chance, by numpy's ``seed``; ``answered`` is told."""

    def __init__(
        self, rows: int, seed: int, names: list[str] | None = None, at_once: bool = True
    ) -> None:
        super().__init__(Forced.nothing(rows), [] if names is None else names, at_once=at_once)
        self._chance = np.random.default_rng(seed)

    def site(self, kind: str, probabilities: Probabilities, rows: np.ndarray) -> np.ndarray:
        rows = np.asarray(rows)
        if not len(rows):
            return np.zeros(0, int)
        p = self._checked(kind, probabilities, len(rows))
        got = self._by_chance(kind, p)
        self.answered(kind, p, got, rows)
        return got

    @abstractmethod
    def answered(self, kind: str, p: np.ndarray, got: np.ndarray, rows: np.ndarray) -> None:
        """That draws of a ``kind`` with probabilities ``p [E, K]`` came out as ``got [E]``."""
