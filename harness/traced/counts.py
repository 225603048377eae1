"""Random counts that are followed: sums and functions of Poisson draws, merged until they are used.

A step that adds up Poisson numbers of jumps has more outcomes than can be run, and few results.  So
an element keeps its law on the values that it can have; a function of it merges what it maps to one
value, a sum convolves.  Where the value is needed it is drawn, once.
"""

from dataclasses import dataclass, field

import numpy as np

from harness.traced.errors import SharedDraws
from harness.traced.outcomes import Outcomes


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
    """``n`` elements: ``law [n, V]`` on ``support [V]``, made of the draws ``made_of [n, B]``.

    ``rows [n]`` of the batch; ``value [n]`` what is known, nan before.
    """

    support: np.ndarray
    law: np.ndarray
    made_of: np.ndarray
    rows: np.ndarray
    value: np.ndarray

    @classmethod
    def of(
        cls, values: np.ndarray, law: np.ndarray, made_of: np.ndarray, rows: np.ndarray
    ) -> "Counts":
        """From ``values [n, K]`` that differ from element to element, some of them alike."""
        alike = len(values) > 0 and bool((values == values[:1]).all())
        support, place = np.unique(values[:1] if alike else values, return_inverse=True)
        place = np.broadcast_to(place.reshape(-1, values.shape[1]), values.shape)
        merged = np.zeros((len(values), len(support)))
        every = np.arange(len(values))
        for k in range(values.shape[1]):
            merged[every, place[:, k]] += law[:, k]
        return cls._possible(support, merged, made_of, rows)

    @classmethod
    def _possible(
        cls, support: np.ndarray, law: np.ndarray, made_of: np.ndarray, rows: np.ndarray
    ) -> "Counts":
        """Without the values that no element can have."""
        kept = (law > 0).any(0)
        return cls(support[kept], law[:, kept], made_of, rows, np.full(len(law), np.nan))

    def __len__(self) -> int:
        return len(self.law)

    def take(self, index: np.ndarray) -> "Counts":
        """The elements at ``index``."""
        return Counts(
            self.support, self.law[index], self.made_of[index], self.rows[index], self.value[index]
        )

    def summed(self, groups: np.ndarray) -> "Counts":
        """``[G]`` the sums of the elements ``groups [G, T]``, each in one group only."""
        parts = [self.take(groups[:, k]) for k in range(groups.shape[1])]
        total = parts[0]
        for part in parts[1:]:
            values = total.support[:, None] + part.support
            support, place = np.unique(values, return_inverse=True)
            law = np.zeros((len(total), len(support)))
            for k, columns in enumerate(place.reshape(values.shape)):  # all different
                law[:, columns] += total.law[:, k : k + 1] * part.law
            made_of = np.concatenate([total.made_of, part.made_of], 1)
            total = Counts._possible(support, law, made_of, total.rows)
        return total

    def draw(self, index: np.ndarray, outcomes: Outcomes, spent: Spent) -> np.ndarray:
        """The values of the elements at ``index``, drawn where they are not known.

        Raises SharedDraws where something else that was made of the same draws is known.
        """
        new = np.unique(index[np.isnan(self.value[index])])
        if len(new):
            draws = self.made_of[new]
            if spent.used[draws].any() or len(np.unique(draws)) < draws.size:
                raise SharedDraws
            spent.used[draws] = True
            law = self.law[new] / self.law[new].sum(-1, keepdims=True)
            number = _numbered(self.support)  # the same whatever else is in the batch
            wide = np.zeros((len(new), number.max(initial=0) + 1))
            wide[:, number] = law
            value = np.zeros(wide.shape[1])
            value[number] = self.support
            self.value[new] = value[outcomes.site("count", wide, self.rows[new])]
        return self.value[index]


def _numbered(support: np.ndarray) -> np.ndarray:
    """Whole numbers as outcomes: 0, 1, 2, ... for 0, -1, 1, -2, ...

    Raises SharedDraws for others, which have no number of their own: the counts that they are made
    of are then drawn.
    """
    whole = np.rint(support).astype(int)
    if not np.array_equal(whole, support):
        raise SharedDraws
    return np.where(whole >= 0, 2 * whole, -2 * whole - 1)
