"""Sweeps of a theorem's steps: ever longer, ever shorter, all but one of them short, told wrong."""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from harness.law.claims import Trait
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, Noise, Uniform
from harness.process.score import Exact
from harness.regress import bank, theorem_bank
from harness.verdicts.complexity import with_steps

REFINED = (24, 48, 96, 192, 384)
TO_THE_DATA = 1e-3  # of the last step: so near that data without full support show it


def in_one(sampler: Any, noise: Noise) -> list[Problem]:
    """One step, however long, from noise that is ever nearer to ``q_T``.

    What is above the output KL may grow with a step without end; the output KL does not.
    """
    long = [grids.geometric(t, 0.1, 10 * t) for t in (2.0, 4.0, 8.0, 16.0)]
    return [bank.problem(sampler, bank.BIASED, grid, noise, start="noise") for grid in long]


def told_short(sampler: Any, noise: Noise) -> list[Problem]:
    """Steps of which the sampler is told nine tenths: an error that no step removes."""
    kappas = (0.2, 0.1, 0.05, 0.025, 0.0125)
    told = [theorem_bank.told_short(grids.geometric(2.0, 0.1, kappa), 0.9) for kappa in kappas]
    return [bank.problem(sampler, bank.BIASED, grid, noise) for grid in told]


def under_another(sampler: Any, noise: Noise) -> list[Problem]:
    """``step`` of the bank, where the example's noise is not all that the theorem takes."""
    other = Uniform() if isinstance(noise, Absorbing) else Absorbing()
    return bank.sweep("step", sampler, other)


def stops(sampler: Any, noise: Noise) -> list[Problem]:
    """Down to ``δ = 1e-6``, where two of four states are forbidden."""
    return [
        bank.problem(sampler, theorem_bank.SAME_BIT, grids.geometric(2.0, stop, 0.2), noise)
        for stop in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
    ]


def to_the_data(sampler: Any, noise: Noise) -> list[Problem]:
    """Even steps to where two of four states are forbidden: there even the output KL falls with h.

    On full support, or at a fixed ``δ``, it falls with its square.
    """
    must_be_quick(sampler)
    return [
        bank.problem(sampler, theorem_bank.SAME_BIT, grids.even(1.0, TO_THE_DATA / n, n), noise)
        for n in (16, 32, 64, 128, 256)
    ]


def one_long(sampler: Any, noise: Noise) -> list[Problem]:
    """The last step is long and costs nearly all; the others have the square of its length.

    So what is said of the mean step, of their number or of all but the last is too little.
    """
    must_be_quick(sampler)
    found = []
    for h in (0.2, 0.1, 0.05, 0.025):
        before = np.linspace(1.0, h, round((1 - h) / h**2) + 1).tolist()
        grid = grids.custom([*before, TO_THE_DATA * h])
        found.append(bank.problem(sampler, theorem_bank.SAME_BIT, grid, noise))
    return found


def at_a_small_stop(sampler: Any, noise: Noise) -> list[Problem]:
    """``δ = 1e-7``, which costs nothing beside the steps; full support.

    There a TV falls with the step, and its square is too little.
    """
    must_be_quick(sampler)
    return [
        bank.problem(sampler, bank.BIASED, grids.geometric(1.0, 1e-7, kappa), noise)
        for kappa in (0.1, 0.05, 0.025, 0.0125)
    ]


def of_a_point(sampler: Any, noise: Noise) -> list[Problem]:
    """One sequence from noise, in steps that cost nothing beside the start.

    It has no entropy, and its tokens say nothing of each other: a form that has one of these for
    what a start costs is left with its steps.
    """
    return [
        bank.problem(
            *(sampler, theorem_bank.POINT, grids.geometric(0.52, 0.5, kappa), noise), start="noise"
        )
        for kappa in (0.004, 0.002, 0.001, 0.0005)
    ]


def stopping_alone(sampler: Any, noise: Noise) -> list[Problem]:
    """One step of next to no length before ``δ``: the data are missed by what stopping costs.

    The steps of a form fade, however slowly it falls with them.
    """
    return [_stopped(sampler, noise, 0.1, share) for share in (1e-5, 1e-6, 1e-7, 1e-8)]


def stopping_earlier(sampler: Any, noise: Noise) -> list[Problem]:
    """The same at ever smaller ``δ``, beside which the step is nothing."""
    return [_stopped(sampler, noise, stop, 1e-14) for stop in (0.08, 0.04, 0.02, 0.01, 0.005)]


def stopping_from_noise(sampler: Any, noise: Noise) -> list[Problem]:
    """The same from noise, which is as far from the data at every ``δ``."""
    stops = (0.016, 0.008, 0.004, 0.002, 0.001)
    return [_stopped(sampler, noise, stop, 1e-14, start="noise") for stop in stops]


def _stopped(sampler: Any, noise: Noise, stop: float, share: float, **rest: Any) -> Problem:
    grid = grids.custom((stop * (1 + share), stop))
    return bank.problem(sampler, bank.BIASED, grid, noise, **rest)


def must_be_quick(sampler: Any) -> None:
    """Raise ValueError for one that adds up values in two stages, of hundreds of steps.

    A sum of Poisson numbers for each pair of states takes minutes.
    """
    if sampler.claims.adds_values and Trait.INDEPENDENT_TOKENS not in sampler.claims.traits:
        raise ValueError("it adds up values in two stages")


def refined(example: Problem, unmet: Callable[[Problem], Sequence[str]]) -> list[Problem]:
    """``example`` in more and more steps of its kind, if ``unmet`` lets it with no other error.

    Beside what does not fall with the step a right form with a small constant needs a growing one.
    """
    with suppress(ValueError):  # some samplers say where they start
        right = dataclasses.replace(example, score=Exact(), start="exact")
        if not unmet(right):
            example = right
    return [with_steps(example, steps) for steps in REFINED]
