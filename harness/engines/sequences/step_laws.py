"""The laws of one step from every state: made from a sampler and checked, block by block."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.accounts import (
    accounts_in,
    accounts_of,
    check_shapes,
    checked,
    judge,
)
from harness.foundation.machine import cores
from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.rounding import rounded
from harness.law.step import Generator, RandomOrder, StepLaw, Tokens, Varying
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.space import Sequences

WORKERS = cores()  # loops over blocks at a time

Term = Callable[[Sequences, Tokens, Array, Any], Array]


class StepLaws:
    """The laws of one step from all states at ``t``, when the sampler is told to go to ``told``.

    Iterating gives ``(rows, law)``: a slice of the states and their law.  Where the table of all
    states is large it is made block by block, every time that it is asked for.
    """

    def __init__(self, problem: Problem, t: float, told: float) -> None:
        self.problem, self.t, self.told = problem, t, told
        self._only: StepLaw | None = None

    def __iter__(self) -> Iterator[tuple[slice, StepLaw]]:
        blocks = self.problem.chain_space.blocks()
        if len(blocks) == 1:
            self._only = self._only or self._block(blocks[0])
            yield blocks[0], self._only
            return
        for rows in blocks:
            yield rows, self._block(rows)

    @property
    def whole(self) -> StepLaw:
        """The law of all states in one piece."""
        with float64():
            return joined([law for _, law in self])

    @cached_property
    def in_blocks(self) -> bool:
        """Whether the law is of independent tokens and too large to be held for all states."""
        problem, blocks = self.problem, self.problem.chain_space.blocks()
        claims = problem.sampler.claims
        if len(blocks) == 1 or claims.memory > 1 or claims.on_host:
            return False
        count = blocks[0].stop
        with float64(), traceable(problem):
            made = partial(law_of_step, problem.sampler, problem.chain_space, count)
            law: Any = jax.eval_shape(made, self._score, problem.symbol_noise, 0, self.t, self.told)
        if not isinstance(law, Tokens):
            return False
        check_shapes(problem.sampler, problem.chain_space, law, count)
        return True

    def total(self, term: Term, given: Any) -> float:
        """``Σ term(space, law, first, given)`` over the blocks; only where they are ``in_blocks``.

        The law of each block, from state ``first`` on, is made, checked and used up in one
        compiled loop: fresh memory for every table costs more than what is computed in it.
        """
        problem, blocks = self.problem, self.problem.chain_space.blocks()
        run = partial(_terms, term, problem.sampler, problem.chain_space, blocks[0].stop)
        score, noise = self._score, problem.symbol_noise

        def share(starts: np.ndarray) -> tuple[np.ndarray, Any]:
            with float64():
                return jax.device_get(run(score, noise, self.t, self.told, given, starts))

        # A loop keeps one core busy: each takes a share of the blocks.  Of several devices each
        # has a share of every block, and all must do one thing at a time.
        starts = np.array([rows.start for rows in blocks], np.int32)
        workers = min(WORKERS if problem.chain_space.devices == 1 else 1, len(starts))
        with ThreadPoolExecutor(workers) as pool:
            shares = list(pool.map(share, np.array_split(starts, workers)))
        for _, accounts in shares:
            judge(problem, self.t, (accounts,))
        return math.fsum(each for sums, _ in shares for each in sums)

    @property
    def _score(self) -> Any:
        problem = self.problem
        if len(problem.chain_space.blocks()) == 1 or not isinstance(problem.score_model, Score):
            return problem.score_model
        with float64():
            law = problem.sequences.spread_out(problem.marginal(self.t))
        return replace(problem.score_model, known=(self.t, law))

    def _block(self, rows: slice) -> StepLaw:
        problem, count = self.problem, rows.stop - rows.start
        fixed = (problem.sampler, problem.chain_space, count)
        with float64(), traceable(problem):
            given = self._score, problem.symbol_noise, rows.start, self.t, self.told
            if problem.sampler.claims.on_host:
                return checked(problem, self.t, law_of_step(*fixed, *given), count)
            law, accounts = _step_law_and_accounts(*fixed, *given)
            return checked(problem, self.t, law, count, accounts)


def step_law(problem: Problem, t: float, told: float) -> StepLaw:
    """The sampler's law of every state at ``t``, when it is told to go to ``told``."""
    return StepLaws(problem, t, told).whole


