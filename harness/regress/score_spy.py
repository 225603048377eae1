"""When and where a sampler asks for the score, heard by a score that remembers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp

from harness.engines.sequences import by_kind
from harness.problem.problem import Problem
from harness.process.score import Score


class BehindTheScore(AttributeError):
    """A sampler asked for what a score need not have."""


class Spy:
    """A score that remembers when and where it was asked; it answers calls and nothing else."""

    def __init__(self, score: Score, calls: list[tuple[Any, Any]] | None = None) -> None:
        self._score = score
        self.calls = [] if calls is None else calls
        self.tilts = 0  # how often the base or the value of a tilted target was asked for

    def __call__(self, u: Any, y: Any) -> Any:
        self.calls.append((u, y))
        return self._score(u, y)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise _behind(name)

    @property
    def prior(self) -> "Spy":
        self.tilts += 1
        return Spy(self._score.prior, self.calls)

    def log_value(self, u: Any, y: Any) -> Any:
        self.tilts += 1
        return self._score.log_value(u, y)

    def log_value_change(self, u: Any, y: Any) -> Any:
        self.tilts += 1
        return self._score.log_value_change(u, y)

    @property
    def symbols(self) -> int:
        return self._score.symbols

    @property
    def inflation(self) -> Any:
        return self._score.inflation


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class Plain:
    """Another score that answers the same: of a class of its own, and nothing lies behind it."""

    score: Any

    def __call__(self, u: Any, y: Any) -> Any:
        return self.score(u, y)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise _behind(name)

    @property
    def prior(self) -> "Plain":
        return Plain(self.score.prior)

    def log_value(self, u: Any, y: Any) -> Any:
        return self.score.log_value(u, y)

    def log_value_change(self, u: Any, y: Any) -> Any:
        return self.score.log_value_change(u, y)

    @property
    def symbols(self) -> int:
        return self.score.symbols

    @property
    def inflation(self) -> Any:
        return self.score.inflation

    def tree_flatten(self) -> tuple[tuple[Any], None]:
        return (self.score,), None

    @classmethod
    def tree_unflatten(cls, _: None, leaves: tuple[Any]) -> "Plain":
        return cls(*leaves)


def _behind(name: str) -> BehindTheScore:
    return BehindTheScore(
        "a sampler may call the score and ask for its prior, log_value, log_value_change, "
        f"symbols and inflation; {name!r} lies behind it and is not there for every score"
    )


def score_calls(problem: Problem, t: float, s: float) -> list[tuple[Any, Any]]:
    """``[(u, y)]`` of every score call in the step from ``t`` to ``s``, loops and all."""
    calls = _calls_of_step(problem)
    with jax.enable_x64(True):
        if problem.sampler.claims.on_host:
            return calls(jnp.asarray(t), jnp.asarray(s))
        try:
            return jax.jit(calls)(t, s)
        except jax.errors.UnexpectedTracerError:
            # Called inside a loop, whose numbers are hidden unless the loop runs in Python.
            with jax.disable_jit():
                return calls(jnp.asarray(t), jnp.asarray(s))


def behind(problem: Problem, t: float, s: float) -> str:
    """What a step asks of a score that is no part of one, in words; empty where nothing is."""
    sampler, space, spy = problem.sampler, problem.chain_space, Spy(problem.score_model)

    def step(t: Any, s: Any) -> int:
        sampler.step(spy, problem.noise, space.states(), t, s)
        return 0

    try:
        with jax.enable_x64(True):
            if sampler.claims.on_host:
                step(jnp.asarray(t), jnp.asarray(s))
            else:
                jax.eval_shape(step, jnp.asarray(t), jnp.asarray(s))
    except BehindTheScore as error:
        return str(error)
    except Exception:  # its other checks will meet the same error, and tell it
        return ""
    return ""


def knows_of_tilts(problem: Problem, t: float, s: float) -> bool:
    """Whether the step from ``t`` to ``s`` asks for the base or a value of a tilted target."""
    spy, space = Spy(problem.score_model), problem.chain_space
    with jax.enable_x64(True):
        x, now, then = space.states(), jnp.asarray(t), jnp.asarray(s)
        by_kind.written_out(problem.sampler.step(spy, problem.noise, x, now, then), space, x)
    return spy.tilts > 0


@lru_cache(maxsize=4)  # one function, so that JAX compiles it once
def _calls_of_step(problem: Problem) -> Callable[[Any, Any], list[tuple[Any, Any]]]:
    def calls(t: Any, s: Any) -> list[tuple[Any, Any]]:
        spy, space = Spy(problem.score_model), problem.chain_space
        law = problem.sampler.step(spy, problem.noise, space.states(), t, s)
        by_kind.written_out(law, space, space.states())  # a second stage asks when it is called
        return spy.calls

    return calls
