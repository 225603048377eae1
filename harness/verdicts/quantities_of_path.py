"""What theorems on paths are written in: the fall to the uniform law, and Girsanov's integral."""

import math
from functools import cached_property, lru_cache
from typing import Any

from harness.measurement import path_of_wrap
from harness.measurement.fall_to_uniform import fall_with_floor
from harness.measurement.output import start_kl
from harness.measurement.path_of_wrap import PathKL
from harness.verdicts.facts import Facts

PAIRS = 2**14  # states, tokens and pairs of symbols up to which a second way is worth its time


class PathQuantities(Facts):
    """Those of ``Quantities`` that are about noise that no shift modulo ``S`` turns."""

    def uniform_fall(self, t: float) -> float:
        """``φ(t) = -d/dt KL(q_t‖U)``, ``t > 0``."""
        return self._fall(t)[0]

    @property
    def path_integral(self) -> float:
        """Girsanov's integral for τ-leaping modulo ``S``, start and all, by quadrature.

        It knows nothing of the closed form that the path KL is measured by.  ``nan`` where there
        are too many states.
        """
        return self._girsanov.value

    def path_rounding(self, name: str, *at: float) -> float:
        """How far off one of these may be, at the times ``at`` if it has any."""
        if name == "path_integral":
            return self._girsanov.floor
        return self._fall(*at)[1]

    def _fall(self, t: float) -> tuple[float, float]:
        """``φ(t)`` and its floor, kept: they are the same for all samplers."""
        problem = self.problem
        known = _by_time(problem.target, problem.noise, problem.max_states, problem.engine)
        if t not in known:
            known[t] = fall_with_floor(problem, t)
        return known[t]

    @cached_property
    def _girsanov(self) -> PathKL:
        space = self.problem.space
        pairs = space.size * space.length * space.tokens**2
        if path_of_wrap.too_large(self.problem) or pairs > PAIRS:
            return PathKL(math.nan, 0.0)
        return path_of_wrap.by_quadrature(self.problem, start_kl(self.problem))


@lru_cache(maxsize=16)
def _by_time(*forward: Any) -> dict[float, tuple[float, float]]:
    """What is known of the fall to the uniform law by ``t``."""
    return {}
