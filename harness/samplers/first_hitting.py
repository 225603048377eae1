"""First hitting: masked tokens are revealed one at a time, at the times of the exact process."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Counted, Trait
from harness.law.score_calls import tokens_moved
from harness.law.step import RandomOrder, StepLaw, Tokens
from harness.process.noise import Absorbing
from harness.process.score import Score


def one_at_a_time(score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> RandomOrder:
    """Masks are revealed with probability ``1 - hidden(t, s)`` each, in random order."""
    clean = noise.clean_law(score, t, x)
    revealed = jnp.concatenate([clean, jnp.zeros_like(clean[..., :1])], -1)
    masked = x == clean.shape[-1]
    moves = Tokens(noise.reveal(x, revealed))
    return RandomOrder(moves, masked, noise.shown(t, s), noise.hidden(t, s))


@samplers.add("first_hitting")
@dataclass(frozen=True)
class FirstHitting:
    """First hitting: masks are revealed one by one, at the times of the true reverse process.

    With ``m`` masks the next time is where ``1 - e^{-t'} = (1 - e^{-t}) U^{1/m}``.  Which mask is
    uniformly random, and it is drawn from its law given the unmasked tokens: exactly one score call
    for each token, and nothing wrong but the score.

    Statement.  In a step from ``t`` to ``s`` each mask is revealed with probability ``1 - H``,
    ``H = (1-e^{-s})/(1-e^{-t})``, in random order, each given those before it.
    Proof.  On the clock ``c = -log(1-e^{-t})`` the next time is ``c + E/m`` with ``E`` exponential:
    the first of ``m`` independent unit clocks, any of which it is with probability ``1/m``.  They
    have no memory, so the rest run on.  A clock has rung by ``s`` with probability ``1 - H``, and
    those that have rung did so in random order.  ∎
    These are the rates ``Pr(X_0^i = b | unmasked) / (e^t - 1)`` of the true reverse process, whose
    first factor does not depend on time: the law is that of ``X_s`` given ``X_t``.  A step has no
    error whatever its length, up to ``t = inf`` and ``s = 0``: one is enough.

    Zheng et al., arXiv 2409.02908.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=float("inf"),
        chain_order=float("inf"),
        traits={
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.ONE_AT_A_TIME,
        },
        needs_mask=True,
        starts_masked=True,
        calls=tokens_moved,
        counted=Counted.TOKENS_MOVED,
    )

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        return one_at_a_time(score, noise, x, t, s)
