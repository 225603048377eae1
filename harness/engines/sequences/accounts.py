"""Whether the law of a step is one: shapes, sums to 1 with what is lost, nothing below 0.

Shapes are looked at where a law is made.  Values come out as numbers, the ``accounts`` of a law,
and are judged when it has been made: of a whole run, once after it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.generator import MOST
from harness.foundation.registry import label
from harness.law.step import (
    ROUNDING,
    Generator,
    InTurn,
    Kernel,
    RandomOrder,
    Tokens,
    Varying,
)
from harness.problem.problem import Problem
from harness.process.space import Sequences, Space

UNACCOUNTED = 1e-8  # of a token's law, that rounding may leave out
FOLLOWED = 1e-6  # error of the flow's interpolation; the solution is of twice its order


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OfTable:
    """What is ``missing`` from a token's law where most is, and the smallest entry."""

    missing: Any
    least: Any

    def fine(self) -> Any:
        """True where nothing is wrong; the numbers may be those of many steps."""
        return (abs(self.missing) < UNACCOUNTED) & (self.least >= 0)

    def told(self, name: str, t: float) -> str:
        """What is wrong, in words."""
        return (
            f"step law of {name} at t={t:g} must sum to 1 with its lost mass and have no negative "
            f"entry; {float(self.missing):.3g} is unaccounted for, smallest "
            f"{float(self.least):.3g} (a wrong law, or a step so long that float64 cannot carry "
            "it: take more steps)"
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OfRates:
    """The smallest and largest rate of a generator; how many ``jumps`` it would make at most."""

    least: Any
    most: Any
    jumps: Any

    def _rates(self) -> Any:
        return (self.least >= 0) & (self.least <= self.most) & (self.most < np.inf)

    def fine(self) -> Any:
        """True where they are rates, of jumps that can be followed."""
        return self._rates() & (self.jumps <= MOST)

    def told(self, name: str, t: float) -> str:
        """What is wrong, in words."""
        if bool(self._rates()):
            return (
                f"a Generator of {name} at t={t:g} must expect {MOST:g} jumps at most, got "
                f"{float(self.jumps):.3g} (its rates times its duration; take more steps, the "
                "first from T = inf by another law)"
            )
        return (
            f"rates of {name} at t={t:g} must be finite and not negative, "
            f"got {float(self.least):.3g} to {float(self.most):.3g}"
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OfVaryingRates:
    """The smallest rate and the largest out of a state at time ``u``, and the bound ``top``."""

    u: Any
    least: Any
    most: Any
    top: Any

    def fine(self) -> Any:
        """True where they are rates within their bound."""
        top = self.top * (1 + ROUNDING)
        return (self.least >= 0) & (self.most <= top) & (top < np.inf) & (self.u < np.inf)

    def told(self, name: str, t: float) -> str:
        """What is wrong, in words."""
        if not np.isfinite(float(self.u)):
            return f"a Varying of {name} must begin at a finite time, got {float(self.u):g}"
        return (
            f"rates of {name} at t={float(self.u):g} must not be negative, nor those out of a "
            f"state above the bound {float(self.top):.6g}; got {float(self.least):.3g} and "
            f"{float(self.most):.6g}"
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OfChance:
    """The probability that a waiting token moves, and that it stays."""

    chance: Any
    stays: Any

    def fine(self) -> Any:
        """True where it is a probability, and the other the rest."""
        whole = abs(self.chance + self.stays - 1) < UNACCOUNTED
        return (self.chance >= 0) & (self.chance <= 1) & whole

    def told(self, name: str, t: float) -> str:
        """What is wrong, in words."""
        return (
            f"the chance to move of {name} at t={t:g} must be in [0, 1], and 1 with that to stay, "
            f"got {float(self.chance):g} and {float(self.stays):g} (a step that is told to be "
            "longer than it is?)"
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OfPush:
    """How far a law that was followed through changing rates may be off, as estimated."""

    off: Any

    def fine(self) -> Any:
        """True where it was followed."""
        return self.off < FOLLOWED

    def told(self, name: str, t: float) -> str:
        """What is wrong, in words."""
        return (
            f"the rates change too fast to follow in the step from t={t:g}: the "
            f"estimated error is {float(self.off):.3g}"
        )


def accounts_of(law: Any, space: Space) -> tuple[Any, ...]:
    """The accounts of a law, in the order in which they are judged; traceable."""
    match law:
        case InTurn():
            return tuple(each for stage in law.stages for each in accounts_of(stage, space))
        case Generator():
            _, most = _least_and_most(exits(space, law.rates))
            return (OfRates(*_least_and_most(law.rates), most * law.duration),)
        case Varying():
            return tuple(_of_varying(law, space, u) for u in (law.begin, law.end))
        case Kernel():
            return (accounts_in(Tokens(law.p[:, None], law.lost[:, None])),)
    tables = tuple(accounts_in(tokens) for tokens, _ in by_kind.tables(law))
    return (OfChance(law.chance, law.stays), *tables) if isinstance(law, RandomOrder) else tables


def _of_varying(law: Varying, space: Any, u: Any) -> OfVaryingRates:
    rates = rates_at(law, space, u)
    least, _ = _least_and_most(rates)
    _, most = _least_and_most(exits(space, rates))
    return OfVaryingRates(u, least, most, law.top)


def _least_and_most(entries: Array) -> tuple[Array, Array]:
    """nan if any entry is, which ``min`` and ``max`` of XLA on processors pass over."""
    wrong = jnp.where(jnp.isnan(entries).any(), jnp.nan, 0.0)
    return entries.min() + wrong, entries.max() + wrong


def ended(law: Any, accounts: tuple[Any, ...]) -> Any:
    """``law``; zeros for a chain that is none, whose events would not come to an end.

    Its accounts are judged after the run.
    """
    if isinstance(law, InTurn):
        chains = any(isinstance(stage, Generator | Varying) for stage in law.stages)
    else:
        chains = isinstance(law, Generator | Varying)
    if not chains:
        return law
    fine = jnp.stack([each.fine() for each in accounts]).all()
    return jax.tree.map(lambda each: jnp.where(fine, each, jnp.zeros_like(each)), law)


def check_shapes(sampler: Any, space: Space, law: Any, rows: int) -> None:
    """Raise ValueError unless ``law`` has an entry for each of ``rows`` states and outcome."""
    shape = (space.slots, space.outcomes)
    match law:
        case InTurn():
            for stage in law.stages:
                check_shapes(sampler, space, stage, rows)
        case Generator():
            check_shape(sampler, law.rates.shape, (rows, *shape))
        case Varying():
            found = jax.eval_shape(partial(rates_at, space=space), law, u=law.begin)
            check_shape(sampler, found.shape, (space.size, *shape))
        case Kernel():
            check_shape(sampler, law.p.shape, (rows, space.size))
        case _:
            for tokens, each in by_kind.tables(law):
                check_shape(sampler, tokens.p.shape, (rows * each, *shape))


def check_shape(sampler: Any, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise ValueError unless a law of ``sampler`` has the ``wanted`` shape."""
    if found != wanted:
        raise ValueError(
            f"{label(sampler)} must return a law of shape {wanted} (states, slots, tokens), "
            f"got {found}"
        )


def checked(problem: Problem, t: float, law: Any, rows: int, accounts: Any = None) -> Any:
    """``law``, if it is one for ``rows`` states.  Raises ValueError or FloatingPointError.

    ``accounts``, those of the law, are made here if they are not known.
    """
    space = problem.chain_space if isinstance(problem.space, Sequences) else problem.space
    check_shapes(problem.sampler, space, law, rows)
    judge(problem, t, accounts_of(law, space) if accounts is None else accounts)
    return law


def judge(problem: Problem, t: float, accounts: tuple[Any, ...]) -> None:
    """Raise FloatingPointError if the accounts of the step from ``t`` are those of no law.

    They may have an axis of blocks of states.
    """
    for each in accounts:
        wrong = ~np.atleast_1d(each.fine())
        if wrong.any():
            first = int(np.argmax(wrong))
            one = jax.tree.map(lambda number, k=first: np.atleast_1d(number)[k], each)
            raise FloatingPointError(one.told(label(problem.sampler), t))


def judge_run(problem: Problem, accounts: tuple[Any, ...]) -> None:
    """``judge`` each step, whose accounts have an axis of steps; the first that broke is named."""
    wrong = [~np.asarray(each.fine()) for each in accounts]
    if not any(each.any() for each in wrong):
        return
    first = int(np.argmax(np.any(wrong, axis=0)))
    judge(problem, problem.grid.times[first], jax.tree.map(lambda each: each[first], accounts))


@partial(jax.jit, static_argnames=("space",))
def rates_at(law: Varying, space: Sequences, u: Any) -> Array:
    return law.rates(u, space.block(0, space.size))


def exits(space: Space, rates: Array) -> Array:
    """``[n]`` the rate out of each state; moves within a class change no class."""
    return rates[..., : space.tokens].sum((-1, -2))


@jax.jit
def accounts_in(law: Tokens) -> OfTable:
    """Those of a table; nan if any entry is."""
    least_missing, most = _least_and_most(1.0 - law.p.sum(-1) - law.lost)  # argmax is far slower
    worst = jnp.where(most >= -least_missing, most, least_missing)
    least = jnp.minimum(law.p.min(), jnp.min(jnp.asarray(law.lost)))
    return OfTable(worst, jnp.where(jnp.isnan(worst), jnp.nan, least))
