"""What a step does, read from the program that JAX traces of it: its score calls and its dtypes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import partial_eval

from harness.engines.sequences import by_kind
from harness.law.step import stages_of
from harness.problem.problem import Problem
from harness.regress.score_spy import Spy

ASKED = "asked_score"  # the name of a function below, in every program
NARROW = 2  # bytes, in which neither all vocabularies nor all states can be counted
SHORT = tuple(jnp.dtype(kind) for kind in ("float32", "float16", "bfloat16", "complex64"))


@partial(jax.jit, inline=False)
def asked_score(score: Any, u: Any, y: Any) -> Any:
    """The score, by this name in every program that is traced."""
    return score(u, y)


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class Marked:
    """A score whose calls can be found in a traced program; it may go through ``jax.jit``."""

    score: Any

    def __call__(self, u: Any, y: Any) -> Any:
        return asked_score(self.score, u, y)

    @property
    def prior(self) -> "Marked":
        return Marked(self.score.prior)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.score, name)

    def tree_flatten(self) -> tuple[tuple[Any], None]:
        return (self.score,), None

    @classmethod
    def tree_unflatten(cls, _: None, leaves: tuple[Any]) -> "Marked":
        return cls(*leaves)


def program(problem: Problem, x: Any, written_out: bool) -> Any:
    """The jaxpr of a step from the states ``x``; with its law as a table, if ``written_out``."""
    return _traced(problem, x, written_out)[0]


def _traced(problem: Problem, x: Any, written_out: bool) -> tuple[Any, list[int]]:
    """The jaxpr, and how many of its outputs belong to each law of those that come in turn."""
    sizes: list[int] = []

    def step(t: Any, s: Any) -> list[list[Any]]:
        law = problem.sampler.step(Marked(problem.score_model), problem.noise, x, t, s)
        if written_out:
            law = by_kind.written_out(law, problem.chain_space, x)
        leaves = [
            [a for a in jax.tree.leaves(each) if isinstance(a, jax.Array)]
            for each in stages_of(law)
        ]
        sizes[:] = [len(each) for each in leaves]
        return leaves

    t, s = problem.grid.intervals()[0]
    with jax.enable_x64(True):
        return jax.make_jaxpr(step)(np.float64(t), np.float64(s)), sizes


def rows_in_turn(problem: Problem, x: Any, each: int) -> float:
    """Of how many states the laws of a step ask, each of its own: it is run from where it is."""
    found, sizes = _traced(problem, x, False)
    if len(sizes) == 1:
        return rows(found.jaxpr, each)
    total, first = 0.0, 0
    for size in sizes:
        used = [first <= k < first + size for k in range(sum(sizes))]
        first += size
        total += rows(partial_eval.dce_jaxpr(found.jaxpr, used)[0], each)
    return total


def states_asked(problem: Problem) -> float:
    """Of how many states one chain asks for the score in a step; nan where that cannot be seen.

    A call counts for as many states as it holds: one with all neighbours of a state is dear.  Asked
    of one state by itself, if the step can say the law of one; a second stage is asked about each
    state that the first may have led to, of which a chain meets one.  Of laws in turn each is run
    from where the one before has led, and asks there, though one table may serve all of them.
    Where a loop of unknown length asks, the dearest step of the grid is run and listened to; not
    where it is in a later stage, which is not run.
    """
    space = problem.chain_space
    with jax.enable_x64(True):
        x = space.states()
    if problem.sampler.claims.on_host:
        return _heard(problem, x[:1])
    each = problem.space.length * problem.chain_space.tokens // problem.sampler.claims.memory
    try:
        first = rows_in_turn(problem, x[:1], each)
    except Exception:  # a step that must see all states
        first = rows_in_turn(problem, x, each) / len(x)
    programs = [program(problem, x, out).jaxpr for out in (False, True)]

    def later(of_loop: float) -> float:
        now, whole = (rows(jaxpr, each, of_loop) for jaxpr in programs)
        return (whole - now) / len(x) ** 2

    if not math.isnan(found := first + later(math.nan)):
        return found
    if later(1.0) != later(0.0):
        return math.nan
    with jax.disable_jit():
        try:
            first = _heard(problem, x[:1])
        except Exception:  # the same
            first = _heard(problem, x)
    return first + later(0.0)


def rows(jaxpr: Any, each: int, of_loop: float = math.nan) -> float:
    """Of how many states a program asks for the score; answers have ``each`` entries a state.

    Of branches the dearest; ``of_loop`` where a loop of unknown length asks.
    """
    total = 0.0
    for eqn in jaxpr.eqns:
        if eqn.params.get("name") == ASKED:
            total += math.prod(eqn.outvars[0].aval.shape) / each
            continue
        inner = [rows(sub, each, of_loop) for sub in inner_programs(eqn)]
        match eqn.primitive.name:
            case "scan":
                total += eqn.params["length"] * sum(inner)
            case "while":
                total += of_loop if sum(inner) else 0.0
            case "cond":
                total += max(inner, default=0.0)
            case _:
                total += sum(inner)
    return total


def short_floats(jaxpr: Any) -> Iterator[tuple[str, str]]:
    """``(dtype, operation)`` of all that is computed in less than float64, the score left out."""
    for eqn in jaxpr.eqns:
        if eqn.params.get("name") == ASKED:
            continue
        for sub in inner_programs(eqn):
            yield from short_floats(sub)
        for out in eqn.outvars:
            if getattr(out.aval, "dtype", None) in SHORT:
                yield str(out.aval.dtype), eqn.primitive.name


def narrowed(jaxpr: Any) -> Iterator[str]:
    """The integers of two bytes or one into which wider ones are put, the score left out."""
    for eqn in jaxpr.eqns:
        if eqn.params.get("name") == ASKED:
            continue
        for sub in inner_programs(eqn):
            yield from narrowed(sub)
        if eqn.primitive.name == "convert_element_type":
            (given,), (found,) = ([v.aval.dtype for v in s] for s in (eqn.invars, eqn.outvars))
            whole = all(jnp.issubdtype(kind, jnp.integer) for kind in (given, found))
            if whole and found.itemsize <= NARROW < given.itemsize:
                yield str(found)


def inner_programs(eqn: Any) -> Iterator[Any]:
    """The programs that an operation runs: those of a loop, of branches, of a function."""
    for value in eqn.params.values():
        for each in value if isinstance(value, tuple | list) else (value,):
            found = getattr(each, "jaxpr", each)
            if hasattr(found, "eqns"):
                yield found


def _heard(problem: Problem, x: Any) -> float:
    """What a sampler asks of the states ``x``, for each, in the dearest step, as it is run."""
    asked = []
    for t, s in problem.grid.intervals():
        spy = Spy(problem.score_model)
        with jax.enable_x64(True):
            problem.sampler.step(spy, problem.noise, x, jnp.asarray(t), jnp.asarray(s))
        asked.append(sum(len(np.asarray(y)) for _, y in spy.calls) / len(x))
    return max(asked)