@contextmanager
def traceable(problem: Problem) -> Iterator[None]:
    """JAX's complaints about a step that it cannot trace, in words."""
    name = label(problem.sampler)
    try:
        yield
    except jax.errors.JAXTypeError as error:
        raise TypeError(
            f"the step of {name} must be traceable by JAX: no Python branch on the values of x, t, "
            "s or the score"
        ) from error
    except (TypeError, ValueError) as error:
        if not problem.space.class_sizes:
            raise
        told = str(error).split("\n")[0]
        raise ValueError(
            f"{name} does not take classes of interchangeable tokens, of which a law has one more "
            f"column than there are classes: write the tokens out ({told})"
        ) from error


def joined(laws: list[Any]) -> Any:
    """One law from those of consecutive blocks of states."""
    if len(laws) == 1:
        return laws[0]
    if isinstance(laws[0], Varying):  # each knows the rates of all states
        return laws[0]
    if isinstance(laws[0], Generator):
        return Generator(jnp.concatenate([law.rates for law in laws]), laws[0].duration)
    if isinstance(laws[0], by_kind.Choice):
        return replace(laws[0], proposal=joined([law.proposal for law in laws]))
    if isinstance(laws[0], RandomOrder):
        waits = jnp.concatenate([law.waits for law in laws])
        moves: Any = joined([law.moves for law in laws])
        return replace(laws[0], moves=moves, waits=waits)
    if not isinstance(laws[0], Tokens):
        return jax.tree.map(lambda *parts: jnp.concatenate(parts), *laws)
    spread = {
        name: jnp.concatenate(
            [jnp.broadcast_to(getattr(law, name), law.p.shape[:2]) for law in laws]
        )
        for name in ("lost", "clipped")
    }
    return Tokens(jnp.concatenate([law.p for law in laws]), **spread)


def law_of_step(
    sampler: Any,
    space: Sequences,
    rows: int,
    score: Score,
    noise: Noise,
    first: Any,
    t: Any,
    s: Any,
) -> StepLaw:
    """The law of a step from ``t`` to ``s`` of the ``rows`` states from ``first`` on; traceable."""
    t, s = jnp.asarray(t, jnp.float64), jnp.asarray(s, jnp.float64)
    x = space.block(first, rows)
    law = by_kind.written_out(rounded(sampler.step(score, noise, x, t, s)), space, x)
    # Of a chain with rates that change on the way only the score is asked for.
    if isinstance(law, Varying):
        return law
    return perturbed("step law", law, beyond=sampler.claims.law_error)


@partial(jax.jit, static_argnames=("sampler", "space", "rows"))
def _step_law_and_accounts(
    sampler: Any, space: Sequences, rows: int, *given: Any
) -> tuple[StepLaw, Any]:
    law = law_of_step(sampler, space, rows, *given)
    return law, accounts_of(law, space)


@partial(jax.jit, static_argnames=("term", "sampler", "space", "rows"))
def _terms(
    term: Term,
    sampler: Any,
    space: Sequences,
    rows: int,
    score: Score,
    noise: Noise,
    t: Any,
    s: Any,
    given: Any,
    starts: Array,
) -> tuple[Array, Any]:
    """``term`` of the blocks of ``rows`` states from ``starts`` on, and their ``accounts_in``."""

    def block(_: None, first: Array) -> tuple[None, tuple[Array, Any]]:
        law: Any = law_of_step(sampler, space, rows, score, noise, first, t, s)
        return None, (term(space, law, first, given), accounts_in(law))

    return jax.lax.scan(block, None, starts)[1]
