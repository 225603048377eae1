"""Sweeps along every variable that the form of a rate may hold, one at a time.

Along each, one part of a right form is nearly all of it, so that the constant settles; the other
parts are kept out by steps so short that they cost nothing, or that shrink along with it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing, Noise, RateMatrix
from harness.regress import bank, theorem_bank
from harness.regress import theorem_sweeps_of_scores as scores
from harness.regress import theorem_sweeps_of_steps as steps
from toy_targets import Parity, Table

SLOW = RateMatrix([[-0.1, 0.1], [0.1, -0.1]])
"""Symmetric, and forgets with ``e^{-0.2 t}``."""


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


def _parities_in_even_steps(sampler: Any, noise: Noise) -> list[Problem]:
    """The same where all steps are equal, and shorter than ``1/d``: it costs what its DTC says.

    A geometric grid spends as many steps on any time, and what a sum costs then does not grow.
    """
    grid = grids.even(0.4, 0.0 if sampler.claims.starts_masked else 1e-4, 100)
    return _long(sampler, noise, Parity, grid, (16, 24, 36, 54))


def _long(
    sampler: Any,
    noise: Noise,
    target: Callable[[int], Any],
    grid: Grid,
    lengths: Sequence[int] = (),
) -> list[Problem]:
    if not theorem_bank.lumps(sampler):
        raise ValueError(f"{sampler} has no law on counts")
    lengths = lengths or ((8, 16, 32, 60) if isinstance(noise, Absorbing) else (50, 100, 200, 400))
    return [bank.problem(sampler, target(n), grid, noise) for n in lengths]


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
    "d of parity in even steps": Sweep("d", _parities_in_even_steps),
    "score error": Sweep("score_error", scores.errors),
    "score error in TV": Sweep("score_error", scores.errors_in_tv, of_data=True),
    "large score error": Sweep("large_score_error", scores.far_off),
    "T with a wrong score": Sweep("T", scores.times),
    "d with a wrong score": Sweep("d", scores.lengths, output_only=True),
    "S with a wrong score": Sweep("S", scores.vocabularies, output_only=True),
    "delta with a wrong score": Sweep("delta", scores.stops, output_only=True),
    "d with a wrong score in TV": Sweep("d", scores.lengths_in_tv, of_data=True),
    "T in one step": Sweep("T", steps.in_one, output_only=True),
    "score far too small": Sweep("large_score_error", scores.hardly_moves),
    "step from noise of a point": Sweep("step", steps.of_a_point),
    "step told too short": Sweep("step", steps.told_short),
    "step under another noise": Sweep("step", steps.under_another),
    "delta with forbidden states": Sweep("delta", steps.stops),
    "step before stopping": Sweep("step", steps.stopping_alone, of_data=True),
    "delta alone": Sweep("delta", steps.stopping_earlier, of_data=True),
    "delta from noise": Sweep("delta", steps.stopping_from_noise, of_data=True),
    "step to the data": Sweep("step", steps.to_the_data),
    "step that is last and long": Sweep("step", steps.one_long),
    "step at a small delta": Sweep("step", steps.at_a_small_stop),
}
"""``{name: sweep}``, beside those of ``bank.SWEEPS``."""


EVERY: Mapping[str, Sweep] = {
    **{name: Sweep(axis, partial(bank.sweep, name)) for name, axis in bank.SWEEPS.items()},
    **FURTHER,
}
