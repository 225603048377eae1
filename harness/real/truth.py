"""The law that code is to draw from: that of the data, or of the data at some noise time."""

from typing import Any

import numpy as np

from harness.foundation.precision import float64
from harness.foundation.validation import real
from harness.process.score import Score


def data_law(target: Any) -> np.ndarray:
    """``[C] * d`` the law of ``target``.  Raises ValueError for one that cannot be listed."""
    return np.exp(np.asarray(target.log_law(), float))


def noised(data: np.ndarray, score: Score, stop: float) -> np.ndarray:
    """``[C] * d`` the law ``data`` at noise time ``stop``, by its ``score``, of clean tokens.

    Raises ValueError under noise that masks, but for ``stop`` 0.
    """
    stop = real("stop", stop, minimum=0.0)
    if stop == 0:
        return data
    if score.space.masked:
        raise ValueError(f"stop must be 0 under {score.noise}: masks are no data, got {stop:g}")
    with float64():
        return np.asarray(score.marginal(stop)).reshape(data.shape)
