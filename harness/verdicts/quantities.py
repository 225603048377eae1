"""What theorems are written in: exact quantities of one problem, each computed when asked for."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from harness.law.claims import Trait
from harness.measurement.differential_inequality import differential_inequality, unmeasured
from harness.measurement.measure import (
    SCORE_ROUNDING,
    Measurement,
    measure,
    score_error,
)
from harness.measurement.output import start_floor, start_kl
from harness.measurement.path_of_tokens import TokenPaths, token_paths
from harness.measurement.reveal_chain import UNFINISHED
from harness.measurement.reveal_walk import RevealWalk, walk
from harness.measurement.score_error_in_time import score_error_in_time
from harness.numerics import divergence
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem.problem import Problem
from harness.process.truth.underflow import seen
from harness.verdicts.quantities_of_path import PathQuantities


class Quantities(PathQuantities):
    """Exact quantities of ``problem``, in nats, shared by all theorems that are checked on it.

    A *rung* is a quantity that a theorem can bound.  Those of the ladder are KLs: ``output <= chain
    <= path``, and ``output <= differential``, the differential inequality of ``effective``; of
    ``differential`` and ``chain`` or ``path`` either can be the larger.  ``average``, of a sampler
    that draws which tokens to reveal, is the KL given the sets, averaged over them.  ``start`` is
    ``KL(q_T‖stationary)``, ``stopping`` is ``TV(q_0, q_δ)``, ``tv`` is ``TV(q_δ, p_out)`` and
    ``data`` is ``TV(q_0, p_out)``; a method takes the ``name`` of one, or noise times ``t > s``.
    ``output_only``: chain and path are nan.
    """

    LADDER: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "output": ("output",),
        "average": ("average", "output"),
        "chain": ("chain", "output"),
        "path": ("path", "chain", "output"),
        "differential": ("differential", "output"),
    }
    """``{rung: itself and those below it}``."""
    RUNGS: ClassVar[tuple[str, ...]] = (*LADDER, "start", "stopping", "tv", "data")

    ROUNDED: ClassVar[frozenset[str]] = frozenset(
        {
            *("measurement", "start_kl", "stationary_kl", "data_stationary_kl", "data_uniform_kl"),
            *("score_error", "dtc_data", "neighbour_information", "dtc", "dtc_fall"),
            *("stopping_tv", "step_factorisation", "step_approximation", "score_error_in_time"),
            *(
                "uniform_kl",
                "uniform_fall",
                "path_integral",
                "reveal_dependence",
                "parallel_rounds",
            ),
        }
    )
    """Quantities whose floor matters to a theorem that reads them; see ``rounding``."""

    def __init__(
        self,
        problem: Problem,
        *,
        output_only: bool = False,
        measured: Callable[[], Measurement] | None = None,
    ) -> None:
        """``measured`` measures ``problem``, where that is done together with others."""
        self.problem = problem
        self.output_only = output_only
        self._measured = measured
        self.evaluated: dict[Any, Any] = {}  # right-hand sides, by theorem: each is computed once

    @cached_property
    def measurement(self) -> Measurement:
        if self._measured:
            return self._measured()
        return measure(self.problem, output_only=self.output_only)

    @property
    def ends(self) -> Measurement:
        """What is known of the output: less than ``measurement``, or the same."""
        return self.measurement

    @classmethod
    def rungs_on(cls, side: str, own: str) -> tuple[str, ...]:
        """``own`` and the rungs that a bound on it, from this ``side``, also bounds.

        An upper bound holds for all rungs below, a lower bound for all above.
        """
        below = cls.LADDER.get(own, (own,))
        above = (own, *(name for name, under in cls.LADDER.items() if own in under[1:]))
        return {"upper": below, "lower": above}[side]

    def rung(self, name: str) -> tuple[float, float]:
        """``(value, floor)``: the value is nan where it is not measured."""
        match name:
            case "output":
                return self.ends.kl, self.ends.floor
            case "chain":
                return self.measurement.chain_kl, self.measurement.chain_floor
            case "average":
                # In its own order a chain whose sets do not depend on the data is that mean.
                averages = self.problem.sampler.claims.subset_sizes is not None
                return self.rung("chain") if averages else (np.nan, 0.0)
            case "path":
                return self._path
            case "differential":
                return self.differential
            case "start":
                return self.stationary_kl, self.rounding("stationary_kl")
            case "stopping":
                return self.stopping_tv, self.rounding("stopping_tv")
            case "tv":
                return self.ends.tv, self.ends.floors["tv"]
            case "data":
                return self.ends.data_tv, self.ends.floors["data_tv"]
        raise ValueError(f"no rung named {name!r}; known: {', '.join(self.RUNGS)}")

    def rung_rounding(self, name: str) -> float:
        """How far rounding alone can move a rung."""
        if name == "path" and math.isnan(self.measurement.path_kl):
            return self._token_paths.path_rounding + self.rounding("start_kl")
        if name in (of_output := {"output": "kl", "tv": "tv", "data": "data_tv"}):
            return self.ends.floors.get(of_output[name], 0.0)
        if name in (of_steps := {"chain": "chain_kl", "average": "chain_kl", "path": "path_kl"}):
            return self.measurement.floors.get(of_steps[name], 0.0)
        if name == "stopping":
            return self.rounding("stopping_tv")
        if name == "start":
            return self.rounding("stationary_kl")
        return divergence.kl_floor(self.rung(name)[0], self.problem.grid.steps)

    def rounding(self, name: str, *at: float) -> Any:
        """How far rounding can move a quantity of ``ROUNDED``, at the times ``at`` if it has any.

        Of ``step_factorisation`` a floor a step.
        """
        match name:
            case "dtc":
                return self._known_dtc[at[0]][1] if self.dtc(*at) else 0.0  # 0 stays 0
            case "dtc_fall":
                return self.rounding("dtc", at[0]) + self.rounding("dtc", at[1])
            case "dtc_data":
                return self.problem.dependence_floors[1] if self.dtc_data else 0.0
            case "neighbour_information":
                return sum(self.problem.dependence_floors)
            case "step_factorisation":
                return self._factorisation_floors
            case "uniform_fall" | "path_integral":
                return self.path_rounding(name, *at)
            case "step_approximation":
                return self._token_paths.approximation_rounding
            case "stopping_tv":
                laws = self.problem.data_law, self._stopped_law
                size = float(np.sqrt(sum(law @ law for law in laws)))
                return ENTRY_ERROR * self.problem.space.length * size
            case "start_kl":
                return start_floor(self.problem)
            case "stationary_kl":
                laws = self._noised_law, self.problem.noise_law
                return divergence.kl_of_laws_floor(*laws, self.problem.space.length**2)
            case "parallel_rounds":
                return ENTRY_ERROR * self.parallel_rounds
            case "uniform_kl":
                return divergence.kl_floor(self.uniform_kl(*at), self.problem.space.length**2)
            case "score_error_in_time":
                return self._score_error_in_time[1]
            case "score_error":
                return SCORE_ROUNDING * self.score_error
        return divergence.kl_floor(getattr(self, name), self.problem.space.length**2)

    def measurable(self, name: str) -> bool:
        """Whether this rung may have a value; where not, it is known before anything is run."""
        if name != "differential":
            return True
        frozen = Trait.FROZEN_RATES in self.problem.sampler.claims.traits
        return not self.output_only and (frozen or not unmeasured(self.problem))

    def idle(self, name: str) -> float:
        """What doing nothing gives on this rung: a bound no smaller says nothing."""
        match name:
            case "stopping" | "tv" | "data":
                return 1.0
            case "start":
                return self.problem.kl_to_independent(self._stopped_law)
        return self.ends.idle_kl

    def idle_rounding(self, name: str) -> float:
        """How far rounding can move ``idle``."""
        match name:
            case "stopping" | "tv" | "data":
                return 0.0
            case "start":
                laws = self._stopped_law, self.problem.noise_law
                return divergence.kl_of_laws_floor(*laws, self.problem.space.length**2)
        return self.ends.floors["idle_kl"]

    @property
    def _path(self) -> tuple[float, float]:
        """Where it was not measured along the way, it is integrated when somebody asks."""
        m = self.measurement
        if self.output_only or not math.isnan(m.path_kl):
            return m.path_kl, m.path_floor
        found = self._token_paths
        return m.start_kl + found.path, found.path_floor + m.floors["start_kl"]

    @cached_property
    def _token_paths(self) -> TokenPaths:
        return token_paths(self.problem)

    @property
    def score_error_in_time(self) -> float:
        """``∫_δ^T L_SE(u) du``: the score error at every time, not at those of the grid."""
        return self._score_error_in_time[0]

    @cached_property
    def _score_error_in_time(self) -> tuple[float, float]:
        return score_error_in_time(self.problem)

    @property
    def step_approximation(self) -> float:
        """``∫ E Σ D(r*, r̂) du``: the sampler's rates beside the best ones of tokens by themselves.

        See ``harness.measurement.path_of_tokens``; ``nan`` where it is not measured.
        """
        return self._token_paths.approximation

    @cached_property
    def differential(self) -> tuple[float, float]:
        """``(value, error)`` of the differential inequality; for a generator it is the path KL."""
        if self.output_only:
            return np.nan, 0.0
        if Trait.FROZEN_RATES in self.problem.sampler.claims.traits:
            return self.measurement.path_kl, self.measurement.path_floor
        value, error, _ = differential_inequality(self.problem)
        return value, error

    @cached_property
    def start_kl(self) -> float:
        """``KL(q_T‖p_0)``, 0 when the sampler starts at ``q_T``."""
        return start_kl(self.problem)

    @cached_property
    def stationary_kl(self) -> float:
        """``KL(q_T‖stationary)``, wherever the sampler starts."""
        return self.problem.kl_to_independent(self._noised_law)

    @cached_property
    def reveal_dependence(self) -> float:
        """``E Σ_r TC(X_{S_r} | x_{C_r})`` of a decoder that looks at values.  Raises ValueError."""
        return self._walk.dependence

    @cached_property
    def parallel_rounds(self) -> float:
        """The mean number of rounds of such a decoder that reveal more than one token."""
        return self._walk.parallel

    @cached_property
    def hidden_cost(self) -> float:
        """0, or infinite where the steps of such a decoder are too few and a mask is left."""
        return math.inf if self._walk.hidden > UNFINISHED else 0.0

    @cached_property
    def _walk(self) -> RevealWalk:
        return walk(self.problem)

    @cached_property
    def score_error(self) -> float:
        """``ε_score``."""
        return score_error(self.problem)

    @cached_property
    def _noised_law(self) -> np.ndarray:
        return seen(self.problem.space, self.problem.marginal(self.problem.grid.start))

    @cached_property
    def step_factorisation(self) -> tuple[float, ...]:
        """``E TC(X_s | X_t)`` of each step (a fact of the truth, not of the sampler)."""
        if not self.output_only and self.measurement.step_factorisation:
            return self.measurement.step_factorisation
        return tuple(each.factorisation for each in self._reversals)

    @property
    def _factorisation_floors(self) -> tuple[float, ...]:
        if not self.output_only and self.measurement.step_factorisation:
            return self.measurement.step_floors
        return tuple(each.own_floor + each.alike_floor for each in self._reversals)

    @cached_property
    def _reversals(self) -> list[Any]:
        return [self.problem.reversal(t, s) for t, s in self.problem.grid.intervals()]
