"""Sweeps along every variable that the form of a rate may hold, one at a time.

Along each, one part of a right form is nearly all of it, so that the constant settles; the other
parts are kept out by steps so short that they cost nothing, or that shrink along with it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing, Noise, RateMatrix
from harness.process.score import Perturbed
from harness.regress import bank, theorem_bank
from harness.regress import theorem_sweeps_of_steps as steps
from toy_targets import Parity, PottsRing, Table

SLOW = RateMatrix([[-0.1, 0.1], [0.1, -0.1]])
"""Symmetric, and forgets with ``e^{-0.2 t}``."""


@dataclass(frozen=True)
class Restless:
    """A score that would leave the state of zeros ``exp(size)`` times too fast, else exact.

    From there the probability to stay falls with the exponential of the score error: so no KL grows
    faster with it.
    """

    size: float

    def log_error(self, space: Any, weights: Any) -> np.ndarray:
        """``[states, slots, S]``, ``size`` in the first state."""
        found = np.zeros((space.size, space.slots, space.tokens))
        found[0] = self.size
        return found


class Sweep(NamedTuple):
    """``problems(sampler, noise)`` along ``axis``.  They raise ValueError where there are none.

    ``output_only``: nothing above the output KL is looked at; all that a start costs is in it.
    ``from_below``: it tells nothing of a bound from above; ``of_data``: but of ``data`` of no rung.
    """

    axis: str
    problems: Callable[[Any, Noise], list[Problem]]
    output_only: bool = False
    from_below: bool = False
    of_data: bool = False


def instant(start: float, length: float = 1e-9) -> Grid:
    """One step from ``start``, so short that only the start can be wrong; a geometric grid."""
    return grids.geometric(start, start - length, 2 * length / min(1.0, start - length))


def _times(sampler: Any, noise: Noise) -> list[Problem]:
    """KL falls with ``e^{-2T}`` on bits: no form may fall faster."""
    return [_from_noise(sampler, bank.BIASED, instant(t), noise) for t in (1.0, 2.0, 3.0, 4.0)]


def _slow_times(sampler: Any, noise: Noise) -> list[Problem]:
    """The same under a noise that forgets slowly."""
    return _times(sampler, SLOW)


def _vocabularies(sampler: Any, noise: Noise) -> list[Problem]:
    """``T = (log S)/2``: a word is kept with probability ``S^{-1/2}``, and worth ``(log S)/2``."""
    _words(sampler)
    return [
        _from_noise(sampler, theorem_bank.point_of(s), instant(math.log(s) / 2, 3e-11), noise)
        for s in (2**9, 2**11, 2**13, 2**15)
    ]


def _logarithms(sampler: Any, noise: Noise) -> list[Problem]:
    """Almost the data against noise: ``KL = d log S``."""
    grid = instant(0.01, 1e-12)
    return [_from_noise(sampler, _always_0(tokens), grid, noise) for tokens in (6, 7, 8, 9)]


def _always_0(tokens: int) -> Table:
    """Two tokens that are 0."""
    return Table(np.outer(np.eye(tokens)[0], np.eye(tokens)[0]))


def _logarithms_of_steps(sampler: Any, noise: Noise) -> list[Problem]:
    """One word twice: long steps lose what its tokens say of each other, which is ``log S``.

    Of a form with ``log(S/Δ)`` nearly all is ``log S`` there.  ``T`` is so late that the quotient
    is constant, to bounds from below too.
    """
    grid = grids.geometric(3.0, 0.01, 1.0)
    return [bank.problem(sampler, _alike(tokens), grid, noise) for tokens in (6, 7, 8, 9)]


def _alike(tokens: int) -> Table:
    """Two tokens that are the same, whichever."""
    return Table(np.eye(tokens) / tokens)


def _lengths(sampler: Any, noise: Noise) -> list[Problem]:
    return [
        _from_noise(sampler, bank.IndependentPairs(n), instant(0.5), noise) for n in (1, 2, 3, 4)
    ]


def _long_lengths(sampler: Any, noise: Noise) -> list[Problem]:
    """A bit repeated, on counts: its DTC and what it costs settle, and its TC grows with ``d``."""
    return _long(sampler, noise, theorem_bank.repeated, grids.geometric(6.0, 0.1, 0.2))


def _long_parities(sampler: Any, noise: Noise) -> list[Problem]:
    """A sum that is even, on counts: what it costs settles, and its DTC grows with ``d``.

    What tells of it is lost by ``t = 1/d``, where steps are short.
    """
    return _long(sampler, noise, Parity, grids.geometric(6.0, 1e-4, 0.2))


def _long(sampler: Any, noise: Noise, target: Callable[[int], Any], grid: Grid) -> list[Problem]:
    if not theorem_bank.lumps(sampler):
        raise ValueError(f"{sampler} has no law on counts")
    lengths = (8, 16, 32, 60) if isinstance(noise, Absorbing) else (50, 100, 200, 400)
    return [bank.problem(sampler, target(n), grid, noise) for n in lengths]


def _score_errors(sampler: Any, noise: Noise) -> list[Problem]:
    """The step shrinks with the square of the score error, of which it costs little."""
    return [
        bank.problem(
            sampler,
            bank.BIASED,
            grids.geometric(0.6, 0.5, error**2 / 64),
            noise,
            score=Perturbed(score_error=error),
        )
        for error in (0.5, 0.25, 0.125, 0.0625)
    ]


def _score_errors_in_tv(sampler: Any, noise: Noise) -> list[Problem]:
    """All rates are off by one factor: a TV falls with it, the score error with its square.

    So do the steps, and next to nothing is missed of the data by stopping.
    """
    steps.must_be_quick(sampler)
    return [
        bank.problem(
            sampler, bank.BIASED, grids.geometric(0.5, 1e-4, e**2 / 16), noise, score=Hasty(e)
        )
        for e in (0.4, 0.28, 0.2, 0.14)
    ]


def _far_off(sampler: Any, noise: Noise) -> list[Problem]:
    """Score errors of 7 to 16 nats, in time too short to come back.

    In steps so many that the rate is less than a tenth of what would leave a state in one of them:
    the error is the score's, not that of a step.
    """
    _must_move(noise)
    instant = 1e-11
    grid = grids.geometric(0.01 + instant, 0.01, instant / 40)
    return [
        bank.problem(sampler, bank.BIASED, grid, noise, score=Restless(math.log(times / instant)))
        for times in (150.0, 200.0, 270.0, 360.0)
    ]


def _times_of_a_wrong_score(sampler: Any, noise: Noise) -> list[Problem]:
    """The same score error in all, spread over ever more time."""
    score = Perturbed(score_error=1.0)
    return [
        bank.problem(sampler, bank.BIASED, grids.geometric(t, 0.1, 0.05), noise, score=score)
        for t in (2.0, 4.0, 8.0, 16.0)
    ]


@dataclass(frozen=True)
class Hasty:
    """A score that would leave every state ``exp(size)`` times too fast, or too slowly below 0.

    It is as wrong for each token, so that what it costs is additive over independent ones.
    """

    size: float

    def log_error(self, space: Any, weights: Any) -> np.ndarray:
        """``[states, slots, S]``, ``size`` everywhere."""
        return np.full((space.size, space.slots, space.tokens), self.size)


def _with_haste(sampler: Any, noise: Noise, target: Any) -> Problem:
    """In steps that cost a hundredth of what the score does, in forms that count both."""
    steps.must_be_quick(sampler)
    grid = grids.geometric(0.84, 0.8, 5e-4)
    return bank.problem(sampler, target, grid, noise, score=Hasty(4.5))


def _hardly_moves(sampler: Any, noise: Noise) -> list[Problem]:
    """Rates of which next to nothing is left: a path costs the logarithm of what they lack.

    An error in squares or of the estimate's own mean, where that is 0, stays what it is.
    """
    steps.must_be_quick(sampler)
    grid = grids.geometric(0.84, 0.8, 0.001)
    return [
        bank.problem(sampler, bank.BIASED, grid, noise, score=Hasty(-size))
        for size in (6.0, 9.0, 13.5, 20.0)  # a law that is followed in time has 1e-17 at the least
    ]


def _lengths_of_a_wrong_score(sampler: Any, noise: Noise) -> list[Problem]:
    return [_with_haste(sampler, noise, bank.IndependentPairs(n)) for n in (1, 2, 3, 4)]


def _vocabularies_of_a_wrong_score(sampler: Any, noise: Noise) -> list[Problem]:
    return [_leaves_zeros(sampler, noise, PottsRing(s, 2, 1.0), 0.5) for s in (6, 7, 8, 9)]


def _stops_of_a_wrong_score(sampler: Any, noise: Noise) -> list[Problem]:
    return [_leaves_zeros(sampler, noise, bank.BIASED, t) for t in (0.8, 0.4, 0.2, 0.1)]


def _leaves_zeros(sampler: Any, noise: Noise, target: Any, stop: float) -> Problem:
    """At ``stop`` in time too short to come back, as in ``_far_off``, and in so many steps.

    That time is a constant share of all, which a form may hold.
    """
    _must_move(noise)
    steps.must_be_quick(sampler)
    share = 2e-7
    instant = share * stop
    grid = grids.geometric(stop + instant, stop, share / 400)
    return bank.problem(sampler, target, grid, noise, score=Restless(math.log(40 / instant)))


def _must_move(noise: Noise) -> None:
    """Raise ValueError under a noise that takes nothing to a state without masks."""
    if isinstance(noise, Absorbing):
        raise ValueError("under absorbing noise no score moves a state of zeros")


def _words(sampler: Any) -> None:
    """Raise ValueError for a sampler that does not take classes of tokens."""
    if not theorem_bank.takes_classes(sampler):
        raise ValueError(f"{sampler} takes no classes of tokens")


def _from_noise(sampler: Any, target: Any, grid: Grid, noise: Noise) -> Problem:
    return bank.problem(sampler, target, grid, noise, start="noise")


FURTHER: Mapping[str, Sweep] = {
    "T from noise": Sweep("T", _times, output_only=True),
    "T from a slow noise": Sweep("T", _slow_times, output_only=True),
    "S and T from noise": Sweep("S", _vocabularies, output_only=True),
    "log S from noise": Sweep("log_S", _logarithms, output_only=True),
    "log S in steps": Sweep("log_S", _logarithms_of_steps),
    "d from noise": Sweep("d", _lengths, output_only=True),
    "d in the hundreds": Sweep("d", _long_lengths),
    "d of parity": Sweep("d", _long_parities, from_below=True),
    "score error": Sweep("score_error", _score_errors),
    "score error in TV": Sweep("score_error", _score_errors_in_tv, of_data=True),
    "large score error": Sweep("large_score_error", _far_off),
    "T with a wrong score": Sweep("T", _times_of_a_wrong_score),
    "d with a wrong score": Sweep("d", _lengths_of_a_wrong_score, output_only=True),
    "S with a wrong score": Sweep("S", _vocabularies_of_a_wrong_score, output_only=True),
    "delta with a wrong score": Sweep("delta", _stops_of_a_wrong_score, output_only=True),
    "T in one step": Sweep("T", steps.in_one, output_only=True),
    "score far too small": Sweep("large_score_error", _hardly_moves),
    "step from noise of a point": Sweep("step", steps.of_a_point),
    "step told too short": Sweep("step", steps.told_short),
    "step under another noise": Sweep("step", steps.under_another),
    "delta with forbidden states": Sweep("delta", steps.stops),
    "step before stopping": Sweep("step", steps.stopping_alone, of_data=True),
    "delta alone": Sweep("delta", steps.stopping_earlier, of_data=True),
    "step to the data": Sweep("step", steps.to_the_data),
    "step that is last and long": Sweep("step", steps.one_long),
    "step at a small delta": Sweep("step", steps.at_a_small_stop),
}
"""``{name: sweep}``, beside those of ``bank.SWEEPS``."""


EVERY: Mapping[str, Sweep] = {
    **{name: Sweep(axis, partial(bank.sweep, name)) for name, axis in bank.SWEEPS.items()},
    **FURTHER,
}
