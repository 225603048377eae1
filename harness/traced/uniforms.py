"""The uniforms behind the noise of a run, what has been learnt of each, and how it is consumed.

A uniform is met first as noise and becomes an outcome where it is compared with a number, rounded
down, or compared with other noise.  What a comparison has told is kept, so that the next one is
conditioned on it; noise that was ordered can be asked for its order again and for nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.traced.errors import SharedRace, Untraceable
from harness.traced.known import Known
from harness.traced.later import Later
from harness.traced.noise import Noise
from harness.traced.orders import chosen_in_turn, lying, noise_order_law, where_numbers_are
from harness.traced.outcomes import Outcomes, padded
from harness.traced.races import winner_law

Rank = Callable[[np.ndarray], np.ndarray]
LEVELS = 4096  # values of noise that is rounded
ROUNDED = 2.0**-50  # a cumulative sum that ends so far below 1 is rounded: no draw is beyond it
PROBES = 0.3, 0.7  # where two noises are compared to see whether they are one
AGAIN = (
    "noise is used again after an argmax, a sort or a comparison with other noise has told how it "
    "lies: draw fresh noise, or keep what was told"
)

SHARED = (
    "positions share their draw: the same vector of noise stands in several argmaxes or sorts, of "
    "different logits. One uniform that is compared with thresholds is followed, for its outcomes "
    "are intervals; those of a shared vector are not. Draw noise for every position, of the shape "
    "of the logits (or split the key of JAX for each)"
)


@dataclass
class Uniforms(Known):
    """Made as a run goes on; ``outcomes`` answers where they are consumed, or ``later``."""

    outcomes: Outcomes
    later: Later | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self._groups = 0
        # What was ordered, its first group, and how to have ranks that were put off.
        self._order: list[tuple[int, Noise, Rank | None]] = []

    def fresh(self, rows: np.ndarray) -> Noise:
        """New uniforms, one for each of ``rows [n]``, the rows of the batch that they belong to."""
        return Noise.uniform(self.more(rows))

    def below(self, noise: Noise, limit: np.ndarray, at_most: bool) -> np.ndarray:
        """``[n]`` whether each element is below ``limit [n]``, or equal, if ``at_most``."""
        random, limit = noise.random, np.broadcast_to(np.asarray(limit, float), (len(noise),))
        value = noise.value
        found = value <= limit if at_most else value < limit
        live = np.flatnonzero(random & ~np.isnan(limit))
        found = np.where(random, False, found)
        if len(live):
            part = noise.take(live)
            q, rest, rising = part.pull_back(limit[live], at_most)
            if not part.stages:
                rest = np.where(rest <= ROUNDED, 0.0, rest)
            under, open_ = rest <= 0, (q > 0) & (rest > 0)  # beyond all that it can be: no draw
            self._unordered(part.ids[open_])
            under[open_] = self._under(part.ids[open_], q[open_], rest[open_])
            found[live] = under == rising
        return found

    def _under(self, ids: np.ndarray, q: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """``[n]`` whether ``u < q``, of uniforms any of which may be asked several times."""
        one, where, times = np.unique(ids, return_inverse=True, return_counts=True)
        once = times[where] == 1
        if once.any() and not once.all():  # each as it would be asked in a batch of its own
            found = np.empty(len(ids), bool)
            for part in (once, ~once):
                found[part] = self._under(ids[part], q[part], rest[part])
            return found
        self._settle(one)
        low, high = self.low[one], self.high[one]
        if len(one) == len(ids):  # by id, so that draws of a row stand in their order
            below, above = np.empty(len(one)), np.empty(len(one))
            below[where], above[where] = q, rest

            def two() -> np.ndarray:
                known, room = (low > 0) | (high < 1), high - low
                cut = np.clip(below, low, high)
                p = np.where(known, (cut - low) / room, below)
                return np.stack([p, np.where(known, (high - cut) / room, above)], -1)

            got = self.outcomes.site("uniform < p", two, self.row[one])
            cut = np.clip(below, low, high)
            self.low[one], self.high[one] = np.where(got, cut, low), np.where(got, high, cut)
            return (got == 0)[where]
        cuts = [np.unique(np.clip(q[where == g], low[g], high[g])) for g in range(len(one))]
        edges = [np.concatenate([[a], cut, [b]]) for a, cut, b in zip(low, cuts, high, strict=True)]
        laws = padded([np.diff(edge) / (edge[-1] - edge[0]) for edge in edges])
        got = self.outcomes.site("uniform among thresholds", laws, self.row[one])
        self.low[one] = [edge[k] for edge, k in zip(edges, got, strict=True)]
        self.high[one] = [edge[k + 1] for edge, k in zip(edges, got, strict=True)]
        return self.high[ids] <= np.clip(q, low[where], high[where])

    def rounded_down(self, noise: Noise) -> np.ndarray:
        """``[n]`` the largest whole number that is not above each element.

        Raises Untraceable where there is no end to what it may be, or more than ``LEVELS``.
        """
        if not noise.random.any():
            return np.floor(noise.value)
        least, most = (np.floor(end) for end in noise.ends())
        least, most = np.where(noise.random, least, 0), np.where(noise.random, most, 0)
        levels = (most - least).max()
        if not levels < LEVELS:
            raise Untraceable(f"noise that is rounded to whole numbers has {levels} of them")
        found = np.where(noise.random, least, np.floor(noise.value))
        steps = int(levels)
        each = np.repeat(np.arange(len(noise)), steps)
        limit = (least[:, None] + 1 + np.arange(steps)).reshape(-1)
        passed = ~self.below(noise.take(each), limit, at_most=False)
        return found + np.where(noise.random, passed.reshape(-1, steps).sum(-1), 0)

    def first(self, noise: Noise, width: int, sign: int = 1) -> np.ndarray:
        """``[G]`` which is the largest of each ``width`` elements; the smallest, if ``sign`` is -1.

        Of equal ones the first; a nan counts as largest, and as smallest.
        """
        groups, live = split(noise, width)
        if len(live) < groups:
            found = (sign * noise.value.reshape(groups, width)).argmax(-1)
            found[live] = self.first(noise.take(elements(live, width)), width, sign)
            return found
        if not groups:
            return np.zeros(0, int)
        ids = noise.ids.reshape(groups, width)
        self.independent(ids)
        low, high = self.known(noise)
        turned = noise if sign > 0 else noise.apply("mul", -1.0)
        got = self.outcomes.site(
            "argmax", lambda: winner_law(turned, ids.shape, low, high), self.rows_of(ids)
        )
        self.ordered(noise, width, sign * (np.arange(width) != got[:, None]))
        return got

    def in_order(self, noise: Noise, width: int, count: int, sign: int = 1) -> np.ndarray:
        """``[G, V]`` numbers that lie as the elements of each group of ``V`` do.

        That is known of the ``count`` largest, the smallest if ``sign`` is -1, and of the numbers
        among the elements, which must be beyond all that the noise can be.

        Raises Untraceable where they are not, or the noise has no order of a closed form.
        """
        groups, live = split(noise, width)
        shape = groups, width
        if len(live) < groups:
            found = noise.value.reshape(shape).copy()
            found[live] = self.in_order(noise.take(elements(live, width)), width, count, sign)
            return found
        if not groups:
            return np.zeros(shape)
        ids = noise.ids.reshape(shape)
        self.independent(ids)
        turned = noise.apply("mul", float(sign))
        ahead = where_numbers_are(turned, shape)
        ways = chosen_in_turn(width, count)
        low, high = self.known(noise)
        got = self.outcomes.site(
            "order",
            lambda: noise_order_law(turned, shape, low, high, ahead, ways),
            self.rows_of(ids),
        )
        rank = np.full(shape, count)
        np.put_along_axis(rank, ways[got], np.arange(count)[None], -1)
        self.ordered(noise, width, sign * rank)
        return sign * lying(turned, ahead, width - rank)

    def above(self, a: Noise, b: Noise) -> tuple[np.ndarray, np.ndarray]:
        """``(a > b, a is b)``, ``[n]`` each: noise compared with noise."""
        same = a.random & (a.ids == b.ids)
        self._one_value(a.take(np.flatnonzero(same)), b.take(np.flatnonzero(same)))
        found = np.zeros(len(a), bool)
        both = a.random & b.random & ~same
        known = both & (self.group[a.ids] >= 0) & (self.group[a.ids] == self.group[b.ids])
        if known.any():
            index = np.flatnonzero(known)
            for each in (a, b):
                self._as_ordered(each.take(index))
            mine, theirs = self.rank[a.ids[index]], self.rank[b.ids[index]]
            if (mine == theirs).any():
                raise Untraceable(AGAIN)
            found[index] = mine < theirs
        for part, limit, sign in ((a, b, True), (b, a, False)):
            index = np.flatnonzero(part.random & ~limit.random)
            if len(index):
                under = self.below(part.take(index), limit.value[index], at_most=sign)
                found[index] = ~under if sign else under
        numbers = ~a.random & ~b.random
        found = np.where(numbers, a.value > b.value, found)
        race = np.flatnonzero(both & ~known)
        if len(race):
            pair = Noise.joined([a.take(race), b.take(race)])
            places = np.arange(2 * len(race)).reshape(2, -1).T.reshape(-1)
            found[race] = self.first(pair.take(places), 2) == 0
        return found, same | (numbers & (a.value == b.value))

    # -- what is known ---------------------------------------------------------------------------

    def known(self, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.zeros(len(noise)), np.ones(len(noise))
        low[noise.random] = self.low[noise.ids[noise.random]]
        high[noise.random] = self.high[noise.ids[noise.random]]
        return low, high

    def _settle(self, ids: np.ndarray) -> None:
        """What was put off of the uniforms ``ids`` is drawn, and known from here on."""
        if self.later is None:
            return
        waiting = ids[self.waits[ids] >= 0]
        if len(waiting):
            waiting = np.unique(waiting)
            told = self.later.values(self.waits[waiting]).astype(bool)
            under, cut = told == self.rising[waiting], self.cut[waiting]
            self.low[waiting] = np.where(under, 0.0, cut)
            self.high[waiting] = np.where(under, cut, 1.0)
            self.waits[waiting] = -1

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """The row of each group of ``ids [G, V]``."""
        row = np.where(ids >= 0, self.row[ids], -1)
        rows = row.max(-1)
        if (np.where(ids >= 0, row, rows[:, None]) != rows[:, None]).any():
            raise Untraceable("noise of several rows of a batch is compared")
        return rows

    def _unordered(self, ids: np.ndarray) -> None:
        if (self.group[ids] >= 0).any():
            raise Untraceable(AGAIN)

    def independent(self, ids: np.ndarray) -> None:
        """See that ``ids [G, V]`` are of different uniforms, of which nothing else was asked.

        Raises SharedRace where only different groups have the same; Untraceable.
        """
        live = ids[ids >= 0]
        self._settle(live)
        self._unordered(live)
        if (live[1:] <= live[:-1]).any() and len(np.unique(live)) != len(live):
            ordered = np.sort(ids, -1)
            twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
            if not twice.any():
                raise SharedRace(SHARED)
            raise Untraceable(
                "the same noise stands in several places of an argmax or a sort: they are not "
                "independent, and only independent noise is followed"
            )

    def ordered(self, noise: Noise, width: int, rank: np.ndarray | Rank) -> None:
        """Take note of ``rank [G, V]``, less for what is larger, or of how to have some of it."""
        random = np.flatnonzero(noise.random)
        ids = noise.ids[random]
        put_off = rank if callable(rank) else None
        self._order.append((self._groups, noise, put_off))
        self.group[ids] = self._groups + random // width
        self._groups += len(noise) // width
        self.place[ids] = random
        if not callable(rank):
            self.rank[ids] = rank.reshape(-1)[random]

    def _as_ordered(self, noise: Noise) -> None:
        """See that the elements are what was ordered, not made of it, and have their rank."""
        firsts = [first for first, _, _ in self._order]
        which = np.searchsorted(firsts, self.group[noise.ids], side="right") - 1
        for k in np.unique(which):
            mine = np.flatnonzero(which == k)
            first, ordered, put_off = self._order[k]
            places = self.place[noise.ids[mine]]
            self._one_value(noise.take(mine), ordered.take(places))
            if put_off is not None:
                groups, where = np.unique(self.group[noise.ids[mine]] - first, return_inverse=True)
                rank = put_off(groups)
                self.rank[noise.ids[mine]] = rank[where, places % rank.shape[1]]

    @staticmethod
    def _one_value(a: Noise, b: Noise) -> None:
        """Raise Untraceable where ``a`` and ``b``, of the same uniforms, are not the same."""
        if not all(np.array_equal(a.at(u), b.at(u)) for u in PROBES):
            raise Untraceable(
                "noise is compared with something else made of the same noise: compare it with "
                "numbers, or with what an argmax or a sort gave of it"
            )


def split(noise: Noise, width: int) -> tuple[int, np.ndarray]:
    """How many groups of ``width`` there are, and which of them have noise in them."""
    groups = len(noise) // width
    return groups, np.flatnonzero(noise.random.reshape(groups, width).any(-1))


def elements(groups: np.ndarray, width: int) -> np.ndarray:
    return (groups[:, None] * width + np.arange(width)).reshape(-1)
