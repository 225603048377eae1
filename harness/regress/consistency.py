"""Whether small steps do what the reverse process does: the law of a step less that of standing.

``(K - 1)/h`` of ever smaller steps has a limit, the rates of the sampler.  Two things are asked:

* *by state*, of one whose chain KL is to vanish (``chain_order > 0``): from every state that the
  truth visits, the rate to every other one is that of the true reverse process;
* *by law*, of all others whose output KL is to vanish: ``q_t`` is carried where the truth carries
  it.  So a corrector, whose moves are none of the truth's, is right if it leaves ``q_t`` alone.

Both are limits, extrapolated with their uncertainty, on the places, data and times of ``cover``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from harness.numerics import divergence
from harness.process.truth import on_sequences
from harness.problem.problem import Problem
from harness.regress import cover, score_spy
from harness.regress.cover import Place
from harness.regress.small_steps import at_zero, kernels, lengths, rate_matrix, truth, Truth

RESOLVED = 1e-5  # of a rate: a tenth of the smallest defect that must stand out
SMALL = 0.01  # of the rate out of a state: a smaller rate is compared as if it were so large
ROUNDING = 1e-14  # of a probability
LOST = 1e-12  # what is lost is the rest of a sum


@dataclass(frozen=True)
class Rates:
    """What small steps from ``t`` do: ``found`` and ``true`` rates ``[S^d, S^d]``, 0 to itself.

    ``gap`` is the largest difference as a share of a rate, ``off`` how far that is uncertain, both
    with what rounding allows taken off; ``x`` and ``y`` say between which states (by law: ``x`` is
    -1, and rates are flows).  ``orders``: by how many powers of the step its chain KL falls.
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
    order: float = np.inf

    @property
    def wrong(self) -> bool:
        """Whether the difference, or what is not known of it, is more than RESOLVED."""
        return not max(self.gap, self.off) <= RESOLVED

    def states(self, *which: int) -> list[str]:
        """States as their tokens, a mask as ``_``."""
        space, x = self.problem.sequences, on_sequences.index_tables(self.problem.sequences)[0]
        mask = space.tokens - 1 if space.masked else -1
        return ["".join("_" if a == mask else str(a) for a in x[k]) for k in which]

    def __str__(self) -> str:
        where = f"{self.place}, {self.kind} data, t={self.t:.4g}"
        if self.x < 0:
            (y,) = self.states(self.y)
            a, b = self.found[self.y], self.true[self.y]
            return f"{where}: q_t flows to {y} at {a:.6g}, in truth at {b:.6g}"
        x, y = self.states(self.x, self.y)
        a, b = self.found[self.x, self.y], self.true[self.x, self.y]
        return f"{where}: from {x} to {y} at rate {a:.7g}, in truth {b:.7g}"


class Steps:
    """Small steps of one sampler, everywhere; each place is seen when it is asked for, and kept."""

    def __init__(self, sampler: Any, thorough: bool = False) -> None:
        self.sampler, self.thorough = sampler, thorough
        self.by_state = sampler.claims.chain_order > 0

    @cached_property
    def all(self) -> list[Rates]:
        """At every place, with all its data; tilted ones if the sampler asks for their values."""
        return list(self._see())

    def _see(self) -> Iterator[Rates]:
        for number, place in enumerate(cover.places(self.sampler, self.thorough)):
            for kind, times in cover.tried(place, number):
                problem = place.problem(self.sampler, place.data[kind])
                yield from self._seen(place, kind, problem, cover.TIMES if self.thorough else times)
        if self._follows_tilts:
            place = next(p for p in cover.places(self.sampler) if (p.tokens, p.length) == (3, 3))
            problem = place.problem(self.sampler, cover.tilted(place))
            yield from self._seen(place, "tilted", problem, cover.TIMES[1:])

    @property
    def _follows_tilts(self) -> bool:
        claims = self.sampler.claims
        if claims.tilted_order == 0:
            return False
        place = next(p for p in cover.places(self.sampler) if (p.tokens, p.length) == (3, 3))
        problem = place.problem(self.sampler, cover.tilted(place))
        return score_spy.asks_for_values(problem, 0.7, 0.6)

    def _seen(
        self, place: Place, kind: str, problem: Problem, times: tuple[float, ...]
    ) -> Iterator[Rates]:
        h = np.array([lengths(t) for t in times])
        t = np.broadcast_to(np.array(times)[:, None], h.shape)
        rows, lost = kernels(problem, t.ravel(), (t - h).ravel())
        true = truth(problem, t.ravel(), (t - h).ravel())
        for k, time in enumerate(times):
            part = slice(k * len(h[k]), (k + 1) * len(h[k]))
            _refuse_no_law(place, time, rows[part], lost[part])
            found = _by_state if self.by_state else _by_law
            some = Truth(*(each[part] for each in true))
            yield found(place, kind, problem, time, h[k], rows[part], lost[part], some)


