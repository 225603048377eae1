"""Draws by coarse Gumbel races, as much released code makes them; see ``numerics.gumbel_race``."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.draws.lost_chains import LOST
from harness.law.step import Tokens
from harness.numerics.gumbel_race import LEAST, checked_bits
from harness.process.space import Sequences


@dataclass(frozen=True)
class Gumbel:
    """Draws by ``argmax_b p_b/(-log u_b)`` with uniforms that are multiples of ``2^-bits``.

    Uniforms as PyTorch draws them have 11 bits in float16, 24 in float32, 53 in float64;
    those of ``jax.random.uniform`` one less.  Raises TypeError or ValueError.
    """

    bits: int = 24

    def __post_init__(self) -> None:
        checked_bits(self.bits)


@partial(jax.jit, static_argnames=("space", "bits"))
def draw(law: Tokens, space: Sequences, state: Array, key: Array, bits: int) -> Array:
    """As ``from_tables.draw_tokens``: from the row ``state`` of a table."""
    lost = jnp.broadcast_to(law.lost, law.p.shape[:2])[..., None]
    p = jnp.concatenate([law.p, lost], -1)
    alive, gone, following = jnp.maximum(state, 0), state == LOST, jnp.zeros_like(state)
    for i, stride in enumerate(space.strides):
        shape = (*state.shape, p.shape[-1])
        u = jax.random.uniform(jax.random.fold_in(key, i), shape, jnp.float64)
        u = jnp.maximum(jnp.floor(u * 2.0**bits) / 2.0**bits, LEAST)
        token = jnp.argmax(p[alive, i] / -jnp.log(u), -1).astype(state.dtype)
        gone = gone | (token == space.tokens)
        following = following + token * int(stride)
    return jnp.where(gone, LOST, following)
