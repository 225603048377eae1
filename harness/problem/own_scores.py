"""What a score of your own answers on a problem: traced by JAX, or a table made beforehand."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.step import Chosen, InTurn, TwoStage, Varying
from harness.process.counts import Counts
from harness.process.own_score import FunctionScore, named
from harness.process.score import Untilted, complete
from harness.process.space import Sequences
from harness.process.table_score import TableScore

TABLE_BYTES = 2**31  # of the answers of a function that is no JAX
FIRST = 2  # states at which it is tried before a problem is


def check(problem: Any) -> None:
    """Raise ValueError or TypeError where ``problem`` cannot be run with a score of your own."""
    name, space = named(problem.score.function), problem.space
    if isinstance(space, Counts):
        raise ValueError(
            f"the score {name} is asked of sequences, not of token counts: engine='enumerated'"
        )
    if getattr(problem.target, "base", None) is not None:
        raise ValueError(
            f"the score {name} is that of one law, and {label(problem.target)} has two, its own "
            "and that of its base: only the exact score and one perturbed are known of both"
        )
    traceable(problem.score.function, space, problem.grid.start)


def model(problem: Any) -> FunctionScore | TableScore:
    """The score that the sampler is given."""
    function, space = problem.score.function, problem.sequences
    with float64():
        if traceable(function, space, problem.grid.start):
            found = FunctionScore(space, function)
            first = space.states() if space.size <= space.block_rows else space.block(0, FIRST)
            for t in problem.grid.times[0], problem.grid.times[-2]:
                _check_values(named(function), t, np.asarray(first), np.asarray(found(t, first)))
            return found
        return _table(problem)


@lru_cache(maxsize=256)
def traceable(function: Callable[..., Any], space: Sequences, t: float) -> bool:
    """Whether JAX can trace ``function``.  Raises ValueError, TypeError if it cannot be asked."""
    with float64():
        x = space.block(0, min(FIRST, space.size))
        try:
            found: Any = jax.eval_shape(function, jax.ShapeDtypeStruct((), jnp.float64), x)
            if not hasattr(found, "shape"):
                raise TypeError
        except Exception:  # numpy and PyTorch each complain of a tracer in their own way
            _answers(function, space, t, np.asarray(x))
            return False
        _check_shape(named(function), x.shape, space, found.shape)
        return True


def _answers(function: Callable[..., Any], space: Sequences, t: float, x: np.ndarray) -> np.ndarray:
    """``[n, d, S]`` what a function that is no JAX says at time ``t``, checked."""
    name = named(function)
    try:
        found = np.asarray(function(t, x))
    except Exception as error:  # a stranger's code may raise anything
        told = f"{type(error).__name__}: {error}"
        raise ValueError(f"the score {name} was asked at t={t:g} and raised {told}") from error
    if found.dtype.kind not in "iuf":
        raise TypeError(f"the score {name} must answer numbers, got dtype {found.dtype}")
    _check_shape(name, x.shape, space, found.shape)
    whole = np.asarray(complete(jnp.asarray(found, jnp.float64), jnp.asarray(x), space.outcomes))
    _check_values(name, t, x, whole)
    return whole


def _check_shape(name: str, asked: Any, space: Sequences, shape: tuple[int, ...]) -> None:
    allowed = {(*asked, space.tokens), (*asked, space.outcomes)}
    if tuple(shape) not in allowed:
        raise ValueError(
            f"the score {name} must answer {min(allowed)} (states, positions, symbols) to x of "
            f"shape {tuple(asked)}, got {tuple(shape)}"
        )


def _check_values(name: str, t: float, x: np.ndarray, ratios: np.ndarray) -> None:
    bad = ~(np.isfinite(ratios) & (ratios >= 0))
    if bad.any():
        n, i, b = (int(each) for each in np.argwhere(bad)[0])
        raise ValueError(
            f"the score {name} must answer finite ratios of at least 0, got {ratios[n, i, b]:g} at "
            f"t={t:g}, x={x[n].tolist()}, position {i}, token {b}"
        )


def _table(problem: Any) -> TableScore:
    """The answers in all states, at every time of the grid and all at which the sampler asks."""
    function, space, grid = problem.score.function, problem.sequences, problem.grid
    times = np.column_stack([grid.times[:-1], asked_times(problem)])
    entries = times.size * space.size * space.length * space.outcomes
    if 8 * entries > TABLE_BYTES:
        raise ValueError(
            f"the score {named(function)} is no JAX, and a table of its answers in {space.size:,} "
            f"states at {times.size:,} times would hold {8 * entries:,} bytes, more than "
            f"{TABLE_BYTES:,}: write it in JAX, or take fewer steps or a smaller space"
        )
    x, known = np.asarray(space.states()), {}
    for t in np.unique(times):
        known[t] = _answers(function, space, float(t), x)
    return TableScore(space, times, np.stack([[known[t] for t in row] for row in times]))


class _Listener(Untilted):
    """The exact score, which remembers when it was asked."""

    def __init__(self, score: Any) -> None:
        self.score, self.space, self.times = score, score.space, []

    def __call__(self, u: Any, y: Any) -> Any:
        self.times.append(jnp.asarray(u, jnp.float64))
        return self.score(u, y)


def asked_times(problem: Any) -> np.ndarray:
    """``[N, asks]`` the noise times at which the sampler asks for the score in each step.

    Raises ValueError where these are not known before the run.
    """
    grid, begin = problem.grid, np.array(problem.grid.times[:-1])
    ends = begin, np.array(grid.times[1:]) if grid.told is None else begin - np.array(grid.told)
    sampler, noise, space = problem.sampler, problem.symbol_noise, problem.chain_space

    def asked(t: Any, s: Any) -> Any:
        listener, x = _Listener(problem.exact_score), space.states()
        _finish(sampler.step(listener, noise, x, t, s), x)
        return jnp.stack(listener.times) if listener.times else jnp.zeros(0)

    with float64():
        if sampler.claims.on_host:
            steps = zip(*map(jnp.asarray, ends), strict=True)
            return np.stack([np.asarray(asked(*step)) for step in steps])
        try:
            return np.asarray(jax.jit(jax.vmap(asked))(*ends))
        except (jax.errors.UnexpectedTracerError, _AtAnyTime):
            raise ValueError(
                f"{label(sampler)} asks for the score at times that are not known before the run, "
                f"and {named(problem.score.function)} is no JAX: write it in JAX"
            ) from None


class _AtAnyTime(Exception):
    """A law asks for the score at any time of its step."""


def _finish(law: Any, x: Any) -> None:
    """Have a law ask what it asks when it is used."""
    if isinstance(law, Varying):
        raise _AtAnyTime
    if isinstance(law, InTurn):
        for stage in law.stages:
            _finish(stage, x)
    elif isinstance(law, TwoStage):
        law.second(x if law.memory is None else law.memory, x)
    elif isinstance(law, Chosen):
        law.log_value(x)
