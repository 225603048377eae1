"""The code's own draws against the law that was traced of it: what tracing may have got wrong."""

from typing import Any

import numpy as np

from harness.numerics.statistics import DrawsTest, counts_test
from harness.traced.loop_law import LoopLaw
from harness.traced.loop_run import LoopRun
from harness.traced.step import SeenStep, StepRun


def loop_draws_test(
    run: LoopRun, found: LoopLaw, draws: int, seed: int, false_alarm: float
) -> DrawsTest:
    """``draws`` of the untraced loop against the law ``found`` of it.

    Where rows of a batch are coupled and the law is that of one row, each is drawn in a batch
    of its own.  ``false_alarm`` is the
    probability that a right law fails.
    """
    own = run.draws(draws, seed, one_row=bool(found.coupled) and not found.among)
    return _tested(own, found.law.reshape(-1), run.space, false_alarm)


def step_draws_test(
    run: StepRun, found: SeenStep, draws: int, seed: int, false_alarm: float
) -> DrawsTest:
    """As ``loop_draws_test``: ``draws`` of a step, as many from each of its states."""
    states = len(run.x)
    own = run.draws(max(1, draws // states), seed, one_row=bool(found.coupled))
    law = found.law / states
    tokens = [_counts(each, run.space) for each in own]
    counts = np.stack([each for each, _ in tokens])
    return counts_test(counts, law, false_alarm, lost=sum(lost for _, lost in tokens))


def _tested(own: np.ndarray, law: np.ndarray, space: Any, false_alarm: float) -> DrawsTest:
    counts, lost = _counts(own, space)
    return counts_test(counts, law, false_alarm, lost=lost)


def _counts(own: np.ndarray, space: Any) -> tuple[np.ndarray, int]:
    kept = (own >= 0).all(-1)
    index = (own[kept] * np.asarray(space.strides)).sum(-1)
    return np.bincount(index, minlength=space.size), int((~kept).sum())
