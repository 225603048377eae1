"""What it costs to measure a problem, known before it is run, and told where it is refused.

Seconds are of CPU, of a machine whose float64 matrix product was timed, in proportion; they were
fitted to the sweeps of this project (``step_seconds``) and are right to a factor of about 2.
"""

import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.precision import float64
from harness.problem import programs, step_seconds
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.programs import Program
from harness.problem.spaces import Spaces
from harness.process.counts import Counts
from harness.process.step_cost import StepCost

PRODUCT = 1024  # rows of the square matrices whose product is timed
QUANTITIES = ("output", "chain")
RUNGS = ("path", "differential")
"""What theorems may ask for beside what is measured."""
KNOWN = (*QUANTITIES, *RUNGS)
FITTED_AT = 0.0295  # seconds of CPU of that product where the constants were fitted


@dataclass(frozen=True)
class Cost:
    """``seconds`` to run, and ``compiling`` more unless the program ``compiled`` already, of CPU.

    ``flops`` are of all steps, ``bytes`` what a step holds at once: whole numbers, infinite where
    they are larger than a float, and ``step`` then still has their logarithms.  A program is
    made of so many ``parts``, of which a process holds a limited number.  A cache on disk
    makes compiling cheaper, by how much is known only when it is asked; a run corrects for that as
    it goes.
    """

    states: int | float
    steps: int
    quantities: tuple[str, ...]
    flops: int | float
    bytes: int | float
    seconds: float
    compiling: float
    program: Program
    compiled: bool
    parts: int = 1
    step: StepCost | None = None

    @property
    def told(self) -> str:
        """Bytes and flops of a step, and the seconds of all, in words."""
        took = "more than 1e308" if math.isinf(self.seconds) else f"{self.seconds:.2g}"
        steps = f"{self.steps} step{'s' if self.steps > 1 else ''}"
        of_step = f"{self.step.told}, " if self.step else ""
        return f"{of_step}{steps} about {took} s on this machine"


class TooLarge(ValueError):
    """A problem that is refused for its size; ``cost`` says what all of it would take.

    ``told`` is what is too large, ``hint`` what can be done, both in words.
    """

    def __init__(self, told: str, cost: Cost, hint: str = "") -> None:
        super().__init__(f"{told}: {cost.told}{hint}")
        self.told, self.cost, self.hint = told, cost, hint

    def __reduce__(self) -> tuple[Any, ...]:
        return TooLarge, (self.told, self.cost, self.hint)


def cost(problem: Spaces, quantities: Collection[str] = QUANTITIES) -> Cost:
    """What measuring ``quantities`` of a ``problem`` takes on this machine.

    ``"output"`` and ``"chain"`` are what ``measure`` gives; ``"path"`` and ``"differential"`` what
    theorems ask for beside.  A problem that is refused has its cost in the error, ``TooLarge``.
    The first call times a matrix product.  Raises ValueError for another quantity.
    """
    unknown = set(quantities) - set(KNOWN)
    if unknown:
        raise ValueError(f"a cost is known of {KNOWN}, got {sorted(unknown)}")
    steps, engine = problem.grid.steps, problem.engine
    slower = product_seconds() / FITTED_AT
    states, held, flops, step = 0, 0, 0, None
    if isinstance(engine, MonteCarlo):
        flops = engine.draws * problem.space.length * problem.space.tokens
        held = 8 * flops
    else:
        space = problem.space if isinstance(problem.space, Counts) else problem.chain_space
        step = space.step_cost()
        states, held, flops = step.whole or (math.inf,) * 3
    found = step_seconds.of(problem, states, flops, frozenset(quantities))
    return Cost(
        states=states,
        steps=steps,
        quantities=tuple(quantities),
        flops=flops * steps,
        bytes=held,
        seconds=slower * (found.run + found.step * steps),
        compiling=slower * found.compiling,
        program=Program.of(problem),
        compiled=programs.compiled(problem),
        parts=found.parts,
        step=step,
    )


@cache
def product_seconds() -> float:
    """CPU seconds of a product of square float64 matrices of 1,024 rows, the best of a few."""
    with float64():
        a = jnp.asarray(np.random.default_rng(0).random((PRODUCT, PRODUCT)))
        multiply = jax.jit(jnp.matmul)
        times = []
        for _ in range(4):  # the first compiles
            began = time.process_time()
            jax.block_until_ready(multiply(a, a))
            times.append(time.process_time() - began)
    return min(times)
