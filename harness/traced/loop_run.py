"""A loop that draws, run to one of its model calls or to its end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from harness.foundation.counted import counted
from harness.foundation.raised import calling
from harness.process.space import Sequences
from harness.traced.backends import Backend
from harness.traced.errors import OF_THE_TRACER, Coupled, Untraceable
from harness.traced.models import Model
from harness.traced.outcomes import Outcomes

CALLS, CALLS_A_STEP = 48, 16  # of the model, that a loop may make


class _Boundary(BaseException):
    """Ends a run at a model call; no ``Exception``, so that the code does not catch it."""


@dataclass
class LoopRun:
    """``code`` that runs ``steps`` with the model ``asked``, ``one_row`` or many at a time.

    ``before [rows, k]``: what rows were handed at the last call but one of ``to_call``, None where
    there was none.
    """

    name: str
    code: Callable[..., Any]
    one_row: bool
    steps: int
    space: Sequences
    asked: Model
    library: Backend
    follow_counts: bool = True
    before: np.ndarray | None = field(default=None, init=False)

    @property
    def most_calls(self) -> int:
        """Of the model, in a run: more are no loop of so many steps."""
        return CALLS + CALLS_A_STEP * self.steps

    def given(self, outcomes: Outcomes, rows: int) -> np.ndarray:
        """``[rows, d]`` symbols that the code gives, its draws answered by ``outcomes``."""
        found = self.library.run(outcomes, partial(self._code, rows))
        return self.asked.vocabulary.symbols_or_none(found)

    def draws(self, rows: int, seed: int, one_row: bool = False) -> np.ndarray:
        """``[rows, d]`` symbols that the code gives by itself, -1 where it gives no token.

        In one batch, or, if ``one_row``, in as many batches of one row.
        """
        self.asked.on_call = None
        alone = one_row or self.one_row

        def code(**sources: Any) -> list[Any]:
            sizes = [1] * rows if alone else [rows]
            return [self._code(size, **sources) for size in sizes]

        given = self.library.draw(seed, code)
        return self.asked.vocabulary.symbols_or_none(given)

    def _code(self, rows: int, **sources: Any) -> Any:
        handed = {name: hand() for name, hand in sources.items()}
        given = {"model": self.asked, "steps": self.steps}
        given |= {} if self.one_row else {"rows": rows}
        with calling(self.code, given | handed, OF_THE_TRACER):
            return self.code(*given.values(), **handed)

    def to_call(self, outcomes: Outcomes, rows: int, stop: int | None) -> np.ndarray:
        """``[rows, 1 + k]``: what the model is handed after ``stop`` calls; 1 and tokens at an end.

        First 0 and then the symbols, the time last, -1 if there is none.
        """
        asked, handed = self.asked, []

        def on_call(y: np.ndarray, u: np.ndarray | None) -> None:
            if asked.calls > self.most_calls:
                raise Untraceable(
                    f"the loop, told steps={self.steps}, has called its model {self.most_calls} "
                    "times and goes on: one that ends when all rows of its batch are done need not "
                    "end here, where every outcome is a row. Let it end after a number of steps"
                )
            if asked.calls == stop:
                self.before = _by_row(y, u, rows)
            if stop is not None and asked.calls > stop:
                handed.append(_by_row(y, u, rows))
                raise _Boundary

        asked.calls, asked.on_call, self.before = 0, on_call, None
        try:
            given = self.library.run(outcomes, partial(self._code, rows), self.follow_counts)
        except _Boundary:
            return np.concatenate([np.zeros((rows, 1)), handed[0]], 1)
        if given.shape == (self.steps, self.space.length) and self.steps != rows:
            raise ValueError(
                f"the loop gave [{self.steps}, {self.space.length}] tokens, a row for each of its "
                f"{counted(self.steps, 'step')}, instead of {rows} rows: it is called as "
                "code(model, steps, rows). Wrap code that takes them in another order"
            )
        if given.shape != (rows, self.space.length):
            alone = ", one sample in an array [1, d]" if self.one_row else ""
            raise ValueError(
                f"the loop must give tokens [{rows}, {self.space.length}]{alone}, got "
                f"{list(given.shape)}"
            )
        y = asked.vocabulary.symbols_or_none(given)
        calls = np.full((rows, 1), asked.calls)
        return np.concatenate([np.ones((rows, 1)), y, calls], 1)


def _by_row(y: np.ndarray, u: np.ndarray | None, rows: int) -> np.ndarray:
    """What each row is asked about, of a call with several copies of the batch too."""
    if len(y) % rows:
        raise Coupled(f"the model is asked of {len(y)} sequences in a batch of {rows} rows")
    copies = len(y) // rows
    tokens = y.reshape(copies, rows, -1).swapaxes(0, 1).reshape(rows, -1)
    time = np.full(rows, -1.0) if u is None else np.broadcast_to(u, len(y))[:rows]
    return np.concatenate([tokens, time[:, None]], 1)
