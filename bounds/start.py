"""How far the forward process still is from noise when the sampler takes over."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import absorbing_noise, finite_start, uniform_noise
from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Absorbing, Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn, Tweedie
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("start_uniform")
@dataclass(frozen=True)
class StartUniform(Inequality):
    """``KL(q_T‖uniform) <= e^{-T} KL(q_0‖uniform) <= e^{-T} d log S`` under uniform noise.

    Trust: [D].  Rung: start.  Assumes uniform noise; any data, any sampler, any grid.
    Terms: ``start = e^{-T} KL(q_0‖uniform)``.

    Proof.  By time ``T`` each token is still the clean one with probability ``p = e^{-T}``, else
    drawn afresh, independently of the other tokens and of the data.  Let ``A`` be the random set
    of clean tokens.  Given ``A`` the law of ``X_T`` is that of ``X_0^A`` times the uniform law of
    the rest, and KL is convex, so
    ``KL(q_T‖uniform) <= E KL(law of X_0^A ‖ uniform) = p d log S - E H(X_0^A)``.
    A set that contains each token with probability ``p`` keeps a share ``p`` of the entropy: by
    the chain rule in the order of positions, and since conditioning on more lowers entropy,
    ``H(X^A) = Σ_{i in A} H(X^i | X^j: j in A, j < i) >= Σ_{i in A} H(X^i | X^{<i})``, whose
    expectation is ``p H(X)``.  So the right side is at most
    ``p (d log S - H(X_0)) = p KL(q_0‖uniform)``, and an entropy is not negative.  ∎
    """

    statement: ClassVar[str] = "KL(q_T‖uniform) <= e^{-T} KL(q_0‖uniform) <= e^{-T} d log S"
    bounds_on: ClassVar[str] = "start"
    source: ClassVar[str] = "contraction of entropy under resampling; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(PottsRing(3, 3, 1.0), Uniform(), Tweedie(), grids.even(1.0, 0.1, 4))

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return uniform_noise(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {"start": math.exp(-problem.grid.start) * quantities.data_stationary_kl}

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        length, log_tokens = quantities.log_size
        return {"e^{-T} d log S": math.exp(-problem.grid.start) * length * log_tokens}


@theorems.add("start_absorbing")
@dataclass(frozen=True)
class StartAbsorbing(Inequality):
    """``KL(q_T‖surrogate) <= e^{-T} KL(q_0‖uniform) <= d e^{-T} log S`` under absorbing noise.

    The surrogate masks each token with probability ``1 - e^{-T}`` and else draws it uniformly from
    the ``S`` tokens: against the stationary law, which is all masked, the KL is infinite.

    Trust: [D].  Rung: start.  Assumes absorbing noise and ``T < inf`` (there it would read
    ``0 <= 0``); any data, any sampler, any grid.  Terms: ``start = e^{-T} KL(q_0‖uniform)``.
    It is an equality for independent tokens.

    Proof.  By time ``T`` a token is still clean with probability ``p = e^{-T}``, independently of
    the other tokens and of the data.  Let ``A`` be the random set of clean tokens.  Which they are
    can be read off ``X_T``, and ``A`` has the same law under ``q_T`` and under the surrogate: so,
    by the chain rule, ``KL(q_T‖surrogate) = E KL(law of X_0^A ‖ uniform) = p d log S - E H(X_0^A)``
    exactly.  By the chain rule in the order of positions, and since conditioning on more lowers
    entropy, ``H(X^A) = Σ_{i in A} H(X^i | X^j: j in A, j < i) >= Σ_{i in A} H(X^i | X^{<i})``,
    whose expectation is ``p H(X)``.  So the KL is at most
    ``p (d log S - H(X_0)) = p KL(q_0‖uniform)``, and an entropy is not negative.  ∎
    """

    statement: ClassVar[str] = "KL(q_T‖surrogate) <= e^{-T} KL(q_0‖uniform) <= d e^{-T} log S"
    bounds_on: ClassVar[str] = "start"
    source: ClassVar[str] = (
        "chain rule; proof in the docstring.  The second inequality up to its constant: Liang, "
        "Huang, Lai, Shroff, Liang, arXiv 2506.02318"
    )
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grids.even(1.0, 0.1, 4))

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**absorbing_noise(problem), **finite_start(problem)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {"start": math.exp(-problem.grid.start) * quantities.data_uniform_kl}

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        length, log_tokens = quantities.log_size
        return {"d e^{-T} log S": math.exp(-problem.grid.start) * length * log_tokens}
