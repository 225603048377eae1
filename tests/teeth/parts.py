"""What authors of samplers write again and again: claims, leaps and answers that are changed."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import own_token
from harness.samplers.tau_leaping import leap_to
from harness.step import Tokens

BASIC = {
    Trait.INDEPENDENT_TOKENS,
    Trait.KEEPS_MASS,
    Trait.SCORE_AT_GRID_TIMES,
    Trait.POSITIONS_ALIKE,
}
PLAIN = Claims(output_order=2, chain_order=1, traits=BASIC)
"""Of a sampler of independent tokens, no more than its author is sure of."""

ELSEWHERE = Claims(2, 1, BASIC - {Trait.SCORE_AT_GRID_TIMES})
"""The same, of one that does not ask for the score at the present time and states only."""

NOT_ALIKE = Claims(2, 1, BASIC - {Trait.POSITIONS_ALIKE})
"""The same, of one that knows its positions apart."""

MASKED = Claims(2, 1, BASIC, needs_mask=True, starts_masked=True)
"""The same, of one that reveals masked tokens."""

OWN_ORDER = Claims(
    np.inf,
    np.inf,
    {Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES, Trait.INDEPENDENT_TOKENS},
    needs_mask=True,
    starts_masked=True,
    own_order=True,
)
"""Of one that reveals in an order of its own, exactly."""

CORRECTS = Claims(2, 0, {Trait.KEEPS_MASS}, score_calls=3)
"""Of one whose steps are none of the truth's: a corrector."""

VANISHES = "KL goes to 0"  # begins the names of the checks of a limit


def rates(score: Any, noise: Any, x: Any, t: Any) -> Any:
    """``[n, d, S]`` reverse rates at ``t``."""
    return noise.reverse_rates(score(t, x), x)


def leap(x: Any, rates: Any, h: Any) -> Tokens:
    """One-jump τ-leaping."""
    return leap_to("one_jump", x, rates, h)


def others(x: Any, p: Any) -> Any:
    """``p`` with 0 at the own token."""
    return jnp.where(own_token(x, p.shape[-1]), 0.0, p)


def seeing(score: Any, t: Any, x: Any, seen: Any, hidden: int = 0) -> Any:
    """Ratios ``[n, d, S]`` of tokens that each see the positions ``seen [d, d]`` of theirs only."""
    n, d = x.shape
    context = jnp.where(seen, x[:, None, :], hidden).reshape(n * d, d)
    return score(t, context).reshape(n, d, d, -1)[:, np.arange(d), np.arange(d)]


def on_a_ring(d: int, reach: int) -> Any:
    """``[d, d]`` the positions that are ``reach`` away at most, on either side."""
    away = np.abs(np.arange(d)[:, None] - np.arange(d))
    return np.minimum(away, d - away) <= reach


def likeliest(rates: Any, count: int) -> Any:
    """``rates`` with 0 for all but the ``count`` largest of a token."""
    above = (rates[..., None, :] > rates[..., :, None]).sum(-1)
    return jnp.where(above < count, rates, 0.0)


def scaled(p: Any, axis: int = -1) -> Any:
    """``p`` in such a scale that it sums to one."""
    return p / p.sum(axis, keepdims=True)


def stays(x: Any, tokens: int) -> Any:
    """``[n, d, S]`` 1 at the own token."""
    return own_token(x, tokens).astype(float)


def revealed(noise: Any, x: Any, clean: Any, shown: Any) -> Tokens:
    """A mask turns into a token with probability ``shown`` by ``clean [n, d, S]``, else stays."""
    hidden = jnp.broadcast_to(1.0 - shown, (*clean.shape[:-1], 1))
    return Tokens(noise.reveal(x, jnp.concatenate([clean * (1.0 - hidden), hidden], -1)))


def shown_in_turn(noise: Any, x: Any, clean: Any, turn: Any) -> Tokens:
    """The masks in ``turn [n, d]`` are revealed, no other."""
    hides = jnp.where(turn, 0.0, 1.0)[..., None]
    return Tokens(noise.reveal(x, jnp.concatenate([clean * (1.0 - hides), hides], -1)))


def product(p: Any) -> Any:
    """``[n, S^d]`` the law of the whole state whose tokens are independent, ``p [n, d, S]``."""
    found = p[:, 0]
    for i in range(1, p.shape[1]):
        found = (found[:, :, None] * p[:, i, None, :]).reshape(len(p), -1)
    return found
