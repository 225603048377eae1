"""Rows that go along in every batch of a loop, so that batches of other worlds are alike.

Code may ask its model only when some row has moved, and keep the answer else: then the other rows
of a batch decide when the model is called.  Some whole runs, drawn by chance once, are in every
batch: as long as one of them moves in every step, calls are where they always are.  At each call
they are seen to be where they were: else what a row does depends on the others.
"""

import numpy as np

from harness.traced.by_chance import ByChance
from harness.traced.errors import Coupled
from harness.traced.loop_run import LoopRun
from harness.traced.outcomes import Forced

ROWS = 101


class _Told(ByChance):
    """Keeps what it said, to say it again."""

    def __init__(self, rows: int, names: list[str], seed: int, at_once: bool) -> None:
        super().__init__(rows, seed, names, at_once)
        self._said: list[tuple[int, np.ndarray, np.ndarray]] = []

    def answered(self, kind: str, p: np.ndarray, got: np.ndarray, rows: np.ndarray) -> None:
        self._weigh(kind, p, got, rows)
        self._said.append((self._number(kind), rows, got))

    def said(self) -> Forced:
        """To be told once more."""
        each = [(rows, got, np.full(len(rows), number)) for number, rows, got in self._said]
        if not each:
            return Forced.nothing(self.rows)
        rows, got, kinds = (np.concatenate(parts) for parts in zip(*each, strict=True))
        order = np.argsort(rows, kind="stable")
        length = np.bincount(rows, minlength=self.rows)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
        told, asked = (np.zeros((self.rows, length.max()), kind) for kind in (np.int32, np.int16))
        told[rows[order], place] = got[order]
        asked[rows[order], place] = kinds[order]
        return Forced(told, asked, length)


class Company:
    """Whole runs of a loop ``run``, in one batch; ``names`` are those of the kinds of draws.

    ``forced`` is what each is told, ``given [rows, 1 + k]`` what ``LoopRun.to_call`` gives then,
    ``weight [rows]`` how probable it was.
    """

    def __init__(
        self, run: LoopRun, names: list[str], seed: int = 0, at_once: bool = False
    ) -> None:
        outcomes = _Told(ROWS, names, seed, at_once)
        self.given = run.to_call(outcomes, ROWS, None)
        self.forced, self.weight = outcomes.said(), outcomes.weight
        self._at: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.forced.length)

    def check(self, call: int, handed: np.ndarray) -> None:
        """That ``handed [rows, k]`` at a ``call`` is what it was in other batches.

        Raises Coupled where it is not.
        """
        before = self._at.setdefault(call, handed)
        if not np.array_equal(before, handed):
            raise Coupled(
                "with the same outcomes a row is elsewhere when the model is called, by what other "
                "rows of the batch do"
            )
