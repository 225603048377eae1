"""A score that is asked about each state once, however often code is run again."""

from typing import Any

import numpy as np

from harness.foundation.precision import float64


class AskedOnce:
    """``score(u, y)`` as numpy; of ``score`` only what it has not been asked yet is asked."""

    def __init__(self, score: Any) -> None:
        self.score = score
        self._known: dict[float, dict[tuple[int, ...], np.ndarray]] = {}

    def __call__(self, u: Any, y: Any) -> np.ndarray:
        known, rows = (
            self._known.setdefault(float(u), {}),
            [tuple(row) for row in np.asarray(y).tolist()],
        )
        new = [row for row in dict.fromkeys(rows) if row not in known]
        if new:
            with float64():
                found = np.asarray(self.score(u, np.array(new, np.int32)), np.float64)
            known.update(zip(new, found, strict=True))
        return np.stack([known[row] for row in rows])
