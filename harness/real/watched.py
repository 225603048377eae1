"""One run of a loop on many rows, with all that it drew and what its model had answered before.

The exact law says what comes out; this says what the code does on the way.  Nothing is estimated
from it: every draw is there with the probabilities that it was made with.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.process.noise import Noise
from harness.traced.by_chance import ByChance
from harness.traced.explorer import batch_size
from harness.traced.loop import LoopRun, TracedLoop
from harness.traced.models import ASKS

ROWS = 100


@dataclass(frozen=True)
class Drawn:
    """Draws of one kind, made at once: ``p [E, K]``, each of a row, ``rows [E]``."""

    kind: str
    p: np.ndarray
    rows: np.ndarray


@dataclass
class Call:
    """What the model was handed, ``tokens [n, d]`` at noise times ``times [n]`` if it was told any.

    ``answer [n, d, C]`` is the law of clean tokens that it answered (None of a score), ``drawn``
    all that was drawn before the next call.
    """

    tokens: np.ndarray
    times: np.ndarray | None
    answer: np.ndarray | None
    drawn: list[Drawn] = field(default_factory=list)


@dataclass(frozen=True)
class Watched:
    """The ``calls`` of one run of so many ``steps``, and the tokens ``given [n, d]`` at its end.

    -1 stands for what is no token; ``first`` is what was drawn before the first call;
    ``precisions`` are the dtypes in which continuous noise was drawn, ``computed_in`` those of all
    real numbers that the code made.
    """

    steps: int
    calls: list[Call]
    given: np.ndarray
    first: list[Drawn]
    precisions: frozenset[str] = frozenset()
    computed_in: frozenset[str] = frozenset()

    @property
    def times(self) -> list[float] | None:
        """The noise time of every call; None where there is none, or rows have their own."""
        told = [call.times for call in self.calls]
        if not told or any(times is None or (times != times[0]).any() for times in told):
            return None
        return [float(times[0]) for times in told if times is not None]


class _Recorder(ByChance):
    """Keeps the draws."""

    def __init__(self, rows: int, seed: int) -> None:
        super().__init__(rows, seed)
        self.drawn: list[Drawn] = []

    def answered(self, kind: str, p: np.ndarray, got: np.ndarray, rows: np.ndarray) -> None:
        self.drawn.append(Drawn(kind, p, rows))


def watch(
    loop: TracedLoop, score: Any, noise: Noise, steps: int, rows: int = ROWS, seed: int = 0
) -> Watched:
    """One run of ``steps`` on so many rows or some more; on one of code that takes no more."""
    run = loop.run(score, noise, steps)
    count = 1 if loop.one_row else batch_size(rows)
    recorder, calls = _Recorder(count, seed), []
    first: list[Drawn] = []
    asked = run.asked

    def on_call(y: np.ndarray, u: np.ndarray | None) -> None:
        (calls[-1].drawn if calls else first).extend(recorder.drawn)
        recorder.drawn = []
        calls.append(Call(y, None if u is None else np.broadcast_to(u, len(y)), None))

    asked.on_call = on_call
    given = run.given(recorder, count)
    (calls[-1].drawn if calls else first).extend(recorder.drawn)
    made = recorder.computed_in | {asked.dtype}
    for call in calls:
        call.answer = _law(run, call)
    return Watched(steps, calls, given, first, *map(frozenset, (recorder.precisions, made)))


def _law(run: LoopRun, call: Call) -> np.ndarray | None:
    """``[n, d, C]`` the law that the model answered with, in whatever form."""
    what, _ = ASKS[run.asked.asks]
    if what == "ratios":
        return None
    return run.asked.law(call.tokens, call.times)
