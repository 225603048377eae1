"""Where ``x + Σ_j j (U_j - V_j)`` lands, ``U_j, V_j`` Poisson: in the alphabet, below or above."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def displaced(
    x: Array, up: Array, down: Array, *, signed: bool = False
) -> tuple[Array, Array, Array]:
    """Law of a token after Poisson numbers of every jump, added up as integers.

    ``x [n, d]`` in ``0..S-1``; ``up``, ``down`` ``[n, d, S-1]`` the mean numbers of jumps by
    ``1..S-1`` up and down.  Returns ``inside [n, d, S]`` and the probabilities ``below``, ``above``
    ``[n, d]`` of leaving the alphabet.  ``signed``: means may be negative, and so may what is
    returned: the signed measure with generating function ``exp(Σ_j m_j (z^j - 1))``.

    Upward and downward displacement ``U``, ``V`` are independent compound Poisson variables, with
    point probabilities by Panjer's recursion ``u P(u) = Σ_j j m_j P(u-j)``: all terms positive.
    The sum over ``V`` runs until both tails are far below 1e-17.  It starts from ``exp(-mean)``,
    which is 0 from 708 jumps on (87 in float32): what is returned for such tokens is NaN.
    """
    inside, below = _inside_and_below(x, up, down)
    above = 1.0 - inside.sum(-1) - below
    return inside, below, above if signed else jnp.maximum(above, 0.0)


@jax.custom_jvp
@jax.jit
def _inside_and_below(x: Array, up: Array, down: Array) -> tuple[Array, Array]:
    tokens = up.shape[-1] + 1
    jump = jnp.arange(1, tokens)
    # A Poisson variable of mean m exceeds m + 9 sqrt(m) + 20 with probability below 1e-18.
    means = jnp.maximum(jnp.abs(up).sum(-1), jnp.abs(down).sum(-1))
    most = -float(np.log(np.finfo(up.dtype).tiny))
    mean = jnp.minimum(means.max(), most)
    terms = ((tokens - 1) * jnp.ceil(mean + 9 * jnp.sqrt(mean) + 20)).astype(jnp.int32)

    def panjer(recent: Array, sizes: Array, u: Array) -> Array:
        """``P(u)`` from ``recent[..., j-1] = P(u-j)``."""
        return (jump * sizes * recent).sum(-1) / u

    def push(recent: Array, new: Array) -> Array:
        return jnp.concatenate([new[..., None], recent[..., :-1]], axis=-1)

    # Advance U by S-1 - x at first, so that the window holds P_U(v - x .. v + S-1 - x).
    window = jnp.zeros((*x.shape, 2 * tokens - 1), up.dtype)
    window = window.at[..., tokens - 1].set(jnp.exp(-up.sum(-1)))  # index w: P_U(v + w - (S-1))
    for ahead in range(1, tokens):
        recent = jnp.flip(window[..., ahead : ahead + tokens - 1], -1)
        window = window.at[..., tokens - 1 + ahead].set(panjer(recent, up, jnp.asarray(ahead)))
    lands = tokens - 1 + jnp.arange(tokens) - x[..., None]  # window index of U = v + b - x

    def add(v: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
        inside, below, past, window, recent_v = state
        p_v = recent_v[..., 0]
        inside = inside + p_v[..., None] * jnp.take_along_axis(window, lands, axis=-1)
        # past = P(U <= v - x - 1): the token then lies below the alphabet.
        lowest = jnp.take_along_axis(window, lands[..., :1], axis=-1)[..., 0]
        below = below + p_v * past
        past = past + lowest
        ahead = panjer(jnp.flip(window[..., tokens:], -1), up, v + tokens)
        window = jnp.concatenate([window[..., 1:], ahead[..., None]], axis=-1)
        recent_v = push(recent_v, panjer(recent_v, down, v + 1))
        return inside, below, past, window, recent_v

    nothing = jnp.zeros(x.shape, up.dtype)
    # Before v = 0 the mass with U <= -x - 1 is none, as U >= 0.
    recent_v = jnp.zeros((*x.shape, tokens - 1), up.dtype)
    recent_v = recent_v.at[..., 0].set(jnp.exp(-down.sum(-1)))
    inside, below, *_ = jax.lax.fori_loop(
        0, terms, add, (jnp.zeros((*x.shape, tokens), up.dtype), nothing, nothing, window, recent_v)
    )
    known = means <= most
    return jnp.where(known[..., None], inside, jnp.nan), jnp.where(known, below, jnp.nan)


@_inside_and_below.defjvp
def _(given: tuple[Array, ...], changes: tuple[Array, ...]) -> Any:
    """With one more mean ``m_j`` of jumps by ``j``, ``dP(D = k)/dm_j = P(D = k - j) - P(D = k)``.

    So it is the law itself, over displacements ``k`` of up to twice as far: that of a token in the
    middle of an alphabet which is larger.
    """
    (x, *means), (_, *along) = given, changes
    jumps = means[0].shape[-1]
    far = [(0, 0)] * x.ndim + [(0, 3 * jumps)]  # no jump is longer than before
    wide, under = _inside_and_below(x + 2 * jumps, *(jnp.pad(each, far) for each in means))
    inside, below = _inside_and_below(x, *means)
    # In ``wide``, k = b - x is at b + 2 jumps: the token is at x + 2 jumps there.
    of_inside, of_below = jnp.zeros_like(inside), jnp.zeros_like(below)
    upto = under[..., None] + jnp.cumsum(wide, -1)  # that the token is there or below
    for sign, change in zip((1, -1), along, strict=True):
        for j in range(1, jumps + 1):
            first = 2 * jumps - sign * j
            moved = wide[..., first : first + jumps + 1] - inside
            of_inside = of_inside + change[..., j - 1, None] * moved
            of_below = of_below + change[..., j - 1] * (upto[..., first - 1] - below)
    return (inside, below), (of_inside, of_below)


def by_size(x: Array, rates: Array) -> tuple[Array, Array]:
    """Rates ``[n, d, S-1]`` of jumps by ``1..S-1`` up and down; none lead out of the alphabet."""
    jump = jnp.arange(1, rates.shape[-1])
    return reached(x, rates, jump), reached(x, rates, -jump)


def reached(x: Array, rates: Array, jump: Array) -> Array:
    """``rates [n, d, S]`` to ``x + jump``, 0 where that is outside the alphabet."""
    target = x[..., None] + jump
    legal = (target >= 0) & (target < rates.shape[-1])
    found = jnp.take_along_axis(rates, jnp.clip(target, 0, rates.shape[-1] - 1), axis=-1)
    return jnp.where(legal, found, 0.0)
