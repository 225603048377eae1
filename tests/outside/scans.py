"""Right samplers that treat positions differently: each has an order, from left to right."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.samplers import TauLeaping
from harness.step import InTurn, Tokens


def one_a_token(grid, length):
    """Law of the number of score calls: each token sees where those before it have gone."""
    return np.eye(grid.steps * length + 1)[-1]


@dataclass(frozen=True)
class Scan:
    """τ-leaping position by position, each seeing where those before it have gone.

    With ``A_i`` the generator of token ``i`` a step is ``Π_i (1 + h A_i + O(h²))``, which is
    ``1 + h Σ A_i + O(h²)``: the output order of τ-leaping.  Its chain order is 2, as two jumps have
    the rate ``r_i(x) r_j(x + i) = r_j(x) r_i(x + j)`` in whatever order they come: ratios of one
    law.  ``skipped``: positions at the end that have no turn, which is wrong.
    """

    skipped: int = 0
    claims: ClassVar[Claims] = Claims(
        output_order=2, chain_order=2, traits={Trait.KEEPS_MASS}, calls=one_a_token
    )

    def step(self, score, noise, x, t, s):
        law, positions = TauLeaping().step(score, noise, x, t, s), x.shape[1]
        stays = x[..., None] == jnp.arange(law.p.shape[-1])
        turns = np.eye(positions, dtype=bool)[: positions - self.skipped, :, None]
        return InTurn(tuple(Tokens(jnp.where(turn, law.p, stays)) for turn in turns))


@dataclass(frozen=True)
class LeftToRight:
    """The first masked token is revealed, from its law given all before: no error whatever.

    ``at_once``: so many are; more than one is wrong.
    """

    at_once: int = 1
    claims: ClassVar[Claims] = Claims(
        output_order=np.inf,
        chain_order=np.inf,
        traits={Trait.INDEPENDENT_TOKENS, Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES},
        needs_mask=True,
        starts_masked=True,
        own_order=True,
    )

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        turn = masked & (jnp.cumsum(masked, -1) <= self.at_once)
        hides = jnp.where(turn, 0.0, 1.0)[..., None]
        return Tokens(noise.reveal(x, jnp.concatenate([clean * (1.0 - hides), hides], -1)))
