"""The sites of one run: forced outcomes while there are any, then a site is left open."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from harness.traced.errors import Coupled, NothingLeft, Untraceable

OFF = 1e-9  # how far from 1 the probabilities of a site may sum, by rounding of what made them
MOST_SITES = 100_000  # that a run may meet after the first that is open

Probabilities = np.ndarray | Callable[[], np.ndarray]


@dataclass(frozen=True)
class Forced:
    """What ``R`` rows are told: ``outcomes [R, L]`` at sites of ``kinds [R, L]``, ``length [R]``.

    A row is told the first ``length`` of its entries, in the order in which it asks.  ``kinds`` are
    numbers of names, kept by the ``Outcomes``, so that a run that asks for something else than the
    run before it is found out.
    """

    outcomes: np.ndarray
    kinds: np.ndarray
    length: np.ndarray

    @classmethod
    def nothing(cls, rows: int) -> "Forced":
        empty = np.zeros((rows, 0), np.int32)
        return cls(empty, empty.astype(np.int16), np.zeros(rows, int))

    def __getitem__(self, rows: np.ndarray | slice) -> "Forced":
        return Forced(self.outcomes[rows], self.kinds[rows], self.length[rows])

    @classmethod
    def joined(cls, parts: list["Forced"]) -> "Forced":
        """One after the other."""
        width = max(part.outcomes.shape[1] for part in parts)

        def wide(each: np.ndarray) -> np.ndarray:
            return np.pad(each, ((0, 0), (0, width - each.shape[1])))

        return cls(
            np.concatenate([wide(part.outcomes) for part in parts]),
            np.concatenate([wide(part.kinds) for part in parts]),
            np.concatenate([part.length for part in parts]),
        )


@dataclass(frozen=True)
class OpenSite:
    """A site where some rows had nothing left to be told.

    ``probabilities [E, K]`` of the elements, each of a row, ``rows [E]``; ``open [R]`` the rows.
    """

    kind: int
    probabilities: np.ndarray
    rows: np.ndarray
    open: np.ndarray


@dataclass
class Seen:
    """How often a kind of site was met, and the most outcomes that one of its elements had."""

    sites: int = 0
    outcomes: int = 0


@dataclass
class Outcomes:
    """Answers the draws of one run of ``R`` rows: what a tracer calls.

    ``site`` is all that a tracer needs.  It is called at every draw of the run, in the order of the
    run, with the probabilities that the code draws from, and gives the outcomes that the code is to
    see.  Rows that are told nothing more leave their first such site *open* and are shown outcomes
    drawn by chance from there on, as long as other rows go on: what they do then is thrown away.

    ``names`` are the kinds that were met, by number; ``weigh``: also the probability of what is
    forced is wanted, as ``weight [R]``, from place ``weigh_from [R]`` on; ``at_once``: what is
    drawn is asked for where it is drawn, also where nothing looks at it; ``live``: how many rows
    are asked for, the first ones, if others only go along; ``in_float64``: the code is run with
    nothing in fewer digits.
    """

    forced: Forced
    names: list[str] = field(default_factory=list)
    weigh: bool = False
    at_once: bool = False
    live: int | None = None
    in_float64: bool = False
    weigh_from: np.ndarray | None = None

    def __post_init__(self) -> None:
        self.rows = len(self.forced.length)
        self.position = np.zeros(self.rows, int)
        self.opened = np.zeros(self.rows, bool)
        self.sites: list[OpenSite] = []
        self.weight = np.ones(self.rows)
        self.seen: dict[str, Seen] = {}
        self.precisions: set[str] = set()  # dtypes in which continuous noise was drawn
        self.computed_in: set[str] = set()  # and of all real numbers that the code made
        self._chance = np.random.default_rng(0)  # so that a loop that ends by chance does end
        self._thrown_away = 0

    def site(self, kind: str, probabilities: Probabilities, rows: np.ndarray) -> np.ndarray:
        """The outcomes ``[E]`` of ``E`` independent draws, each a number from 0 to ``K - 1``.

        ``probabilities [E, K]`` (fill up with 0), or a function of nothing that makes them, which
        is called only where they are needed; ``rows [E]`` says to which row of the batch a draw
        belongs.  Draws of one row are taken in the order in which they stand.  ``kind`` is a name,
        the same whenever the code draws here.

        Raises Untraceable for probabilities that are none, or a run that asks for another draw than
        it did with the same outcomes before; NothingLeft when every row is open.
        """
        rows = np.asarray(rows)
        if not len(rows):
            return np.zeros(0, int)
        need = np.bincount(rows, minlength=self.rows)
        told = (need > 0) & (self.position + need <= self.forced.length)
        partly = (need > 0) & ~told & (self.position < self.forced.length)
        if partly.any():
            raise Untraceable(
                f"the code asked for {need[partly][0]} draws ({kind}) where it asked for "
                f"{(self.forced.length - self.position)[partly][0]} before with the same outcomes: "
                "something besides its draws is random, or is kept from one run to the next"
            )
        number, late = self._number(kind), self._late
        found = np.empty(len(rows), int)
        known = told[rows]
        if known.any():
            found[known] = self._take(number, rows[known], need * told)
            if not callable(probabilities):
                self._possible(kind, np.asarray(probabilities)[known], found[known])
        if self.weigh or not known.all():
            p = self._checked(kind, probabilities, len(rows))
            if self.weigh:
                counted = known & late[rows]
                self._weigh(kind, p[counted], found[counted], rows[counted])
            if not known.all():
                found[~known] = self._by_chance(kind, p[~known])
                self._open(number, p, rows, (need > 0) & ~told & ~self.opened)
        return found

    @property
    def _late(self) -> np.ndarray:
        """``[R]`` whether what is told next counts in the weight."""
        return self.position >= (0 if self.weigh_from is None else self.weigh_from)

    def _number(self, kind: str) -> int:
        if kind not in self.names:
            self.names.append(kind)
        return self.names.index(kind)

    def _take(self, number: int, rows: np.ndarray, need: np.ndarray) -> np.ndarray:
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        first = np.cumsum(need) - need
        place = self.position[ordered] + np.arange(len(rows)) - first[ordered]
        asked = self.forced.kinds[ordered, place]
        if (asked != number).any():
            before = self.names[asked[asked != number][0]]
            raise Untraceable(
                f"the code drew a {self.names[number]} where it drew a {before} before with the "
                "same outcomes: something besides its draws is random, or is kept between runs"
            )
        found = np.empty(len(rows), int)
        found[order] = self.forced.outcomes[ordered, place]
        self.position += need
        return found

    def _possible(self, kind: str, p: np.ndarray, found: np.ndarray) -> None:
        """That all of ``found [E]`` can still be drawn from ``p [E, K]``.

        Raises Coupled where one cannot; Untraceable where there are no other rows.
        """
        within = found < p.shape[1]
        if not (within & (p[np.arange(len(p)), np.where(within, found, 0)] > 0)).all():
            raise (Coupled if self.rows > 1 else Untraceable)(
                f"an outcome of a {kind} that was drawn before with the same outcomes cannot be "
                "drawn any more: something besides its draws is random, or is kept between runs"
            )

    def _checked(self, kind: str, probabilities: Probabilities, elements: int) -> np.ndarray:
        p = np.asarray(probabilities() if callable(probabilities) else probabilities, float)
        off = abs(p.sum(-1) - 1)
        if p.shape[0] != elements or not (off <= OFF).all() or (p < 0).any():
            worst = p[int(np.argmax(np.nan_to_num(off, nan=np.inf)))] if len(p) else p
            raise Untraceable(
                f"the probabilities of a {kind} must be at least 0 and sum to 1, got "
                f"{np.array2string(worst, threshold=8)}, which sum to {worst.sum():.10g}"
            )
        seen = self.seen.setdefault(kind, Seen())
        seen.sites, seen.outcomes = seen.sites + 1, max(seen.outcomes, p.shape[1])
        return p

    def _weigh(self, kind: str, p: np.ndarray, found: np.ndarray, rows: np.ndarray) -> None:
        if (found >= p.shape[1]).any():
            raise Untraceable(f"a {kind} has {p.shape[1]} outcomes, it had more of them before")
        np.multiply.at(self.weight, rows, p[np.arange(len(p)), found])

    def _by_chance(self, kind: str, p: np.ndarray) -> np.ndarray:
        self._thrown_away += 1
        if self._thrown_away > MOST_SITES:
            raise Untraceable(f"a run met {MOST_SITES:,} draws ({kind}) and did not end")
        summed = np.cumsum(p, -1)
        u = self._chance.random((len(p), 1)) * summed[:, -1:]
        return (summed <= u).sum(-1)

    def _open(self, number: int, p: np.ndarray, rows: np.ndarray, new: np.ndarray) -> None:
        if new.any():
            self.sites.append(OpenSite(number, p, rows, new))
            self.opened |= new
        if self.opened[: self.live].all():
            raise NothingLeft


def padded(probabilities: list[np.ndarray]) -> np.ndarray:
    """``[E, K]`` from the laws of ``E`` draws that have different numbers of outcomes."""
    width = max((len(p) for p in probabilities), default=0)
    table = np.zeros((len(probabilities), width))
    for row, p in zip(table, probabilities, strict=True):
        row[: len(p)] = p
    return table
