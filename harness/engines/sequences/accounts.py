"""Whether the law of a step is one: shapes, sums to 1 with what is lost, nothing below 0."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.foundation.registry import label
from harness.law.step import ROUNDING, Generator, InTurn, RandomOrder, Tokens, Varying
from harness.problem.problem import Problem
from harness.process.space import Sequences, Space


def checked(problem: Problem, t: float, law: Any, rows: int, accounts: Any = None) -> Any:
    """``law``, if it is one for ``rows`` states.  Raises ValueError or FloatingPointError.

    ``accounts`` of its tables, ``accounts_of``, are made here if they are not known.
    """
    space = problem.space
    shape = (space.slots, space.outcomes * problem.sampler.claims.memory)
    if isinstance(law, InTurn):
        for stage in law.stages:
            checked(problem, t, stage, rows)
    elif isinstance(law, Generator):
        check_shape(problem, law.rates.shape, (rows, *shape))
        least, most = float(law.rates.min()), float(law.rates.max())
        if not 0 <= least <= most < np.inf:
            raise FloatingPointError(
                f"rates of {label(problem.sampler)} at t={t:g} must be finite and not negative, "
                f"got {least:.3g} to {most:.3g}"
            )
    elif isinstance(law, Varying):
        for u in (law.begin, law.end):
            rates = rates_at(law, space, u)
            check_shape(problem, rates.shape, (space.size, *shape))
            least, most = float(rates.min()), float(exits(space, rates).max())
            if not (least >= 0 and most <= float(law.top) * (1 + ROUNDING) < np.inf):
                raise FloatingPointError(
                    f"rates of {label(problem.sampler)} at t={float(u):g} must not be negative, "
                    f"nor those out of a state above the bound {float(law.top):.6g}; got "
                    f"{least:.3g} and {most:.6g}"
                )
    elif isinstance(law, by_kind.Kernel):
        check_shape(problem, law.p.shape, (rows, space.size))
        states = Tokens(law.p[:, None], law.lost[:, None])
        check_accounts(problem, t, *(float(each) for each in accounts_in(states)))
    else:
        if isinstance(law, RandomOrder) and not 0 <= float(law.chance) <= 1:
            raise FloatingPointError(
                f"the chance to move of {label(problem.sampler)} at t={t:g} must be in [0, 1], "
                f"got {float(law.chance):g} (a step that is told to be longer than it is?)"
            )
        for tokens, each in by_kind.tables(law):
            check_shape(problem, tokens.p.shape, (rows * each, *shape))
        for found in np.asarray(accounts_of(law)) if accounts is None else accounts:
            check_accounts(problem, t, *found.tolist())
    return law


def check_shape(problem: Problem, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise ValueError unless a law has an entry for every state, slot and outcome."""
    if found != wanted:
        raise ValueError(
            f"{label(problem.sampler)} must return a law of shape {wanted} (states, slots, "
            f"tokens), got {found}"
        )


def check_accounts(problem: Problem, t: float, missing: float, least: float) -> None:
    """Raise FloatingPointError if a token's law is ``missing`` mass or has a negative entry."""
    if not (abs(missing) < 1e-8 and least >= 0):
        raise FloatingPointError(
            f"step law of {label(problem.sampler)} at t={t:g} must sum to 1 with its lost mass and "
            f"have no negative entry; {missing:.3g} is unaccounted for, smallest {least:.3g} (a "
            "wrong law, or a step so long that float64 cannot carry it: take more steps)"
        )


@partial(jax.jit, static_argnames=("space",))
def rates_at(law: Varying, space: Sequences, u: Any) -> Array:
    return law.rates(u, space.block(0, space.size))


def exits(space: Space, rates: Array) -> Array:
    """``[n]`` the rate out of each state; moves within a class change no class."""
    return rates[..., : space.tokens].sum((-1, -2))


def accounts_of(law: Any) -> Array:
    """``[tables, 2]`` the ``accounts_in`` of each of the token laws that a law is made of."""
    if isinstance(law, InTurn | Generator | Varying | by_kind.Kernel):
        return jnp.zeros((0, 2))
    return jnp.stack([jnp.stack(accounts_in(tokens)) for tokens, _ in by_kind.tables(law)])


@jax.jit
def accounts_in(law: Tokens) -> tuple[Array, Array]:
    """What is missing from a token's law where most is, and the smallest entry; nan if any is."""
    missing = 1.0 - law.p.sum(-1) - law.lost
    most, least_missing = missing.max(), missing.min()  # a nan is both; argmax is far slower
    worst = jnp.where(most >= -least_missing, most, least_missing)
    least = jnp.minimum(law.p.min(), jnp.min(jnp.asarray(law.lost)))
    return worst, least
