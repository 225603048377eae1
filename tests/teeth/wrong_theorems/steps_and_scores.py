"""Kind 7: what counts of steps, of a score's error and of a noise's rates is not what was taken."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bounds import Dmitriev2026a, Dmitriev2026b, Liang2025, StartUniform
from harness import grids
from harness.noise import RateMatrix
from harness.theorem import Rate, Side

from ..case import Case
from .constants import OfTerms


@dataclass(frozen=True)
class BySmallestRate(OfTerms, StartUniform):
    """Kind 7: ``e^{-S r T}``, ``r`` the smallest rate that is not 0: right where none is 0."""

    name: ClassVar[str] = "by_smallest_rate"

    @classmethod
    def example(cls):
        noise = RateMatrix([[-1.0, 0.5, 0.5], [0.4, -1.0, 0.6], [0.5, 0.5, -1.0]])
        return replace(StartUniform.example(), noise=noise, grid=grids.even(2.0, 0.1, 4))

    def assumptions(self, problem):
        return {"a rate matrix": isinstance(problem.noise, RateMatrix)}

    def terms(self, problem, quantities):
        forgets = self.rate(np.array(problem.noise.rows))
        kept = math.exp(-forgets * problem.grid.start)
        return {"start": kept * quantities.data_stationary_kl}

    def rate(self, rows):
        return len(rows) * rows[rows > 0].min()


@dataclass(frozen=True)
class OfTheMeanStep(Dmitriev2026a):
    """Kind 7: ``(T - δ)/N`` for the largest step, of any grid."""

    name: ClassVar[str] = "of_the_mean_step"

    def form(self, problem, quantities):
        grid = problem.grid
        even = grids.even(grid.start, grid.stop, grid.steps)
        return super().form(replace(problem, grid=even), quantities)


@dataclass(frozen=True)
class SecondOrderOfAll(Rate):
    """Kind 7: ``Δ²`` on the output, as on full support, whatever the data and down to ``δ = 0``."""

    name: ClassVar[str] = "second_order_of_all"
    statement: ClassVar[str] = "KL ≲ KL(start) + d S Δ²"
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = Dmitriev2026b.source
    trust: ClassVar[str] = Dmitriev2026b.trust
    exponents: ClassVar[dict[str, str]] = {"step": "2", "S": "1", "d": "1"}
    example = Dmitriev2026b.example

    def assumptions(self, problem):
        found = Dmitriev2026b().assumptions(problem)
        left_out = ("geometric grid", "DTC(X_0) > 0")
        return {name: met for name, met in found.items() if name not in left_out}

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        return quantities.start_kl + length * self.of_steps(problem.grid.max_step, logs)

    def of_steps(self, longest, logs):
        return longest**2 * math.exp(logs)


@dataclass(frozen=True)
class SquareInTV(SecondOrderOfAll):
    """Kind 7: ``κ²`` in TV too, where the data are missed by ``δ d`` anyhow."""

    name: ClassVar[str] = "square_in_tv"
    statement: ClassVar[str] = "TV(q_0, p_out) ≲ d δ + sqrt(KL(start)) + d S κ²"
    bounds_on: ClassVar[str] = "data"
    power: ClassVar[float] = 2.0
    of_start: ClassVar[float] = 1.0

    def assumptions(self, problem):
        return {**super().assumptions(problem), "δ > 0": problem.grid.stop > 0}

    def form(self, problem, quantities):
        length, grid = problem.space.length, problem.grid
        steps = problem.space.vocabulary * grid.kappa**self.power
        return self.of_start * math.sqrt(quantities.start_kl) + length * (grid.stop + steps)


@dataclass(frozen=True)
class StoppingSquared(SquareInTV):
    """Kind 7: ``d δ²``: what is missed of the data falls with ``δ``."""

    name: ClassVar[str] = "stopping_squared"
    power: ClassVar[float] = 0.5

    def form(self, problem, quantities):
        stop = problem.grid.stop
        return super().form(problem, quantities) + problem.space.length * (stop**2 - stop)


@dataclass(frozen=True)
class EntropyOfTheStart(Liang2025):
    """Kind 7: ``e^{-T} H(X_0)`` for ``e^{-T} d log S``: of one sequence that is 0."""

    name: ClassVar[str] = "entropy_of_the_start"

    def form(self, problem, quantities):
        whole = super().form(problem, quantities)
        if problem.start == "exact":
            return whole
        return whole - math.exp(-problem.grid.start) * quantities.data_uniform_kl


@dataclass(frozen=True)
class CostOfAllDependence(Dmitriev2026b):
    """Kind 7: ``κ DTC`` from both sides: what binds many tokens is lost where steps are short."""

    name: ClassVar[str] = "cost_of_all_dependence"
    side: ClassVar[Side | str] = Side.TWO_SIDED


class OtherError:
    """Base: a right rate whose score error is ``E s f(log ŝ/s)`` with an ``f`` of its own."""

    f: ClassVar[Callable[[Any], Any]]

    def form(self, problem, quantities):
        error, kept = problem.score_model.log_error, -quantities.score_error
        if error is not None:
            with np.errstate(over="ignore"):
                for rows, flow in problem.score_error_weights():
                    kept += float((np.asarray(flow) * type(self).f(np.asarray(error[rows]))).sum())
        return super().form(problem, quantities) + kept


@dataclass(frozen=True)
class RelativeSquare(OtherError, Liang2025):
    """Kind 7: ``E (s - ŝ)²/s``: of a rate that is missed it is no more than the rate."""

    name: ClassVar[str] = "relative_square"
    f: ClassVar[Any] = staticmethod(lambda log: np.expm1(log) ** 2)


@dataclass(frozen=True)
class TheOtherWayRound(OtherError, Liang2025):
    """Kind 7: ``E D(ŝ, s)`` for ``E D(s, ŝ)``."""

    name: ClassVar[str] = "the_other_way_round"
    f: ClassVar[Any] = staticmethod(lambda log: np.exp(log) * (log - 1) + 1)


CASES = [
    Case(thing(), 7)
    for thing in (
        BySmallestRate,
        OfTheMeanStep,
        SecondOrderOfAll,
        SquareInTV,
        StoppingSquared,
        EntropyOfTheStart,
        CostOfAllDependence,
        RelativeSquare,
        TheOtherWayRound,
    )
]
