"""What it costs to stop at noise time ``δ`` instead of 0, in total variation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import absorbing_noise, early_stopping, uniform_noise
from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("early_stopping")
@dataclass(frozen=True)
class EarlyStopping(Inequality):
    """``TV(q_0, q_δ) <= 1 - (min_a P_δ(a,a))^d``; uniform and absorbing noise: at most ``d δ``.

    Trust: [D].  Rung: stopping.  Assumes ``δ > 0`` (at 0 it would read ``0 <= 0``); any noise,
    data and sampler.  Terms: ``stopping``, the right side.  Looser: ``d δ`` under uniform and
    under absorbing noise; under the latter the right side is ``1 - e^{-dδ}``, an equality.

    Proof.  ``X_0`` and ``X_δ`` live on one probability space, so
    ``TV(q_0, q_δ) <= Pr(X_δ ≠ X_0) = 1 - E Π_i P_δ(X_0^i, X_0^i)``.  Under uniform and absorbing
    noise ``P_δ(a,a) >= e^{-δ}``, the probability that nothing happens, and ``1 - e^{-dδ} <= dδ``.
    Under absorbing noise a sequence with a mask is no data: both are equal.  ∎
    """

    statement: ClassVar[str] = (
        "TV(q_0, q_δ) <= 1 - (min_a P_δ(a,a))^d <= d δ (uniform, absorbing noise)"
    )
    bounds_on: ClassVar[str] = "stopping"
    source: ClassVar[str] = "coupling; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(PottsRing(3, 3, 1.0), Uniform(), Tweedie(), grids.even(1.0, 0.1, 4))

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return early_stopping(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        kernel = problem.kernel(problem.grid.stop)
        # 1 - P(a,a) as a sum of what leaves: the difference would lose the digits of a small δ.
        leaves = (kernel - np.diag(np.diag(kernel))).sum(1).max()
        length, _ = quantities.log_size
        return {"stopping": -math.expm1(length * math.log1p(-leaves)) if leaves < 1 else 1.0}

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        if not any({**uniform_noise(problem), **absorbing_noise(problem)}.values()):
            return {}
        length, _ = quantities.log_size
        return {"d δ": length * problem.grid.stop}


@theorems.add("early_stopping_output")
@dataclass(frozen=True)
class EarlyStoppingOutput(Inequality):
    """``TV(q_0, p_out) <= TV(q_0, q_δ) + sqrt(KL(q_δ‖p_out) / 2)``: the sampler against the data.

    Trust: [D].  Rung: data.  Assumes ``δ > 0``; any noise, data and sampler.  Terms: ``stopping``
    and ``sampling`` (no larger than 1, which it is when the KL is infinite).

    Proof.  The triangle inequality, then Pinsker's inequality.  Lost mass is a cemetery state,
    in the KL and in the TV.  ∎
    """

    statement: ClassVar[str] = "TV(q_0, p_out) <= TV(q_0, q_δ) + sqrt(KL(q_δ‖p_out)/2)"
    bounds_on: ClassVar[str] = "data"
    source: ClassVar[str] = "triangle and Pinsker inequalities"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return EarlyStopping.example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return early_stopping(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        sampling = min(1.0, math.sqrt(quantities.rung("output")[0] / 2))
        return {"stopping": quantities.stopping_tv, "sampling": sampling}
