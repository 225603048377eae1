"""A chain whose rates change inside the step: its law by collocation, its draws by thinning.

The two share nothing but the rates: the law does not know the bound ``top``, the draws no grid.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.draws.simulate import LOST
from harness.engines.sequences import by_kind
from harness.engines.sequences.push import arrivals
from harness.engines.sequences.step_laws import exits
from harness.law.step import Varying
from harness.process.space import Sequences

NODES = 12  # Gauss-Legendre nodes of a piece
EVENTS = 0.5  # expected events in a piece, at most
SHARE = 0.25  # of the time that is left, at most: rates grow like 1/u towards the data
ACCURACY = 1e-12  # of a law, summed over all pieces
ROWS = 64  # transition laws made at a time
CHAINS = 4096  # whose rates are asked at a time, each at its own time
SLACK = 1e-9  # by which rounding may pass the bound


def _collocation() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """On ``[0, 1]``: nodes, weights, ``W[i, j] = ∫_0^{c_i} ℓ_j``, weights of the last coefficient.

    ``ℓ_j = Σ_k (2k + 1) w_j P_k(c_j) P_k`` in shifted Legendre polynomials, and
    ``∫_0^x P_k = (P_{k+1}(x) - P_{k-1}(x)) / (2 (2k + 1))``.
    """
    x, w = np.polynomial.legendre.leggauss(NODES)
    values = np.polynomial.legendre.legvander(x, NODES)
    integrals = np.empty((NODES, NODES))
    integrals[:, 0] = (x + 1) / 2
    for k in range(1, NODES):
        integrals[:, k] = (values[:, k + 1] - values[:, k - 1]) / (2 * (2 * k + 1))
    coefficients = (2 * np.arange(NODES) + 1)[:, None] * values[:, :NODES].T * w / 2
    return (x + 1) / 2, w / 2, integrals @ coefficients, coefficients[-1]


_C, _B, _W, _LAST = _collocation()


@partial(jax.jit, static_argnames=("space",))
def march(law: Varying, space: Sequences, mass: Array) -> tuple[Array, Array]:
    """``mass [k, n]`` after the step, and the largest error of a row that was estimated.

    In pieces so short that a polynomial carries them: ``Y_i = y + h Σ_j W_ij (Y_j Q(u_j))`` at the
    Gauss-Legendre nodes, solved by iteration to rounding; of order 24 in the length of a piece.
    The error is the size of the last Legendre coefficient of the flow.
    """
    x = space.states()

    def flow(y: Array, rates: Array) -> Array:
        into = jax.vmap(lambda row: arrivals(space, row, rates[..., : space.tokens]))(y)
        return into - y * exits(space, rates)

    def piece(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        u, y, error = state
        most = jnp.maximum(exits(space, law.rates(u, x)).max(), 1e-300)
        h = jnp.minimum(jnp.minimum(u - law.end, SHARE * u), EVENTS / most)
        rates = jax.lax.map(lambda c: law.rates(u - h * c, x), jnp.asarray(_C))

        def unfinished(run: tuple[Array, ...]) -> Array:
            k, change, _ = run
            return (k < 60) & (change > 1e-17)

        def again(run: tuple[Array, ...]) -> tuple[Array, ...]:
            k, _, flows = run
            ys = y + h * jnp.einsum("ij,jkn->ikn", jnp.asarray(_W), flows)
            new = jax.lax.map(lambda each: flow(*each), (ys, rates))
            return k + 1, h * jnp.abs(new - flows).max(), new

        begin = jnp.asarray(0), jnp.asarray(jnp.inf), jnp.zeros((NODES, *y.shape))
        flows = jax.lax.while_loop(unfinished, again, begin)[-1]
        after = y + h * jnp.einsum("j,jkn->kn", jnp.asarray(_B), flows)
        last = h * jnp.abs(jnp.einsum("j,jkn->kn", jnp.asarray(_LAST), flows)).sum(-1).max()
        there = h >= u - law.end
        return jnp.where(there, law.end, u - h), after, error + last

    start = (jnp.asarray(law.begin), mass, jnp.zeros(()))
    _, after, error = jax.lax.while_loop(lambda state: state[0] > law.end, piece, start)
    return jnp.maximum(after, 0.0), error  # only rounding is below


def _marched(law: Varying, space: Sequences, mass: Array) -> Array:
    after, error = march(law, space, mass)
    # The solution is of twice the order of the flow's interpolation, whose error this is.
    if not float(error) < ACCURACY**0.5:
        raise FloatingPointError(
            f"the rates change too fast to follow in the step from t={float(law.begin):g}: the "
            f"estimated error is {float(error):.3g}"
        )
    return after


@by_kind.push.register
def _(law: Varying, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    return _marched(law, space, jnp.asarray(mass)[None])[0], 0.0, 0.0


@by_kind.transitions.register
def _(law: Varying, space: Sequences) -> tuple[Array, Any]:
    rows = range(0, space.size, ROWS)
    points = [jnp.eye(space.size)[first : first + ROWS] for first in rows]
    return jnp.concatenate([_marched(law, space, each) for each in points]), 0.0


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
