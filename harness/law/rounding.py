"""What rounding leaves below 0 in the law of a step is 0: one place for every engine.

A formula may say "what is left" as ``1 - Σ moves``, which float64 puts at ``-1e-16`` where nothing
is left.  That is no mistake, and no probability either.
"""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.tree_util import Partial

from harness.law.step import (
    ROUNDING,
    Chosen,
    Generator,
    InTurn,
    Kernel,
    Mixture,
    RandomOrder,
    Tokens,
    TwoStage,
    Varying,
)


def rounded(law: Any) -> Any:
    """``law`` with 0 for entries that are below 0 by no more than rounding; traceable.

    A probability may be ``ROUNDING = 1e-12`` below 0, a rate that much of the largest rate out of
    its state if that is above 1; a chance may be as far outside of ``[0, 1]``.  What is further
    below, and nan, stays for the engines to refuse.  Nothing is scaled: the sum of a token's law,
    which engines check afterwards, moves by ``S`` times ``ROUNDING`` at most, and a KL between laws
    is a sum over entries in which those at 0 count with what they hold.

    The signed second stage of a ``TwoStage`` is left alone: it may be negative.
    """
    match law:
        case Tokens():
            return replace(law, p=_at_least_0(law.p), lost=_at_least_0(law.lost))
        case Mixture():
            return replace(law, p=_at_least_0(law.p))
        case Kernel():
            return replace(law, p=_at_least_0(law.p), lost=_at_least_0(law.lost))
        case Generator():
            return replace(law, rates=_rates(law.rates))
        case Varying():
            return replace(law, rates=Partial(_rates_at, law.rates))
        case TwoStage():
            second = law.second if law.signed else _then(law.second)
            return replace(law, first=rounded(law.first), second=second)
        case InTurn():
            return InTurn(tuple(rounded(stage) for stage in law.stages))
        case Chosen():
            return replace(law, proposal=rounded(law.proposal))
        case RandomOrder():
            stays = None if law.stays is None else _at_most_1(law.stays)
            chance = _at_most_1(law.chance)
            return replace(law, moves=rounded(law.moves), chance=chance, stays=stays)
    return law  # no law at all, which engines say


def _at_least_0(p: Any, scale: Any = 1.0) -> Array:
    p = jnp.asarray(p)
    return jnp.where((p < 0) & (p >= -ROUNDING * scale), 0.0, p)


def _at_most_1(chance: Any) -> Array:
    chance = _at_least_0(chance)
    return jnp.where((chance > 1) & (chance <= 1 + ROUNDING), 1.0, chance)


def _rates(rates: Array) -> Array:
    """``rates [n, d, S]``, by the largest out of each state."""
    largest = rates.max((-1, -2), keepdims=True)
    return _at_least_0(rates, jnp.maximum(largest, 1.0))


def _rates_at(rates: Any, u: Any, y: Array) -> Array:
    return _rates(rates(u, y))


def _then(second: Any) -> Any:
    def cleaned(memory: Any, m: Array) -> Any:
        return rounded(second(memory, m))

    return cleaned
