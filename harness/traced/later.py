"""Draws of whole numbers that are put off until something looks at them.

Code often draws for every token and keeps what it drew for few: ``where(due, drawn, x)``.  What
nobody looks at has no outcomes; what is compared with a number has two.  So an element has its law
and what is still *possible* of it: it is drawn where its value is needed, given what comparisons
have told before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.traced.outcomes import Outcomes

Law = Callable[[np.ndarray], np.ndarray]

COMPARISONS: dict[str, Callable[..., np.ndarray]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


@dataclass
class _Block:
    """Draws of one operator: ``law(elements) -> [n, K]``, of numbers from ``low`` on.

    ``possible [E, K]``: what the values may still be.
    """

    kind: str
    law: Law
    rows: np.ndarray
    low: int
    possible: np.ndarray

    def given(self, elements: np.ndarray) -> np.ndarray:
        """``[n, K]`` the laws of some elements, given what is possible."""
        possible = self.possible[elements]
        law = self.law(elements)
        if possible.all():
            return law
        left = np.where(possible, law, 0.0)
        return left / left.sum(-1, keepdims=True)


@dataclass
class _Answers:
    """Comparisons that are put off: whether ``ids [E]`` are ``name`` beside ``limit [E]``."""

    ids: np.ndarray
    name: str
    limit: np.ndarray


class Later:
    """The draws of one run that are put off, numbered from 0 on; ``outcomes`` answers them."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        self._blocks: list[_Block | _Answers] = []
        self._first: list[int] = []  # number of the first element of each block
        self._used = 0

    def put_off(self, kind: str, law: Law, width: int, rows: np.ndarray, low: int = 0) -> range:
        """The numbers of new draws, each of a row of ``rows [E]``, one of ``width`` from ``low``.

        ``law(elements)`` are the probabilities ``[n, width]`` of some of them; ``kind`` is a name.
        """
        block = _Block(kind, law, rows, low, np.ones((len(rows), width), bool))
        return self._add(block, len(rows))

    def put_off_comparison(self, ids: np.ndarray, name: str, limit: np.ndarray) -> range:
        """The numbers of what ``compared`` says, 1 or 0, once somebody looks at it."""
        return self._add(_Answers(ids, name, limit), len(ids))

    def _add(self, block: _Block | _Answers, count: int) -> range:
        self._blocks.append(block)
        self._first.append(self._used)
        self._used += count
        return range(self._first[-1], self._used)

    def values(self, ids: np.ndarray) -> np.ndarray:
        """``[n]`` the values of the elements ``ids [n]``, drawn where they are not known."""
        found = np.empty(len(ids), int)
        for block, where, elements in self._by_block(ids):
            one = different(elements)
            if isinstance(block, _Answers):
                told = self.compared(block.ids[one], block.name, block.limit[one])
                found[where] = told if one is elements else told[np.searchsorted(one, elements)]
                continue
            new = one[block.possible[one].sum(-1) > 1]
            if len(new):
                got = self.outcomes.site(
                    block.kind, lambda b=block, e=new: b.given(e), block.rows[new]
                )
                block.possible[new] = np.arange(block.possible.shape[1]) == got[:, None]
            found[where] = block.low + block.possible[elements].argmax(-1)
        return found

    def compared(self, ids: np.ndarray, name: str, limit: np.ndarray) -> np.ndarray:
        """``[n]`` whether elements ``ids [n]`` are ``name``, as ``le``, beside ``limit [n]``."""
        if len(different(ids)) < len(ids):  # several questions of one draw: its value answers all
            return COMPARISONS[name](self.values(ids), limit)
        found = np.empty(len(ids), bool)
        for block, where, elements in self._by_block(ids):
            if isinstance(block, _Answers):
                found[where] = COMPARISONS[name](self.values(ids[where]), limit[where])
                continue
            order = np.argsort(elements)
            where, elements = where[order], elements[order]
            numbers = block.low + np.arange(block.possible.shape[1])
            true = COMPARISONS[name](numbers, limit[where][:, None])
            possible = block.possible[elements]
            told: np.ndarray = np.any(true & possible, axis=-1)
            ask = np.flatnonzero(told & np.any(~true & possible, axis=-1))
            if len(ask):
                told[ask] = self._asked(block, elements[ask], true[ask])
            found[where] = told
        return found

    def _asked(self, block: _Block, elements: np.ndarray, true: np.ndarray) -> np.ndarray:
        def two() -> np.ndarray:
            law = block.given(elements)
            return np.stack(
                [np.where(true, 0.0, law).sum(-1), np.where(true, law, 0.0).sum(-1)], -1
            )

        kind = f"{block.kind} compared"
        got = self.outcomes.site(kind, two, block.rows[elements]).astype(bool)
        block.possible[elements] &= np.where(got[:, None], true, ~true)
        return got

    def _by_block(self, ids: np.ndarray) -> list[tuple[_Block | _Answers, np.ndarray, np.ndarray]]:
        """Each block that has some of ``ids``, where they stand, and their numbers in it."""
        if len(self._blocks) == 1 or not len(ids):
            return [(block, np.arange(len(ids)), ids) for block in self._blocks[:1] if len(ids)]
        which = np.searchsorted(self._first, ids, side="right") - 1
        found: list[tuple[_Block | _Answers, np.ndarray, np.ndarray]] = []
        low, high = which.min(), which.max()
        if low == high:
            return [(self._blocks[low], np.arange(len(ids)), ids - self._first[low])]
        for k in np.unique(which):
            where = np.flatnonzero(which == k)
            found.append((self._blocks[k], where, ids[where] - self._first[k]))
        return found


def different(ids: np.ndarray) -> np.ndarray:
    """Each of ``ids`` once, in order."""
    return ids if (ids[1:] > ids[:-1]).all() else np.unique(ids)
