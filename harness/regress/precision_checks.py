"""That laws are computed in float64, everywhere, and said to be as exact as that."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines.sequences import step_laws
from harness.regress import bank
from harness.regress.check_outcome import Found
from harness.regress.traced_step import SHORT, program, short_floats

MOST = 1e-10  # of a law's entry: with a larger ``law_error`` little that is wrong would be seen


class PrecisionChecks:
    """The check of how exactly one sampler computes its law."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "computes in float64", self.float64

    def float64(self) -> Found:
        """Nothing on the way from the score to the law has fewer digits; ``law_error`` is small."""
        claims, problem = self.sampler.claims, bank.step_problems(self.sampler)[0]
        if claims.law_error > MOST:
            number = f"law_error={claims.law_error:g}"
            return Found(False, number, f"no more than {MOST:g}, or nothing else can be decided")
        if claims.on_host:
            law = step_laws.step_law(problem, *problem.grid.intervals()[0])
            kinds = Counter(str(np.asarray(leaf).dtype) for leaf in jax.tree.leaves(law))
            found = Counter({k: n for k, n in kinds.items() if jnp.dtype(k) in SHORT})
            told = "in the law that is returned; what is computed outside of JAX is not seen"
        else:
            with jax.enable_x64(True):
                x = problem.chain_space.states()
            short = list(short_floats(program(problem, x, True).jaxpr))
            found = Counter(kind for kind, _ in short)
            told = f"the first is made by {short[0][1]}" if short else ""
        if not found:
            return Found(True, "no number has fewer digits")
        numbers = ", ".join(f"{count} in {kind}" for kind, count in sorted(found.items()))
        return Found(False, f"operations with fewer digits: {numbers}", told)
