"""Facts of the data and the noise that theorems are written in, whatever the sampler."""

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from harness.measurement.reveal_profile import RevealProfile
from harness.numerics import divergence
from harness.problem.problem import Problem


class Facts:
    """Of ``problem`` before its sampler runs, in nats, each computed when asked for."""

    problem: Problem

    @cached_property
    def data_stationary_kl(self) -> float:
        """``KL(q_0‖stationary)``."""
        return self.problem.kl_to_independent(self.problem.data_law)

    @cached_property
    def data_uniform_kl(self) -> float:
        """``KL(q_0‖uniform) = d log S - H(X_0)``; a mask is no token."""
        space = self.problem.space
        token = space.weights / space.vocabulary
        if space.masked:
            token[-1] = 0.0
        return self.problem.kl_to_independent(self.problem.data_law, token)

    def uniform_kl(self, t: float) -> float:
        """``KL(q_t‖uniform) = d log S - H(X_t)``, under a noise without a mask."""
        space = self.problem.space
        return self.problem.kl_to_independent(
            self.problem.marginal(t), space.weights / space.vocabulary
        )

    @cached_property
    def reveal_profile(self) -> RevealProfile:
        """What masked tokens tell about each other.  Raises ValueError without a mask."""
        return RevealProfile.of(self.problem)

    @cached_property
    def dtc_data(self) -> float:
        """``DTC(X_0)``."""
        return self.problem.dependence[1]

    @cached_property
    def neighbour_information(self) -> float:
        """``Σ_i I(X_0^i; X_0^{-i}) = TC(X_0) + DTC(X_0)``."""
        return sum(self.problem.dependence)

    def dtc(self, t: float) -> float:
        """``DTC(X_t)``."""
        problem, known = self.problem, self._known_dtc
        if t not in known:
            found = problem.truth.dual_total_correlation_with_floor
            known[t] = found(problem.space, problem.marginal(t))
        return known[t][0]

    @cached_property
    def _known_dtc(self) -> dict[float, tuple[float, float]]:
        problem = self.problem
        return _dtc_by_time(problem.target, problem.noise, problem.max_states, problem.engine)

    def dtc_fall(self, t: float, s: float) -> float:
        """``DTC(X_s) - DTC(X_t)``: DTC falls as noise grows, and a rise is rounding."""
        return max(self.dtc(s) - self.dtc(t), 0.0)

    @cached_property
    def _stopped_law(self) -> np.ndarray:
        return self.problem.marginal(self.problem.grid.stop)

    @cached_property
    def stopping_tv(self) -> float:
        """``TV(q_0, q_δ)``, what stopping early costs."""
        return divergence.tv(self.problem.data_law, self._stopped_law)

    @cached_property
    def log_size(self) -> tuple[float, float]:
        """``(d, log S)``."""
        return float(self.problem.space.length), float(np.log(self.problem.space.vocabulary))


@lru_cache(maxsize=16)
def _dtc_by_time(*forward: Any) -> dict[float, tuple[float, float]]:
    """What is known of ``DTC(X_t)`` and its floor by ``t``: it is the same for all samplers."""
    return {}
