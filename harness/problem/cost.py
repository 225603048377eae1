"""What it costs to measure a problem, known before it is run, and told where it is refused.

Seconds are those of a machine whose float64 matrix product was timed, in proportion; they were
fitted to the sweeps of this project and are right to a factor of about 2 for one problem.
"""

import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.problem import programs
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.programs import Program
from harness.problem.spaces import Spaces
from harness.process.space import Counts, Space
from harness.process.step_cost import StepCost

PRODUCT = 1024  # rows of the square matrices whose product is timed
QUANTITIES = ("output", "chain")
PAIRED = 4096  # states up to which the chain KL of a step that is no product is a sum over pairs

# Seconds on a machine that takes FITTED_AT seconds for that product.
FITTED_AT = 0.028
RUN = 1.5e-3  # a run that does nothing
CALL = 3e-5  # a step that does nothing
CALL_COUNTS = 7e-3  # on counts many small ones
ENTRY = 2.6e-8  # a state, position and token of the step's law; the chain KL takes it once more
PAIR = 8e-8  # two states, where the chain KL is a sum over them
MULTIPLIED = 1.4 / 77e9  # a flop of a matrix product, its making included
CONVOLVED = 1 / 3.2e9  # a flop of a convolution of counts
DRAWN = 5e-8  # a draw, position and token of a step
COMPILED = 1.5  # a program that no cache holds; on counts one program is forty


@dataclass(frozen=True)
class Cost:
    """``seconds`` to run, and ``compiling`` more unless the program ``compiled`` already.

    ``flops`` are of all steps, ``bytes`` what a step holds at once: whole numbers, infinite where
    they are larger than a float, and ``step`` then still has their logarithms.  A cache on disk
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


def cost(problem: Spaces, quantities: tuple[str, ...] = QUANTITIES) -> Cost:
    """What measuring ``quantities`` ("output", "chain") of a ``problem`` takes on this machine.

    A problem that is refused has its cost in the error, ``TooLarge``.  The first call times a
    matrix product.  Raises ValueError for another quantity.
    """
    unknown = set(quantities) - set(QUANTITIES)
    if unknown:
        raise ValueError(f"a cost is known of {QUANTITIES}, got {sorted(unknown)}")
    steps, engine = problem.grid.steps, problem.engine
    slower = product_seconds() / FITTED_AT
    states, held, flops, step = 0, 0, 0, None
    if isinstance(engine, MonteCarlo):
        flops = engine.draws * problem.space.length * problem.space.tokens
        held, seconds = 8 * flops, CALL + DRAWN * flops
    else:
        space = problem.space if isinstance(problem.space, Counts) else problem.chain_space
        step = space.step_cost()
        states, held, flops = step.whole or (math.inf,) * 3
        seconds = _seconds(problem, space, states, flops, quantities)
    return Cost(
        states=states,
        steps=steps,
        quantities=tuple(quantities),
        flops=flops * steps,
        bytes=held,
        seconds=slower * (RUN + seconds * steps),
        compiling=slower * COMPILED,
        program=Program.of(problem),
        compiled=programs.compiled(problem),
        step=step,
    )


def _seconds(
    problem: Spaces, space: Space, states: float, flops: float, quantities: tuple[str, ...]
) -> float:
    """Of one step by an exact engine, where the product takes ``FITTED_AT``."""
    output, chain = "output" in quantities, "chain" in quantities
    if isinstance(space, Counts):
        return CALL_COUNTS + CONVOLVED * flops * (1 + chain)
    entries = ENTRY * states * space.length * space.tokens
    # A chain's own law is known: nothing is pushed for it.
    seconds = CALL + entries + MULTIPLIED * flops * output
    if chain and not _product(problem) and states <= PAIRED:
        return seconds + PAIR * states**2
    return seconds + entries if chain else seconds


def _product(problem: Spaces) -> bool:
    """Whether tokens move independently in a step, so that its chain KL is a sum over them."""
    return Trait.INDEPENDENT_TOKENS in problem.sampler.claims.traits


@cache
def product_seconds() -> float:
    """Seconds of the product of two square float64 matrices of 1,024 rows, the best of a few."""
    with float64():
        a = jnp.asarray(np.random.default_rng(0).random((PRODUCT, PRODUCT)))
        multiply = jax.jit(jnp.matmul)
        times = []
        for _ in range(4):  # the first compiles
            began = time.perf_counter()
            jax.block_until_ready(multiply(a, a))
            times.append(time.perf_counter() - began)
    return min(times)
