"""A run of a problem as a function of arrays: to differentiate, to map over, to enclose."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines import exact
from harness.engines.sequences import one_run
from harness.engines.sequences.one_run import Given, Steps, Task
from harness.engines.steps import told_times
from harness.foundation.registry import label
from harness.foundation.validation import instance
from harness.measurement.chain import terms_of
from harness.measurement.reveal_chain import UNFINISHED, unfinished
from harness.numerics import divergence
from harness.numerics.divergence import total
from harness.problem.memory import remembering
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.truth.underflow import seen


class RunArguments(NamedTuple):
    """What a run depends on, as arrays.

    ``data [S^d]`` is ``q_0``.  ``start`` is ``p_0``, ``[S^d]`` or, of a sampler that remembers,
    that of tokens with their values, ``[(S memory)^d]``; ``None`` begins at ``q_T``.
    ``times [N + 1]`` fall; ``told [N]``: where the sampler is told that each step ends.  ``score``
    is what the sampler asks, any pytree with ``__call__(u, y [n, d]) -> [n, d, S]``; a ``Score``
    that has no data law is that of ``data`` under ``noise``, which is a pytree too.
    """

    data: Any
    start: Any
    times: Any
    told: Any
    score: Any
    noise: Noise


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class RunResult:
    """``law [S^d]`` of the output, of which ``lost`` is missing; ``clipped`` probability; KLs.

    ``kl`` is ``KL(q_δ‖p_out)`` in nats, ``chain_kl`` that of the chains, ``nan`` where none is
    known.  ``steps`` are the numbers ``[N]`` of each step, by the names of ``ChainTerms``;
    ``accounts`` say whether each had a law (``harness.engines.sequences.accounts``).
    """

    law: Any
    lost: Any
    clipped: Any
    kl: Any
    chain_kl: Any
    steps: Any
    accounts: Any


def run_function(
    problem: Problem, *, output_only: bool = False
) -> tuple[Callable[..., RunResult], RunArguments]:
    """``(function, arguments)``: ``function(*arguments)`` is the run of ``problem``, traceable.

    A function of its arguments alone, so that ``jax.grad``, ``jax.vmap`` and ``jax.make_jaxpr``
    take it; call it with 64 bits (``jax.enable_x64``).  Nothing is judged: what is no law shows in
    ``accounts``.  ``output_only`` leaves out the chain.  Raises ValueError for a problem whose run
    is no such function: on counts, by draws, of too many states to hold a step law at once, or of
    a sampler whose laws are made on the host.  Differentiating raises TypeError where the sampler's
    claims say why there is no derivative.
    """
    instance("problem", problem, Problem)
    _refuse(problem)
    sampler, space = problem.sampler, problem.chain_space
    task = Task(space, None if output_only else terms_of(problem))

    def function(
        data: Any, start: Any, times: Any, told: Any, score: Any, noise: Noise
    ) -> RunResult:
        times = jnp.asarray(times)
        truth = Score(problem.sequences, noise, jnp.asarray(data))
        if isinstance(score, Score) and score.data_law is None:
            score = replace(score, data_law=truth.data_law, noise=noise)
        given = Given(truth, score, noise)
        noised, wanted = truth.marginal(times[0]), truth.marginal(times[-1])
        memory = sampler.claims.memory
        begins = remembering(problem.sequences, memory, noised)
        begins = begins if start is None else jnp.asarray(start)
        state = one_run.begin(task, given, begins, times[0])
        steps = Steps(times[:-1], times[1:], jnp.asarray(told))
        state, (accounts, numbers) = one_run.run(sampler, task, given, state, steps)
        law = problem.forgotten(state.law)
        whole = law.sum() + state.lost
        kl = divergence.kl(wanted, law / whole, state.lost / whole)
        start_kl = 0.0
        if start is not None:
            seen_now = seen(problem.sequences, noised)
            start_kl = divergence.kl(seen_now, problem.forgotten(begins), lost=0.0)
        chain = start_kl + _chain(numbers)
        if "chain" in numbers and sampler.claims.own_order:
            chain = jnp.where(unfinished(state.more, wanted) > UNFINISHED, jnp.inf, chain)
        found = RunResult(law, state.lost, state.clipped, kl, chain, numbers, accounts)
        why = sampler.claims.no_derivative
        return _without_derivative(label(sampler), why)(found) if why else found

    start = None if problem.start == "exact" else problem.chain_start
    score = problem.score_model
    if isinstance(score, Score):
        score = replace(score, data_law=None, noise=None)
    times, told = np.array(problem.grid.times), np.array(told_times(problem))
    given = RunArguments(problem.data_law, start, times, told, score, problem.symbol_noise)
    return function, given


def _chain(numbers: dict[str, Any]) -> Any:
    """What the steps add to the chain KL; nan where it is not known."""
    if "marginal" in numbers:
        return total(numbers["factorisation"]) + total(numbers["marginal"])
    return total(numbers["chain"]) if "chain" in numbers else jnp.nan


def _without_derivative(name: str, why: str) -> Callable[[Any], Any]:
    """The identity, which refuses to be differentiated."""

    @jax.custom_jvp
    def identity(found: Any) -> Any:
        return found

    @identity.defjvp
    def _(given: Any, changes: Any) -> Any:
        raise TypeError(f"the run of {name} has no derivative: {why}")

    return identity


def _refuse(problem: Problem) -> None:
    name = label(problem.sampler)
    if problem.drawn or not exact.is_one_function(problem):
        where = "engine=MonteCarlo" if problem.drawn else f"{problem.space.size:,} states"
        raise ValueError(
            "a run is one function of arrays on sequences few enough that a step law holds them "
            f"all at once; this one is on {where} of {type(problem.space).__name__}"
        )
    if problem.sampler.claims.on_host:
        raise ValueError(f"the laws of {name} are made on the host, by no function of JAX")
