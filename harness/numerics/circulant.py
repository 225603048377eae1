"""Sums modulo ``S``: displacements on a ring of ``S`` tokens, and Poisson numbers of them."""

import jax
import jax.numpy as jnp
from jax import Array

_ORDERS = 12  # jumps in one of the pieces that a step is cut into
_UNROLLED = 8  # tokens up to which a convolution is written out


@jax.custom_jvp
@jax.jit
def poisson_sums(means: Array) -> Array:
    """``[..., S]`` law of ``Σ_c c N_c`` modulo ``S``, ``N_c`` Poisson of mean ``means[..., c]``.

    The row of ``expm`` of a circulant generator, cut into ``2^m >= 4 (S + λ)`` equal pieces, ``λ``
    the largest number of jumps expected.  The law of a piece is its series up to 12 jumps; it is
    convolved with itself ``m`` times.  Only positive numbers are added, so that no entry is lost to
    an absolute floor, as it is by a Fourier transform: the least likely displacement keeps its
    digits.

    Statement.  Of an entry that takes ``k`` jumps the series leaves out a share of at most
    ``2^m (k/2^m)^13 / 13!``: at ``k = S + λ`` 2e-18 times ``2^m``.
    Proof.  ``k`` jumps are spread evenly over ``2^m`` pieces, and one of them has 13 or more with
    probability at most ``C(k, 13) 2^{-13m}``.  ∎  Anywhere that a token can be it is after ``S-1``
    jumps; more than ``λ`` on top of these are unlikely.
    """
    size = means.shape[-1]
    # The ring comes first: a turn of it is then a choice of whole rows.
    jumps = jnp.moveaxis(means, -1, 0).reshape(size, -1).at[0].set(0.0)  # by 0: no jump
    most = jumps.sum(0).max()
    cuts = jnp.ceil(jnp.log2(4.0 * (size + most))).astype(jnp.int32)
    piece = jumps / 2.0**cuts
    nowhere = jnp.zeros_like(piece).at[0].set(1.0)

    def longer(k: Array, series: Array) -> Array:
        return nowhere + convolve(piece, series) / (_ORDERS - k)

    def twice(_: Array, law: Array) -> Array:
        return _to_one(convolve(law, law))

    series = jax.lax.fori_loop(0, _ORDERS, longer, nowhere)
    law = jax.lax.fori_loop(0, cuts, twice, _to_one(series))
    return jnp.moveaxis(law.reshape(size, *means.shape[:-1]), 0, -1)


@poisson_sums.defjvp
def _(given: tuple[Array], changes: tuple[Array]) -> tuple[Array, Array]:
    """With one more jump by ``c``, ``dP(k)/dm_c = P(k - c) - P(k)``."""
    (means,), (change,) = given, changes
    law = poisson_sums(means)
    turned = [jnp.roll(law, c, -1) - law for c in range(means.shape[-1])]
    parts = [change[..., c, None] * each for c, each in enumerate(turned)]
    return law, jnp.stack(parts).sum(0)


def convolve(a: Array, b: Array) -> Array:
    """``[S, ...]`` ``Σ_j a_j b_{k-j}``, indices modulo ``S``."""
    size = a.shape[0]
    if size <= _UNROLLED:
        return jnp.stack([sum(a[j] * b[k - j] for j in range(size)) for k in range(size)])
    twice = jnp.concatenate([b, b])

    def add(j: Array, total: Array) -> Array:
        turned = jax.lax.dynamic_slice_in_dim(twice, size - j, size)
        return total + jax.lax.dynamic_index_in_dim(a, j) * turned

    return jax.lax.fori_loop(0, size, add, jnp.zeros_like(b))


def by_displacement(x: Array, table: Array) -> Array:
    """``[n, d, S]`` what ``table [n, d, S]`` has at ``x ⊕ c``, for ``c = 0 … S-1``."""
    return _turned(table, x[..., None] + jnp.arange(table.shape[-1]))


def by_token(x: Array, table: Array) -> Array:
    """``[n, d, S]`` what ``table [n, d, S]``, by displacement, has at ``b ⊖ x``."""
    return _turned(table, jnp.arange(table.shape[-1]) - x[..., None])


def between(table: Array) -> Array:
    """``[n, d, S, S]`` from ``a`` to ``b``: what ``table``, by displacement, has at ``b ⊖ a``."""
    size = table.shape[-1]
    token = jnp.arange(size)
    return table[..., (token - token[:, None]) % size]


def _turned(table: Array, place: Array) -> Array:
    return jnp.take_along_axis(table, place % table.shape[-1], axis=-1)


def _to_one(law: Array) -> Array:
    return law / law.sum(0)
