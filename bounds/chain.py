"""Data processing: the output cannot be further from the truth than the whole chain is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("chain")
@dataclass(frozen=True)
class Chain(Inequality):
    """``KL(q_δ‖p_out) <= KL(start) + Σ_k E KL(q_{s|t}(·|X_t) ‖ K_k(·|X_t))``, any sampler.

    Trust: [D].  Rung: output.  Assumes nothing.  Terms: ``chain``, the right side, or ``path``,
    the path KL that is above it, where the chain KL of a generator step is too large to sum, and
    ``quadrature``, how far that can be off.

    Proof.  The right side is the KL of the laws of the path at grid times (chain rule); its last
    point is a function of the path, and no function increases KL.  The grid times are in turn a
    function of the path at all times.  ∎
    """

    statement: ClassVar[str] = "output KL <= chain KL"
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = "data processing; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Uniform(),
            TauLeaping(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        m = quantities.measurement
        if math.isnan(m.chain_kl):
            return {"path": m.path_kl, "quadrature": m.path_floor}
        return {"chain": m.chain_kl}
