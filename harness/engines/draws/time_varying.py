"""Draws from a chain whose rates change inside the step, by thinning.

They share nothing with the law but the rates: the law does not know the bound ``top``, the draws
no grid.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.draws.lost_chains import LOST
from harness.engines.sequences import by_kind
from harness.law.step import Varying
from harness.process.space import Sequences

CHAINS = 4096  # whose rates are asked at a time, each at its own time
SLACK = 1e-9  # by which rounding may pass the bound


@by_kind.draw.register
def _(law: Varying, space: Sequences, state: Array, key: Array) -> Array:
    after, most = _draw_varying(law, space, state, key)
    if not float(most) <= float(law.top) * (1 + SLACK):
        raise FloatingPointError(
            f"in the step from t={float(law.begin):g} a chain leaves a state at rate "
            f"{float(most):.6g}, above the bound {float(law.top):.6g} that it is thinned with"
        )
    return after


@partial(jax.jit, static_argnames=("space",))
def _draw_varying(law: Varying, space: Sequences, state: Array, key: Array) -> tuple[Array, Array]:
    """Candidate events at rate ``top``, each a jump with probability ``rate/top``."""

    def moved(chain: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        """Where an event at time ``u`` leads from state ``k``, and the rate out of there."""
        u, k, uniform = chain
        y = space.decode(k)[None]
        rates = law.rates(u, y)[0, :, : space.tokens].reshape(-1)
        running = jnp.cumsum(rates)
        chosen = jnp.searchsorted(running, uniform * law.top, side="right")
        to = jnp.append(space.neighbours(y).reshape(-1), k)
        return to[chosen], running[-1]

    def unfinished(run: tuple[Array, ...]) -> Array:
        return (run[1] > law.end).any()

    def event(run: tuple[Array, ...]) -> tuple[Array, ...]:
        k, clock, state, most = run
        u = jax.random.uniform(jax.random.fold_in(key, k), (2, *state.shape), jnp.float64)
        clock = clock + jnp.log1p(-u[0]) / law.top
        alive = clock > law.end
        at = jnp.maximum(clock, law.end)
        following, rate = jax.lax.map(moved, (at, state, u[1]), batch_size=CHAINS)
        most = jnp.maximum(most, jnp.where(alive, rate, 0.0).max())
        return k + 1, clock, jnp.where(alive, following, state).astype(state.dtype), most

    clock = jnp.full(state.shape, law.begin, jnp.float64)
    begin = (jnp.zeros((), jnp.int32), clock, jnp.maximum(state, 0), jnp.zeros(()))
    _, _, after, most = jax.lax.while_loop(unfinished, event, begin)
    return jnp.where(state == LOST, LOST, after), most
