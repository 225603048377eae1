"""Hypotheses of what is done to the true rates, each tried on the rates found, or on their flows.

What is said fits: the true rates, changed in this way, are the rates found, of every move.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from harness.process.truth import on_sequences
from harness.regress import score_spy
from harness.regress.small_steps import Small, between_states, named, rate_matrix, true_rates, truth

NOTHING = 1e-9  # of the true rates
FEW = 3  # moves that are off
FITS = 0.02  # of the defect, that a hypothesis may leave
SEEN = 0.01  # of the rate out of a state: numbers are fitted to rates above it


def first_that_fits(case: Any) -> str:
    """What explains the rates ``case.found`` beside ``case.true``, both ``[S^d, S^d]``, or "".

    Or, of a law as a whole (``case.x`` is -1), the flows to each state, both ``[S^d]``.
    """
    if case.x < 0:
        return next(_of_flows(Flows(case)), "")
    rates = Gap(case)
    if not rates.seen.any():
        return ""
    return next((told for hypothesis in HYPOTHESES for told in hypothesis(rates)), "")


@dataclass(frozen=True)
class Gap:
    """The rates of one case beside the true ones, ``[S^d, S^d]`` as all that is computed of them.

    They are compared each with itself, and a rare one with a hundredth of the rate out of its
    state.
    """

    case: Any

    @property
    def true(self) -> np.ndarray:
        return self.case.true

    @property
    def found(self) -> np.ndarray:
        return self.case.found

    @cached_property
    def off(self) -> np.ndarray:
        """Which are clearly off, beside the one that is most."""
        return self._left(0.0) > FITS * self._most

    @cached_property
    def seen(self) -> np.ndarray:
        """Which are large enough to fit a number to."""
        return self.true > SEEN * self._leave

    @cached_property
    def known(self) -> np.ndarray:
        """The true ones, 1 where they are not seen."""
        return np.where(self.seen, self.true, 1.0)

    @cached_property
    def made(self) -> np.ndarray:
        """Which moves the true generator makes."""
        return self.true > 0

    @cached_property
    def forwards(self) -> np.ndarray:
        """The rate of the noise from ``x`` to ``y``."""
        x, _ = on_sequences.index_tables(self.case.problem.sequences)
        return between_states(self.case.problem, rate_matrix(self.case.problem)[x])

    def ratios(self, rates: np.ndarray) -> np.ndarray:
        """To those of the noise from ``y`` to ``x``; 1 where there is none, or no true rate."""
        return np.where(self._both, rates / np.where(self._both, self.forwards.T, 1.0), 1.0)

    def with_ratios(self, ratios: np.ndarray) -> bool:
        """Whether such ratios would give the rates that were found."""
        return self.is_from(np.where(self._both, self.forwards.T * ratios, self.true))

    def is_from(self, rates: np.ndarray) -> bool:
        """Whether ``rates`` are those found, of every move, also of those too rare to be seen."""
        return bool(self._left(rates - self.true).max() <= FITS * self._most)

    @cached_property
    def _both(self) -> np.ndarray:
        return self.made & (self.forwards.T > 0)

    def _left(self, change: np.ndarray | float) -> np.ndarray:
        scale = np.where(self._leave > 0, self.true + SEEN * self._leave, np.inf)
        return np.abs((self.found - self.true - change) / scale)

    @cached_property
    def _most(self) -> float:
        return float(self._left(0.0).max())

    @cached_property
    def _leave(self) -> np.ndarray:
        return self.true.sum(1, keepdims=True)


@dataclass(frozen=True)
class Flows:
    """What flows to each state, less what leaves it, beside the truth: ``[S^d]``."""

    case: Any

    def is_from(self, rates: np.ndarray) -> bool:
        """Whether ``rates [S^d, S^d]`` would let flow what was found."""
        law = self.case.problem.marginal(self.case.t).reshape(-1)
        return self.is_(law @ rates - law * rates.sum(1))

    def is_(self, flows: np.ndarray) -> bool:
        """Whether ``flows`` are those found."""
        gap = np.abs(self.case.found - self.case.true).max()
        return bool(np.abs(self.case.found - flows).max() <= FITS * gap)


def _of_flows(flows: Flows) -> Iterator[str]:
    found, true = flows.case.found, flows.case.true
    if true.any():
        share = float(found @ true / (true @ true))
        if abs(share) < NOTHING and flows.is_(0 * true):
            yield "nothing moves"
        elif flows.is_(share * true) and not _is_one(share):
            yield f"equals the true flows × {share:.6g}"
    yield from _asked_elsewhere(flows)


def _factor(rates: Gap) -> Iterator[str]:
    share = float(np.median((rates.found / rates.known)[rates.seen]))
    if not rates.is_from(share * rates.true):
        return
    if abs(share) < NOTHING:
        yield "nothing moves"
    elif not _is_one(share) and not _lost(rates).any():
        yield f"equals the true rates × {share:.6g}"


def _never(rates: Gap) -> Iterator[str]:
    lost, of = _lost(rates), f"of {rates.made.sum()} moves"
    if lost.any():
        x, y = (named(rates.case.problem, k) for k in np.argwhere(lost)[0])
        if lost.sum() == 1:
            yield f"1 {of} is never made: from {x} to {y}"
        yield f"{lost.sum()} {of} are never made, such as from {x} to {y}"


def _lost(rates: Gap) -> np.ndarray:
    return rates.made & (rates.found == 0.0)


def _noise_mixed_in(rates: Gap) -> Iterator[str]:
    weight = rates.forwards * rates.seen / rates.known**2
    if weight.any():
        part = float(((rates.found - rates.true) * weight).sum() / (rates.forwards * weight).sum())
        if rates.is_from(rates.true + part * rates.forwards):
            yield f"equals the true rates + {part:.3g} × the rates of the noise, forwards"


def _power(rates: Gap) -> Iterator[str]:
    ratios, found = rates.ratios(rates.true), rates.ratios(rates.found)
    logs = np.where(rates.seen, np.log(ratios), 0.0)
    if not logs.any():
        return
    change = np.log(np.where(rates.seen & (found > 0), found, 1.0)) - logs
    power = 1 + float((change * logs).sum() / (logs * logs).sum())
    if not _is_one(power) and rates.with_ratios(ratios**power):
        yield f"equals the rates with ratios to the power {power:.6g}"


def _bound(rates: Gap) -> Iterator[str]:
    off = rates.off & rates.made & (rates.forwards.T > 0)
    if not off.any() or (value := float(np.median(rates.ratios(rates.found)[off]))) <= 0:
        return
    for side, bound in (("above", np.minimum), ("below", np.maximum)):
        if rates.with_ratios(bound(rates.ratios(rates.true), value)):
            yield f"equals the rates with no ratio {side} {value:.4g}"


def _asked_elsewhere(rates: Gap | Flows) -> Iterator[str]:
    """The times at which the score was asked, if the rates of one of them are those found."""
    case = rates.case
    if not np.isfinite(case.t):
        return
    h = min(1.0, case.t) / 4096
    for u, _ in score_spy.score_calls(case.problem, case.t, case.t - h)[:4]:
        if abs(float(u) - case.t) > 2 * h:
            other = truth(case.problem, [float(u)], [float(u) * (1 - 1e-4)])
            small = Small(np.ones(1), other.kernel, np.zeros(1), other)
            if rates.is_from(true_rates(case.problem, float(u), small)):
                yield f"right if the score were asked at t={case.t:.4g}, not at {float(u):.4g}"


def _few(rates: Gap) -> Iterator[str]:
    count, all_of_them = rates.off.sum(), rates.made.sum()
    if 0 < count <= FEW < all_of_them:
        yield f"{count} of {all_of_them} moves {'is' if count == 1 else 'are'} off"


HYPOTHESES: tuple[Callable[[Gap], Iterator[str]], ...] = (
    _factor,
    _never,
    _noise_mixed_in,
    _power,
    _bound,
    _asked_elsewhere,
    _few,
)


def _is_one(value: float) -> bool:
    """As it would be printed."""
    return f"{value:.6g}" == "1"
