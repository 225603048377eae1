"""Sweeps of a wrong score: how wrong it is, and on what, beside steps that cost next to nothing."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, Noise
from harness.process.score import Perturbed
from harness.regress import bank
from harness.regress.theorem_sweeps_of_steps import must_be_quick
from toy_targets import PottsRing, Table


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


@dataclass(frozen=True)
class Hasty:
    """A score that would leave every state ``exp(size)`` times too fast, or too slowly below 0.

    It is as wrong for each token, so that what it costs is additive over independent ones.
    """

    size: float

    def log_error(self, space: Any, weights: Any) -> np.ndarray:
        """``[states, slots, S]``, ``size`` everywhere."""
        return np.full((space.size, space.slots, space.tokens), self.size)


@dataclass(frozen=True)
class ToOnes:
    """A score that would set every token to 1 ``exp(size)`` times too fast, else exact."""

    size: float

    def log_error(self, space: Any, weights: Any) -> np.ndarray:
        """``[states, slots, S]``, ``size`` of token 1."""
        found = np.zeros((space.size, space.slots, space.tokens))
        found[..., 1] = self.size
        return found


def errors(sampler: Any, noise: Noise) -> list[Problem]:
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


def errors_in_tv(sampler: Any, noise: Noise) -> list[Problem]:
    """All rates are off by one factor: a TV falls with it, the score error with its square.

    So do the steps, and next to nothing is missed of the data by stopping.
    """
    must_be_quick(sampler)
    return [
        bank.problem(
            sampler, bank.BIASED, grids.geometric(0.5, 1e-4, e**2 / 16), noise, score=Hasty(e)
        )
        for e in (0.4, 0.28, 0.2, 0.14)
    ]


def far_off(sampler: Any, noise: Noise) -> list[Problem]:
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


def times(sampler: Any, noise: Noise) -> list[Problem]:
    """The same score error in all, spread over ever more time."""
    score = Perturbed(score_error=1.0)
    return [
        bank.problem(sampler, bank.BIASED, grids.geometric(t, 0.1, 0.05), noise, score=score)
        for t in (2.0, 4.0, 8.0, 16.0)
    ]


def _with_haste(sampler: Any, noise: Noise, target: Any) -> Problem:
    """In steps that cost a hundredth of what the score does, in forms that count both."""
    must_be_quick(sampler)
    grid = grids.geometric(0.84, 0.8, 5e-4)
    return bank.problem(sampler, target, grid, noise, score=Hasty(4.5))


def hardly_moves(sampler: Any, noise: Noise) -> list[Problem]:
    """Rates of which next to nothing is left: a path costs the logarithm of what they lack.

    An error in squares or of the estimate's own mean, where that is 0, stays what it is.
    """
    must_be_quick(sampler)
    grid = grids.geometric(0.84, 0.8, 0.001)
    return [
        bank.problem(sampler, bank.BIASED, grid, noise, score=Hasty(-size))
        for size in (6.0, 9.0, 13.5, 20.0)  # a law that is followed in time has 1e-17 at the least
    ]


def lengths(sampler: Any, noise: Noise) -> list[Problem]:
    return [_with_haste(sampler, noise, bank.IndependentPairs(n)) for n in (1, 2, 3, 4)]


def vocabularies(sampler: Any, noise: Noise) -> list[Problem]:
    return [_leaves_zeros(sampler, noise, PottsRing(s, 2, 1.0), 0.5) for s in (6, 7, 8, 9)]


def stops(sampler: Any, noise: Noise) -> list[Problem]:
    return [_leaves_zeros(sampler, noise, bank.BIASED, t) for t in (0.4, 0.2, 0.1, 0.05)]


def _leaves_zeros(sampler: Any, noise: Noise, target: Any, stop: float) -> Problem:
    """At ``stop`` in time too short to come back, as in ``far_off``, and in so many steps.

    That time is a constant share of all, which a form may hold.  Under absorbing noise half of the
    masks are revealed too soon.
    """
    must_be_quick(sampler)
    share = 2e-7
    instant = share * stop
    grid = grids.geometric(stop + instant, stop, share / 400)
    score = Restless(math.log(40 / instant))
    if isinstance(noise, Absorbing):
        score = Hasty(math.log(0.5 * math.expm1(stop) / instant))
    return bank.problem(sampler, target, grid, noise, score=score)


def lengths_in_tv(sampler: Any, noise: Noise) -> list[Problem]:
    """Fair coins, a fifth of whose zeros become ones in an instant: a TV grows with the root of d.

    So does that of the score error.  The steps cost nothing, and stopping next to nothing.  Of odd
    numbers, among which the mean distance of fair coins from their mean has no steps up.
    """
    _must_move(noise)
    must_be_quick(sampler)
    stop, share = 1e-5, 1e-7
    instant = share * stop
    grid = grids.geometric(stop + instant, stop, share / 50)
    score = ToOnes(math.log(0.4 / instant))
    return [
        bank.problem(sampler, Table(np.full((2,) * d, 0.5**d)), grid, noise, score=score)
        for d in (3, 5, 7, 9)
    ]


def _must_move(noise: Noise) -> None:
    """Raise ValueError under a noise that takes nothing to a state without masks."""
    if isinstance(noise, Absorbing):
        raise ValueError("under absorbing noise no score moves a state of zeros")
