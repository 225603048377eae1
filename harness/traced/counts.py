"""Random counts that are followed: sums and functions of Poisson draws, merged until they are used.

A step that adds up Poisson numbers of jumps has more outcomes than can be run, and few results.  So
an element keeps its law on the values that it can have; a function of it merges what it maps to one
value, a sum convolves.  Where the value is needed it is drawn, once.
"""

from dataclasses import dataclass, field

import numpy as np

from harness.numerics.unique_rows import unique_rows
from harness.traced.errors import SharedDraws
from harness.traced.outcomes import Outcomes


def all_differ(numbers: np.ndarray) -> bool:
    """Whether no two of these whole ``numbers``, at least 0 and not far apart, are the same."""
    if not numbers.size:
        return True
    return np.bincount((numbers - numbers.min()).reshape(-1)).max() < 2


@dataclass
class Spent:
    """Which draws behind counts have been used up by a value that was made of them."""

    used: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def fresh(self, count: int) -> np.ndarray:
        """``[count]`` numbers of new draws."""
        first = len(self.used)
        self.used = np.append(self.used, np.zeros(count, bool))
        return np.arange(first, first + count)


@dataclass
class Counts:
    """``n`` elements of ``kind [n]``, each with the law ``law[kind]`` of ``[m, V]`` on ``support``.

    They are made of the draws ``made_of [n, B]`` and belong to ``rows [n]`` of the batch; ``value
    [n]`` is what is known, nan before.
    """

    support: np.ndarray
    law: np.ndarray
    kind: np.ndarray
    made_of: np.ndarray
    rows: np.ndarray

    def __post_init__(self) -> None:
        self.value = np.full(len(self.kind), np.nan)

    @classmethod
    def drawn(
        cls, law: np.ndarray, kind: np.ndarray, made_of: np.ndarray, rows: np.ndarray
    ) -> "Counts":
        """Counts from 0 on with laws ``law[kind]``, of ``law [m, K]`` and ``kind [n]``."""
        return cls(np.arange(law.shape[1]), law, kind, made_of, rows)

    def __len__(self) -> int:
        return len(self.kind)

    def of_kinds(
        self, index: np.ndarray, kind: np.ndarray, old: np.ndarray, values: np.ndarray
    ) -> "Counts":
        """A function of the elements at ``index [n]``, of new ``kind [n]``.

        New kind ``k`` has the values ``values[k] [V]`` where the old kind ``old[k]`` has the
        support.
        """
        support, place = np.unique(values, return_inverse=True)
        place = place.reshape(values.shape)
        law, every = np.zeros((len(old), len(support))), np.arange(len(old))
        for k in range(values.shape[1]):
            law[every, place[:, k]] += self.law[old, k]
        return Counts(support, law, kind, self.made_of[index], self.rows[index])

    def summed(self, groups: np.ndarray) -> "Counts":
        """``[G]`` the sums of the elements ``groups [G, T]``, each in one group only."""
        first, kind = unique_rows(self.kind[groups])
        kinds = self.kind[groups[first]]
        support, law = self.support, self.law[kinds[:, 0]]
        for column in kinds[:, 1:].T:
            values = support[:, None] + self.support
            added, place = np.unique(values, return_inverse=True)
            total, other = np.zeros((len(law), len(added))), self.law[column]
            for k, columns in enumerate(place.reshape(values.shape)):  # all different
                total[:, columns] += law[:, k : k + 1] * other
            kept = (total > 0).any(0)
            support, law = added[kept], total[:, kept]
        made_of = self.made_of[groups].reshape(len(groups), -1)
        return Counts(support, law, kind, made_of, self.rows[groups[:, 0]])

    def draw(self, index: np.ndarray, outcomes: Outcomes, spent: Spent) -> np.ndarray:
        """The values of the elements at ``index``, drawn where they are not known.

        Raises SharedDraws where something else that was made of the same draws is known.
        """
        asked = np.zeros(len(self), bool)
        asked[index] = True
        new = np.flatnonzero(asked & np.isnan(self.value))
        if len(new):
            draws = self.made_of[new]
            if spent.used[draws].any() or not all_differ(draws):
                raise SharedDraws
            spent.used[draws] = True
            # An outcome is the number of a value among those that the element itself can have, the
            # same whatever else is in the batch.
            order = np.argsort(self.law <= 0, axis=-1, kind="stable")
            law = np.take_along_axis(self.law, order, -1)
            law = law[:, (law > 0).any(0)] / law.sum(-1, keepdims=True)
            kind = self.kind[new]
            got = outcomes.site("count", lambda: law[kind], self.rows[new])
            self.value[new] = self.support[order[kind, got]]
        return self.value[index]