def _refuse_no_law(place: Place, t: float, rows: np.ndarray, lost: np.ndarray) -> None:
    """Raise FloatingPointError for what is no law of a next state."""
    missing = float(np.abs(rows.sum(-1) + lost - 1.0).max())
    if not (missing < 1e-9 and rows.min() >= 0.0):
        raise FloatingPointError(
            f"a small step must have a law that sums to 1 with no entry below 0; {missing:.3g} is "
            f"unaccounted for, smallest {rows.min():.3g} ({place}, t={t:.4g})"
        )


def true_rates(problem: Problem, t: float, law: np.ndarray) -> np.ndarray:
    """``[S^d, S^d]`` rates of the reverse process at ``t``, where the law is ``law``."""
    x, to = on_sequences.index_tables(problem.sequences)
    noise = rate_matrix(problem)
    here = np.where(law > 0, law, 1.0)[:, None, None]
    rates = np.where((law > 0)[:, None, None], law[to] / here, 0.0) * noise.T[x]
    found = np.zeros((len(x), len(x)))
    np.add.at(found, (np.arange(len(x))[:, None, None], to), rates)
    np.fill_diagonal(found, 0.0)
    return found


def _by_state(
    place: Place,
    kind: str,
    problem: Problem,
    t: float,
    h: np.ndarray,
    rows: np.ndarray,
    lost: np.ndarray,
    truth: Truth,
) -> Rates:
    """From every state that the truth visits."""
    before = truth.before[0]
    visited = before > 0
    others = visited[:, None] & ~np.eye(len(before), dtype=bool)
    limit, off = at_zero(np.where(others, (rows - truth.kernel) / h[:, None, None], 0.0))
    true = true_rates(problem, t, before)
    leave = true.sum(1, keepdims=True)
    scale = np.where(leave > 0, true + SMALL * leave, 1.0)
    floor = ROUNDING / h[-1]
    gaps = np.maximum(np.abs(limit) - floor, 0.0) / scale
    x, y = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    unsure = float((np.maximum(off - floor, 0.0) / scale).max())
    gone = np.maximum(np.abs(at_zero(lost / h[:, None])[0]) - LOST / h[-1], 0.0)
    gone = np.where(visited, gone / np.where(leave > 0, leave, 1.0)[:, 0], 0.0)
    gap, order = float(gaps[x, y]), np.inf
    if gone.max() > gap:
        gap, x, y = float(gone.max()), np.argmax(gone), np.argmax(gone)
    if problem.sampler.claims.chain_order > 1 and t > 0.1 and kind != "zeros":
        order = _chain_order(rows, lost, truth)
    return Rates(
        *(place, kind, t, gap, unsure, int(x), int(y), true + limit, true, problem), order=order
    )


def _chain_order(rows: np.ndarray, lost: np.ndarray, truth: Truth) -> float:
    """By how many powers of the step the chain KL of one falls; ``inf`` where it is rounding."""
    found = []
    for row, gone, before, kernel in zip(rows, lost, truth.before, truth.kernel, strict=True):
        joint = before[:, None] * kernel
        kl = divergence.kl(joint.ravel(), (before[:, None] * row).ravel(), lost=float(before @ gone))
        dust = np.minimum(joint, 1e-30 * before[:, None] / np.where(kernel > 0, kernel, np.inf))
        found.append((float(kl), 100 * float(dust.sum()) + LOST * bool((gone > 0).any())))
    (before, _), (last, dust) = found[-2:]
    return float(np.log2(before / last)) if last > dust else np.inf


def _by_law(
    place: Place,
    kind: str,
    problem: Problem,
    t: float,
    h: np.ndarray,
    rows: np.ndarray,
    lost: np.ndarray,
    truth: Truth,
) -> Rates:
    """Of ``q_t``: what flows to each state, less what leaves it."""
    before, gap = truth.before[0], rows - truth.kernel
    gap[:, np.arange(len(before)), np.arange(len(before))] = 0.0
    change = (before @ gap - before * (gap.sum(2) + lost)) / h[:, None]
    true = true_rates(problem, t, before)
    inwards, outwards = before @ true, before * true.sum(1)
    limit, off = at_zero(change)
    floor = ROUNDING * truth.after[-1] / h[-1]
    scale = np.maximum(inwards + outwards, SMALL * (inwards + outwards).max())
    gaps = np.maximum(np.abs(limit) - floor, 0.0) / scale
    y = int(np.argmax(gaps))
    unsure = float((np.maximum(off - floor, 0.0) / scale).max())
    net = inwards - outwards
    return Rates(place, kind, t, float(gaps[y]), unsure, -1, y, net + limit, net, problem)
