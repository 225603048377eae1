"""Conditionals: what is known of the hidden tokens of a target given any of the others, at any d.

The contract of ``target.conditionals()``.  In ``x [n, d]`` the symbol ``S`` hides a token.

``revealed(x)``  ``[n, d, S]`` the law of each hidden token given those that are not: a sum over the
rest.  0 where these are impossible; of a token that is not hidden, anything finite.
``log_prob(x)``  ``[n]`` nats of whole sequences, ``-inf`` where impossible.
``draw(keys)``  a sequence ``int32 [n, d]`` for each of ``n`` JAX keys.
``total_correlation(x, chosen)``  ``[n]`` nats ``Σ_{i∈S} H(X_i|x_C) - H(X_S|x_C)`` of the hidden
tokens ``chosen [n, d]`` given the others that are not hidden, or None where it is not known; numpy
arrays.
``told_in_turn(x, chosen, shown)``  asked where that is None: ``[n]`` nats, at least 0, whose mean
over the chosen tokens of ``shown [n, d]`` given ``x`` is the total correlation; see
``toy_targets.in_turn``.
``dependence()``  total and dual total correlation of the whole in nats, ``nan`` where unknown.

All but ``total_correlation`` and ``dependence`` are traced by JAX.  The laws of
``toy_targets.analytic`` have these as well.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import gammaln
from scipy import special
from scipy.stats import hypergeom

from harness.numerics.inverse_transform import refreshed, uniforms


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Urn:
    """All arrangements of tokens alike, ``counts[a]`` of which have the value ``a``."""

    counts: tuple[int, ...] = field(metadata={"static": True})

    @property
    def length(self) -> int:
        """``d``."""
        return sum(self.counts)

    def _left(self, x: Array) -> Array:
        """``[n, S]`` how many of each value are hidden; below 0 where ``x`` is impossible."""
        tokens = jnp.arange(len(self.counts))
        return jnp.asarray(self.counts) - (x[..., None] == tokens).sum(1)

    def revealed(self, x: Array) -> Array:
        left = self._left(x)
        left = jnp.where((left >= 0).all(-1, keepdims=True), left, 0).astype(float)
        law = left / jnp.maximum(left.sum(-1, keepdims=True), 1.0)
        return jnp.broadcast_to(law[:, None], (*x.shape, len(self.counts)))

    def log_prob(self, x: Array) -> Array:
        counts = jnp.asarray(self.counts, float)
        arrangements = gammaln(counts.sum() + 1.0) - gammaln(counts + 1.0).sum()
        return jnp.where((self._left(x) == 0).all(-1), -arrangements, -jnp.inf)

    def draw(self, keys: Array) -> Array:
        values = np.repeat(np.arange(len(self.counts), dtype=np.int32), self.counts)
        return jnp.asarray(values)[jnp.argsort(uniforms(keys, self.length), -1)]

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """From the numbers of hidden tokens of each value, and how many are chosen.

        A sequence of ``B`` of ``M`` tokens with ``j_a`` of value ``a`` has the probability
        ``Π n_a!/(n_a - j_a)! (M - B)!/M!``, so ``H = log M!/(M - B)! - Σ log n_a! + Σ E log (n_a -
        j_a)!`` with ``j_a`` hypergeometric.
        """
        left = np.asarray(self._left(jnp.asarray(x)))
        cases = np.concatenate([left, chosen.sum(1)[:, None]], 1)
        unique, which = np.unique(cases, axis=0, return_inverse=True)
        found = [_of_urn(tuple(left), int(taken)) for *left, taken in unique.tolist()]
        return np.array(found)[which.reshape(-1)]

    def dependence(self) -> tuple[float, float]:
        """A token is determined by all others, so ``DTC`` is the entropy."""
        entropy = special.gammaln(self.length + 1) - special.gammaln(np.add(self.counts, 1)).sum()
        return _of_urn(self.counts, self.length), float(entropy)


def _of_urn(left: tuple[int, ...], taken: int) -> float:
    """Nats of total correlation of ``taken`` draws without replacement from ``left [S]`` tokens."""
    total = sum(left)
    if taken < 2:
        return 0.0
    if max(left) == 1:  # all different: log(M^B / (M)_B), by terms that are positive
        return math.fsum(-math.log1p(-j / total) for j in range(taken))
    one = -math.fsum(n / total * math.log(n / total) for n in left if n)
    joint = special.gammaln(total + 1) - special.gammaln(total - taken + 1)
    for n in left:
        j = np.arange(min(n, taken) + 1)
        law = hypergeom.pmf(j, total, n, taken)
        joint += float(law @ special.gammaln(n - j + 1)) - special.gammaln(n + 1)
    return max(taken * one - joint, 0.0)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Affine:
    """Uniform on the bits with ``checks x = sums`` modulo 2; ``checks [r, d]`` independent rows."""

    checks: Any
    sums: Any

    def _reduced(self, x: Array) -> tuple[Array, Array]:
        """The equations for the hidden bits of each row, solved: ``[n, r, d + 1]``, ``[n, d]``.

        After Gauss and Jordan: what is left of each equation, its right side last, and the number
        of the equation that a bit leads, -1 for none.
        """
        checks, sums = jnp.asarray(self.checks), jnp.asarray(self.sums)
        hidden = (x == 2)[:, None, :]
        right = (sums + jnp.where(hidden, 0, checks * x[:, None, :]).sum(-1)) % 2
        table = jnp.concatenate([jnp.where(hidden, checks, 0), right[..., None]], -1)
        number = jnp.arange(len(checks))

        def column(state: tuple[Array, Array], j: Array) -> tuple[tuple[Array, Array], Array]:
            table, free = state
            here = table[:, :, j] == 1
            able = here & free
            leads = able.argmax(-1)
            found = able.any(-1)
            pivot = jnp.take_along_axis(table, leads[:, None, None], 1)
            others = here & (number != leads[:, None]) & found[:, None]
            table = jnp.where(others[..., None], table ^ pivot, table)
            free = free & ~((number == leads[:, None]) & found[:, None])
            return (table, free), jnp.where(found, leads, -1)

        begin = table, jnp.ones(table.shape[:2], bool)
        (table, _), leads = jax.lax.scan(column, begin, jnp.arange(x.shape[1]))
        return table, leads.T

    def revealed(self, x: Array) -> Array:
        table, leads = self._reduced(x)
        left, right = table[..., :-1].sum(-1), table[..., -1]
        possible = ~((left == 0) & (right == 1)).any(-1)
        at = jnp.maximum(leads, 0)
        known = (leads >= 0) & (jnp.take_along_axis(left, at, 1) == 1)
        one = jnp.where(known, jnp.take_along_axis(right, at, 1), 0.5)
        return jnp.stack([1.0 - one, one], -1) * possible[:, None, None]

    def log_prob(self, x: Array) -> Array:
        checks = jnp.asarray(self.checks)
        right = ((x @ checks.T - jnp.asarray(self.sums)) % 2 == 0).all(-1)
        return jnp.where(right, -(x.shape[1] - len(checks)) * math.log(2), -jnp.inf)

    def draw(self, keys: Array) -> Array:
        """Fair bits, of which those that the equations lead with are put right."""
        length = jnp.asarray(self.checks).shape[1]
        table, leads = self._reduced(jnp.full((1, length), 2))
        bits = (uniforms(refreshed(keys, 0), length) < 0.5).astype(jnp.int32)
        free = jnp.where(leads[0] < 0, bits, 0)
        solved = (table[0, :, -1] + free @ table[0, :, :-1].T) % 2
        found = jnp.where(leads[0] < 0, bits, solved[:, jnp.maximum(leads[0], 0)])
        return found.astype(jnp.int32)

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """``log 2`` for each bit of the chosen that the others of them determine."""
        free, open_ones = _freedom(self, jnp.asarray(x), jnp.asarray(chosen))
        after, _ = _freedom(self, jnp.where(jnp.asarray(chosen), 0, x), jnp.asarray(chosen))
        return (np.asarray(open_ones) - (np.asarray(free) - np.asarray(after))) * math.log(2)

    def dependence(self) -> tuple[float, float]:
        """A bit is open given all others where no check has it, and open alone unless one is it."""
        checks = np.asarray(self.checks)
        length, entropy = checks.shape[1], checks.shape[1] - len(checks)
        every = np.ones((1, length), bool)
        total = float(self.total_correlation(np.full((1, length), 2), every)[0])
        return total, (entropy - int((~checks.any(0)).sum())) * math.log(2)


@jax.jit
def _freedom(law: Affine, x: Array, chosen: Array) -> tuple[Array, Array]:
    """How many hidden bits are free, and how many of the chosen are not known."""
    table, leads = law._reduced(x)
    single = table[..., :-1].sum(-1) == 1
    known = (leads >= 0) & jnp.take_along_axis(single, jnp.maximum(leads, 0), 1)
    free = ((x == 2) & (leads < 0)).sum(-1)
    return free, (chosen & ~known).sum(-1)
