"""Whether small steps do what the reverse process does: the law of a step less that of standing.

``(K - 1)/h`` of ever smaller steps has a limit, the rates of the sampler.  Two things are asked:

* *by state*, of one whose chain KL is to vanish (``chain_order > 0``): from every state that the
  truth visits, the rate to every other one is that of the true reverse process;
* *by law*, of all others whose output KL is to vanish: ``q_t`` is carried where the truth carries
  it.  So a corrector, whose moves are none of the truth's, is right if it leaves ``q_t`` alone.

Both are limits, extrapolated with their uncertainty, on the places, data and times of ``cover``.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from harness.engines.sequences.by_kind import NoTable
from harness.law.claims import Trait
from harness.problem.problem import Problem
from harness.process.noise import Absorbing
from harness.regress import bank, cover, score_spy
from harness.regress import orders_in_step as orders
from harness.regress.cover import Place
from harness.regress.extrapolation import at_zero, falls_by_the_root
from harness.regress.small_steps import (
    HALVINGS,
    LOST,
    ROUNDING,
    Small,
    Truth,
    fastest,
    fineness,
    from_infinity,
    kernels,
    lengths,
    named,
    true_rates,
    truth,
)
from harness.regress.tolerance import at_least

MISSING = 1e-9  # of all probability
RESOLVED = 1e-5  # of a rate: a tenth of the smallest defect that must stand out
FASTER = 2.0  # times the rate that steps are short for
SLOWER = 4  # times at most are they made shorter
SMALL = 0.01  # of the rate out of a state: a smaller rate is compared as if it were so large


@dataclass(frozen=True)
class Rates:
    """What small steps from ``t`` do: ``found`` and ``true`` rates ``[S^d, S^d]``, 0 to itself.

    ``gap`` is the largest difference as a share of a rate, ``off`` how far that is uncertain, both
    with what rounding allows taken off; ``x`` and ``y`` say between which states (by law: ``x`` is
    -1, and rates are flows).  ``orders``: in words, the orders claimed that its terms have not.
    ``root``: the difference falls with the root of the step, which its limit does not see.
    ``of``: what ``gap`` is a share of, in words.
    """

    place: Place
    kind: str
    t: float
    gap: float
    off: float
    x: int
    y: int
    found: np.ndarray = field(repr=False)
    true: np.ndarray = field(repr=False)
    problem: Problem = field(repr=False)
    orders: tuple[str, ...] = ()
    root: bool = False
    of: str = "a rate"

    @property
    def wrong(self) -> bool:
        """Whether the difference, or what is not known of it, is more than RESOLVED."""
        return not (self.gap <= RESOLVED and self.off <= RESOLVED)

    def __str__(self) -> str:
        where = f"{self.place}, {self.kind} data, t={self.t:.4g}"
        if self.x < 0:
            y = named(self.problem, self.y)
            a, b = self.found[self.y], self.true[self.y]
            return f"{where}: q_t flows to {y} at {a:.6g}, in truth at {b:.6g}"
        x, y = named(self.problem, self.x), named(self.problem, self.y)
        a, b = self.found[self.x, self.y], self.true[self.x, self.y]
        if a == 0.0 < b:
            return f"{where}: never made: from {x} to {y}, in truth at rate {b:.7g}"
        leave = self.true[self.x].sum()
        rare = f" of {leave:.3g} in all" if b < SMALL * leave else ""  # what it is compared with
        return f"{where}: from {x} to {y} at rate {a:.7g}, in truth {b:.7g}{rare}"


class Steps:
    """Small steps of one sampler, everywhere; each place is seen when it is asked for, and kept.

    ``places``: at these alone, of the data themselves.
    """

    def __init__(
        self, sampler: Any, thorough: bool = False, places: Sequence[Place] | None = None
    ) -> None:
        self.sampler, self.thorough, self.places = sampler, thorough, places
        self.by_state = sampler.claims.chain_order > 0

    @cached_property
    def all(self) -> list[Rates]:
        """At every place, with all its data; tilted ones if the sampler asks for their values."""
        return list(self._see())

    def _see(self) -> Iterator[Rates]:
        wrong = False
        places = self.places or cover.places(self.sampler, self.thorough)
        for number, place in enumerate(places):
            if wrong and (place.tokens, place.length) in cover.WORDS:
                continue  # where less is told of a cause
            for kind, times in cover.tried(place, number, self.thorough):
                problem = place.problem(self.sampler, place.data[kind])
                more = (np.inf,) * (place.name == "absorbing" and self.sampler.claims.starts_masked)
                with suppress(NoTable):  # a law of pairs of states has none of the largest places
                    for seen in self._seen(place, kind, problem, (*times, *more)):
                        wrong = wrong or seen.wrong
                        yield seen
        if self.places is not None:
            return
        yield from self._of_classes()
        if self._follows_tilts:
            for place, problem in self._tilted:
                yield from self._seen(place, cover.TILT, problem, cover.TIMES)

    def _of_classes(self) -> list[Rates]:
        """Where tokens are known by their classes; nothing of a sampler that refuses them."""
        if (there := cover.in_classes(self.sampler)) is None or not self.by_state:
            return []
        place, target = there
        problem = place.problem(self.sampler, target)
        try:
            kernels(problem, [0.7313], [0.6])
        except (ValueError, TypeError):  # its law has no column for another token of the own class
            return []
        return list(self._seen(place, "rough", problem, cover.TIMES[1::2]))

    @property
    def _follows_tilts(self) -> bool:
        claims = self.sampler.claims
        if claims.tilted_order == 0:
            return False
        return score_spy.knows_of_tilts(self._tilted[0][1], 0.7, 0.6)

    @cached_property
    def _tilted(self) -> list[tuple[Place, Problem]]:
        claims, small = self.sampler.claims, cover.OF_TILTS[0]
        name = "absorbing" if claims.needs_mask else "uniform"
        sizes = (*cover.OF_TILTS, *(cover.MORE_OF_TILTS if self.thorough else ()))
        places = [cover.place(name, *size) for size in sizes]
        if not claims.needs_mask and not claims.needs_uniform:
            places.append(cover.place("non-symmetric", *small))
        if not claims.needs_mask and not bank.refusal(self.sampler, Absorbing()):
            places.append(cover.place("absorbing", *small))
        return [(place, place.problem(self.sampler, cover.tilted(place))) for place in places]

    def _seen(
        self, place: Place, kind: str, problem: Problem, times: tuple[float, ...]
    ) -> Iterator[Rates]:
        most = fastest(problem)
        for t, (found, small) in zip(
            times, self._at(place, kind, problem, times, most), strict=True
        ):
            if found.wrong and not self.by_state and np.isfinite(t):
                found = self._slowly(found, small, most)
            yield found

    def _slowly(self, found: Rates, small: Small, most: float) -> Rates:
        """What ``found`` is in steps that are short for the sampler's own moves, if it has others.

        A corrector may move faster than the noise, at whose rate ``most`` steps are short.
        """
        for _ in range(SLOWER):
            own = small.fastest()
            if not found.wrong or own <= FASTER * (most + 1 / found.t):
                break
            ((found, small),) = self._at(found.place, found.kind, found.problem, (found.t,), own)
            most = own
        return found

    def _at(
        self, place: Place, kind: str, problem: Problem, times: tuple[float, ...], most: float
    ) -> Iterator[tuple[Rates, Small]]:
        """The rates at each time by steps that are short where rates are at ``most``."""
        fine, rounding = fineness(self.sampler), at_least(ROUNDING, self.sampler)
        late, early = from_infinity(fine)
        h = np.array([lengths(t, fine, most) if np.isfinite(t) else early for t in times])
        ends = [t - each if np.isfinite(t) else late for t, each in zip(times, h, strict=True)]
        t, s = np.repeat(times, HALVINGS), np.concatenate(ends)
        rows, lost = kernels(problem, t, s)
        true = truth(problem, t, s)
        for k, time in enumerate(times):
            part = slice(k * HALVINGS, (k + 1) * HALVINGS)
            there = Truth(*(each[part] for each in true))
            some = Small(h[k], rows[part], lost[part], there, rounding)
            _refuse_no_law(place, time, some)
            _refuse_loss(place, time, some, self.sampler)
            rates = (_by_state if self.by_state else _by_law)(place, kind, problem, time, some)
            yield rates, some


def _refuse_no_law(place: Place, t: float, small: Small) -> None:
    """Raise FloatingPointError for what is no law of a next state."""
    rows, lost = small.rows[:, small.truth.before[0] > 0], small.lost[:, small.truth.before[0] > 0]
    missing = float(np.abs(rows.sum(-1) + lost - 1.0).max())
    if not (missing < max(MISSING, small.rounding) and rows.min() >= 0.0):
        raise FloatingPointError(
            f"a small step must have a law that sums to 1 with no entry below 0; {missing:.3g} is "
            f"unaccounted for, smallest {rows.min():.3g} ({place}, t={t:.4g})"
        )


def _refuse_loss(place: Place, t: float, small: Small, sampler: Any) -> None:
    """Raise FloatingPointError for what is lost of one that claims to keep its mass."""
    lost = float(small.lost[:, small.truth.before[0] > 0].max())
    if Trait.KEEPS_MASS in sampler.claims.traits and lost > max(LOST, small.rounding):
        raise FloatingPointError(
            f"a sampler that {Trait.KEEPS_MASS} must lose none, {lost:.3g} is lost in a step of "
            f"{small.h[0]:.2g} ({place}, t={t:.4g})"
        )


def _by_state(place: Place, kind: str, problem: Problem, t: float, small: Small) -> Rates:
    """From every state that the truth visits."""
    h, before = small.h, small.truth.before[0]
    visited = before > 0
    others = visited[:, None] & ~np.eye(len(before), dtype=bool)
    gaps = np.where(others, (small.rows - small.truth.kernel) / h[:, None, None], 0.0)
    limit, off = at_zero(gaps)
    true = true_rates(problem, t, small)
    leave = true.sum(1, keepdims=True)
    scale = np.where(leave > 0, true + SMALL * leave, 1.0)
    floor = small.rounding / h[-1]
    shares = np.maximum(np.abs(limit) - floor, 0.0) / scale
    x, y = np.unravel_index(int(np.argmax(shares)), shares.shape)
    unsure = float((np.maximum(off - floor, 0.0) / scale).max())
    gone = np.maximum(
        np.abs(at_zero(small.lost / h[:, None])[0]) - max(LOST, small.rounding) / h[-1], 0.0
    )
    gone = np.where(visited, gone / np.where(leave > 0, leave, 1.0)[:, 0], 0.0)
    gap, of = float(shares[x, y]), "a rate"
    if true[x, y] < SMALL * leave[x, 0]:
        of = "a hundredth of the rate out of a state"
    if gone.max() > gap:
        of = "the rate out of a state"
        gap, x, y = float(gone.max()), int(np.argmax(gone)), int(np.argmax(gone))
    lost = _never_made(small, true)
    found = np.where(lost, 0.0, true + limit)
    if lost.any():
        x, y = np.unravel_index(int(np.argmax(np.where(lost, true, 0.0))), lost.shape)
        gap, of = max(gap, 1.0), "a rate"
    told = orders.told(problem, small, true, found, t, kind)
    root = gap > RESOLVED and falls_by_the_root(gaps[:, x, y])
    return Rates(place, kind, t, gap, unsure, int(x), int(y), found, true, problem, told, root, of)


def _never_made(small: Small, true: np.ndarray) -> np.ndarray:
    """``[S^d, S^d]`` jumps of the truth, at the rates ``true``, that no step makes.

    Of those that rounding cannot hide in any.  What takes two jumps has no rate, and may wait.
    """
    return (true * small.h.min() > small.rounding) & ~(small.rows > 0).any(0)


def _by_law(place: Place, kind: str, problem: Problem, t: float, small: Small) -> Rates:
    """Of ``q_t``: what flows to each state, less what leaves it."""
    before, true = small.truth.before[0], true_rates(problem, t, small)
    inwards, outwards = before @ true, before * true.sum(1)
    change, floor = small.change(), small.floor()
    limit, off = at_zero(change)
    scale = np.maximum(inwards + outwards, SMALL * (inwards + outwards).max())
    gaps = np.maximum(np.abs(limit) - floor, 0.0) / scale
    y = int(np.argmax(gaps))
    rare = (inwards + outwards)[y] < SMALL * (inwards + outwards).max()
    of = "a hundredth of the largest flow" if rare else "a flow"
    unsure = float((np.maximum(off - floor, 0.0) / scale).max())
    net = inwards - outwards
    gap, found = float(gaps[y]), net + limit
    root = gap > RESOLVED and falls_by_the_root(change[:, y])
    return Rates(place, kind, t, gap, unsure, -1, y, found, net, problem, root=root, of=of)
