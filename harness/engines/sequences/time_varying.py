"""A chain whose rates change inside the step: its law by collocation."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.accounts import FOLLOWED, exits
from harness.engines.sequences.generator import MOST, arrivals
from harness.law.step import Varying
from harness.process.space import Sequences

NODES = 12  # Gauss-Legendre nodes of a piece
EVENTS = 0.5  # expected events in a piece, at most
SHARE = 0.25  # of the time that is left, at most: rates grow like 1/u towards the data
ROWS = 64  # transition laws made at a time
KINK, SHORTEST = 1e-13, 1e-12  # a piece is halved while its error is above, and it is not so short


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
    The error is the size of the last Legendre coefficient of the flow.  Rates with kinks have no
    such order: a piece with a kink in it is halved until it is so short that none is needed.
    The error is nan where more than MOST events would be followed, as from an infinite time.
    """
    x = space.states()

    def flow(y: Array, rates: Array) -> Array:
        into = arrivals(space, rates[..., : space.tokens], y.T).T
        return into - y * exits(space, rates)

    def piece(state: tuple[Array, ...]) -> tuple[Array, ...]:
        u, y, error, scale = state
        most = jnp.maximum(exits(space, law.rates(u, x)).max(), 1e-300)
        longest = jnp.minimum(jnp.minimum(u - law.end, SHARE * u), EVENTS / most)
        h = longest * scale
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
        endless = ~((u - law.end) * most <= MOST)
        there = (h >= u - law.end) | endless
        error = error + jnp.where(endless, jnp.nan, last)
        then = jnp.where(there, law.end, u - h), after, error, jnp.minimum(1.0, 2 * scale)
        if not law.kinked:
            return then
        again_shorter = (last > KINK) & (h > SHORTEST * u) & ~endless
        stays = u, y, state[2], scale / 2
        return tuple(jnp.where(again_shorter, a, b) for a, b in zip(stays, then, strict=True))

    start = (jnp.asarray(law.begin), mass, jnp.zeros(()), jnp.ones(()))
    _, after, error, _ = jax.lax.while_loop(lambda state: state[0] > law.end, piece, start)
    return jnp.maximum(after, 0.0), error  # only rounding is below


@by_kind.push.register
def _(law: Varying, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    after, error = march(law, space, jnp.asarray(mass)[None])
    return by_kind.Pushed(after[0], off=error)


@by_kind.transitions.register
def _(law: Varying, space: Sequences) -> tuple[Array, Any]:
    """nan where the rates could not be followed."""
    firsts = range(0, space.size, ROWS)
    points = [jnp.eye(space.size)[first : first + ROWS] for first in firsts]
    found = [march(law, space, each) for each in points]
    rows = [jnp.where(error < FOLLOWED, after, jnp.nan) for after, error in found]
    return jnp.concatenate(rows), 0.0
