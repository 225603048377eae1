"""What it costs to measure a problem, known before it is run.

Seconds are those of a machine whose float64 matrix product was timed, in proportion; they were
fitted to the sweeps of this project and are right to a factor of about 2 for one problem.
"""

import time
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines import programs
from harness.engines.programs import Program
from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.measurement.chain import PAIRWISE_STATES
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.problem import Problem
from harness.process.space import Counts

PRODUCT = 1024  # rows of the square matrices whose product is timed
QUANTITIES = ("output", "chain")

# Seconds on a machine that takes FITTED_AT seconds for that product.
FITTED_AT = 0.032
CALL = 4e-4  # a step that does nothing: calls of compiled functions
CALL_COUNTS = 7e-3  # on counts many small ones
ENTRY = 6e-8  # a state, position and token of the step's law
PAIR = 6e-7  # two states, where the chain KL is a sum over them
MULTIPLIED = 2 / 67e9  # a flop of a matrix product, its making included
CONVOLVED = 1 / 4e9  # a flop of a convolution of counts
DRAWN = 5e-8  # a draw, position and token of a step
COMPILED = 1.5  # a program that no cache holds; on counts one program is forty


@dataclass(frozen=True)
class Cost:
    """``seconds`` to run, and ``compiling`` more unless the program ``compiled`` already.

    ``flops`` are of all steps, ``bytes`` what a step holds at once.  A cache on disk makes
    compiling cheaper, by how much is known only when it is asked; a run corrects for that as it
    goes.
    """

    states: float
    steps: int
    quantities: tuple[str, ...]
    flops: float
    bytes: float
    seconds: float
    compiling: float
    program: Program
    compiled: bool


def cost(problem: Problem, quantities: tuple[str, ...] = QUANTITIES) -> Cost:
    """What measuring ``quantities`` ("output", "chain") of ``problem`` takes on this machine.

    The first call times a matrix product.  Raises ValueError for another quantity.
    """
    unknown = set(quantities) - set(QUANTITIES)
    if unknown:
        raise ValueError(f"a cost is known of {QUANTITIES}, got {sorted(unknown)}")
    space, steps = problem.space, problem.grid.steps
    chain = "chain" in quantities
    if isinstance(problem.engine, MonteCarlo):
        entries = float(problem.engine.draws) * space.length * space.tokens
        states, held, flops, seconds = 0.0, 8.0 * entries, entries, CALL + DRAWN * entries
    else:
        step = space.step_cost()
        states, held, flops = (10.0**each for each in step)
        if isinstance(space, Counts):
            seconds = CALL_COUNTS + CONVOLVED * flops * (1 + chain)
        else:
            seconds = CALL + ENTRY * states * space.length * space.tokens + MULTIPLIED * flops
            if chain and not _product(problem) and states <= PAIRWISE_STATES:
                seconds += CALL + PAIR * states**2
    slower = product_seconds() / FITTED_AT
    return Cost(
        states=states,
        steps=steps,
        quantities=tuple(quantities),
        flops=flops * steps,
        bytes=held,
        seconds=slower * seconds * steps,
        compiling=slower * COMPILED,
        program=Program.of(problem),
        compiled=programs.compiled(problem),
    )


def _product(problem: Problem) -> bool:
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
