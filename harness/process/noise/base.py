"""What every noise can do, from its generator alone."""

from abc import ABC, abstractmethod
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.sparse.csgraph import connected_components

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.process.space import Sequences

NODES = 8  # of the quadrature for a derivative along rates
AMPLIFICATION = 1e7  # of rounding, by undoing noise: beyond, under nine digits would be left


class Noise(ABC):
    """A token generator and what follows from it.  ``x [n, d]``, ``ratios [n, d, S]``.

    ``tokens`` is ``S``, the mask included where there is one, and ``space`` that of the data.

    ``draws_afresh``: a token stays or is drawn anew, from one law whatever it was.
    """

    draws_afresh: ClassVar[bool] = False

    @abstractmethod
    def rate_matrix(self, tokens: int) -> Array:
        """The generator ``R [S, S]``, per unit of noise time."""

    def check(self, tokens: int) -> None:  # noqa: B027 (most noises act on any alphabet)
        """Raise ValueError if this noise cannot act on an alphabet of ``tokens``."""

    def alphabet(self, space: Sequences) -> Sequences:
        """The sequences that the noised process lives on, given those of the data."""
        return space

    def kernel(self, t: Array | float, tokens: int) -> Array:
        """Transition matrix ``P_t = expm(t R)``, ``[S, S]``, row = from, column = to."""
        return perturbed("kernel", _expm(self.rate_matrix(tokens), t))

    def on_classes(self, sizes: tuple[int, ...]) -> "Noise":
        """This noise on classes of ``sizes[a]`` interchangeable tokens.

        Raises ValueError for a noise that does not treat all tokens alike.
        """
        raise ValueError(
            f"classes of interchangeable tokens need a noise that treats tokens alike, got {self}"
        )

    def stationary(self, tokens: int) -> np.ndarray:
        """``[S]`` the law that ``R`` keeps.  Raises ValueError unless it is unique and positive."""
        with float64():
            return _stationary(np.asarray(self.rate_matrix(tokens)))

    def start_token(self, t: float, tokens: int) -> np.ndarray:
        """``[S]`` law of a token where a sampler starts at time ``t`` with ``start="noise"``."""
        return self.stationary(tokens)

    def forward_rates(self, x: Array, tokens: int) -> Array:
        """``[n, d, S]`` rate ``R(x_i, b)`` at which the noise sets token ``i`` to ``b``."""
        return jnp.where(own_token(x, tokens), 0.0, self.rate_matrix(tokens)[x])

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        """``[n, d, S]`` rate of setting token ``i`` to ``b``: ``R(b, x_i) ratio``; 0 at ``x_i``."""
        rates = self.rate_matrix(ratios.shape[-1]).T[x]
        return perturbed("rates", jnp.where(own_token(x, ratios.shape[-1]), 0.0, rates * ratios))

    def largest_exit(self, u: Array | float, tokens: int) -> Array:
        """What the rate at which a token leaves its value in reverse never exceeds until ``u``.

        Statement.  For any data, any state and any time ``v >= u`` the true reverse rate of leaving
        ``a`` is at most ``max_{c,a} Σ_{b≠a} P_u(c, b) R(b, a) / P_u(c, a)``; infinite at ``u = 0``.
        Proof.  Given the other tokens let ``m`` be the law of the clean token.  The rate is
        ``Σ_{b≠a} (m P_v)(b) R(b, a) / (m P_v)(a)``, a quotient of means over ``c ~ m P_{v-u}`` of
        ``Σ_{b≠a} P_u(c, b) R(b, a)`` and ``P_u(c, a)``, so at most the largest quotient.  ∎
        """
        kernel, rates = noise_kernel(self, u, tokens), self.rate_matrix(tokens)
        inflow = kernel @ (rates - jnp.diag(jnp.diag(rates)))
        reached = kernel > 0
        return jnp.where(reached, inflow / jnp.where(reached, kernel, 1.0), 0.0).max()

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        """``[n, d, S]`` ``[ratios_i P_h^{-1}]_b``: the ratios with ``h`` less noise on token ``i``.

        With exact ratios at ``t``, in proportion to the law of ``X_{t-h}^i`` given the *other*
        tokens at ``t``.  ``nan`` for a step so long that the inverse multiplies rounding by more
        than 1e7.
        """
        inverse = jnp.linalg.inv(noise_kernel(self, h, ratios.shape[-1]))
        carried = jnp.abs(inverse).max() < AMPLIFICATION
        return jnp.where(carried, ratios @ inverse, jnp.nan)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        """``[n, d, S]`` ``P_h(b, x_i)``: that a token at ``b`` is found at ``x_i`` after ``h``."""
        return noise_kernel(self, h, tokens).T[x]

    def bridge(self, ratios: Array, x: Array, h: Array | float) -> Array:
        """``[n, d, S]`` ``[ratios_i P_h^{-1}]_b P_h(b, x_i)``: a token's law ``h`` earlier.

        With exact ratios at time ``t`` this is ``Pr(X_{t-h}^i = b | X_t = x)``.  It sums to one
        for any ratios that are 1 at ``x_i``, but with estimated ones entries can be negative.
        """
        return self.earlier(ratios, h) * self.arrival(x, h, ratios.shape[-1])


@partial(jax.jit, static_argnames=("tokens",))
def noise_kernel(noise: Noise, t: Array | float, tokens: int) -> Array:
    """``kernel(t, tokens)`` ``[S, S]`` of ``noise``, by this name in every program that is traced.

    So whoever interprets one (``harness.run_function``) finds where kernels come in, and can put
    those of another arithmetic in their place.
    """
    return noise.kernel(t, tokens)


def own_token(x: Array, tokens: int) -> Array:
    """``[n, d, S]`` True where ``b = x_i``, of the states ``x [n, d]`` with ``tokens = S``."""
    return x[..., None] == jnp.arange(tokens, dtype=x.dtype)


@jax.custom_jvp
@jax.jit
def _expm(rates: Array, t: Array | float) -> Array:
    """``expm(t R)`` of a generator, every entry to full relative precision.

    ``t R + c I`` with ``c = max exit rate * t`` has no negative entry, so its Taylor series and
    the squarings add positive numbers only; rows are then scaled to sum to one.  There is a
    squaring for every doubling of the alphabet: a token that can only go step by step gets
    everywhere.
    """
    t = jnp.asarray(t, rates.dtype)
    positive = t * (rates - jnp.diag(jnp.diag(rates)))
    exit_rate = -t * jnp.diag(rates)
    positive = positive + jnp.diag(exit_rate.max() - exit_rate)
    size = jnp.maximum(positive.sum(1).max(), 1e-300)
    farthest = np.log2(rates.shape[0])
    squarings = jnp.ceil(jnp.maximum(jnp.log2(size), farthest)).astype(jnp.int32)
    positive = positive / 2.0**squarings
    identity = jnp.eye(rates.shape[0], dtype=rates.dtype)
    series = identity
    for order in range(18, 0, -1):  # 1/19! < 1e-17
        series = identity + positive @ series / order

    def square(_: Array, matrix: Array) -> Array:
        matrix = matrix @ matrix
        return matrix / matrix.sum(1, keepdims=True)

    series = series / series.sum(1, keepdims=True)
    return jax.lax.fori_loop(0, squarings, square, series)


@_expm.defjvp
def _(given: tuple[Array, Array], changes: tuple[Array, Array]) -> tuple[Array, Array]:
    """``d/dt expm(t R) = R expm(t R)``; along rates Duhamel's formula, by Gauss-Legendre.

    ``∫_0^1 expm(u t R) t dR expm((1-u) t R) du``, of small ``t``; ``L(2A, 2E) = L e^A + e^A L``.
    """
    (rates, t), (of_rates, of_t) = given, changes
    t = jnp.asarray(t, rates.dtype)
    kernel = _expm(rates, t)
    halvings = 6
    part = t / 2.0**halvings
    power, along = _expm(rates, part), part * of_rates
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    ends = [(_expm(rates, part * u), _expm(rates, part * (1 - u))) for u in (nodes + 1) / 2]
    change = sum(w / 2 * a @ along @ b for w, (a, b) in zip(weights, ends, strict=True))
    for _ in range(halvings):
        change, power = change @ power + power @ change, power @ power
    return kernel, change + of_t * (rates @ kernel)


def _stationary(rates: np.ndarray) -> np.ndarray:
    """Stationary law by the elimination of Grassmann, Taksar and Heyman: no subtractions."""
    classes, _ = connected_components(rates > 0, connection="strong")
    if classes > 1:
        raise ValueError(
            "start='noise' needs a noise with a unique positive stationary law; this generator "
            f"has {classes} classes of tokens that do not all reach each other"
        )
    work, size = rates.copy(), len(rates)
    for last in range(size - 1, 0, -1):
        work[:last, last] /= work[last, :last].sum()
        work[:last, :last] += np.outer(work[:last, last], work[last, :last])
    law = np.ones(size)
    for state in range(1, size):
        law[state] = law[:state] @ work[:state, state]
    return law / law.sum()


def rates_as_data(cls: type[Noise], name: str) -> None:
    """Make the rates of ``cls``, its only field ``name``, data to the compiler.

    Another noise of the same size then compiles nothing.
    """

    def leaves(noise: Any) -> tuple[tuple[Any], None]:
        rates = getattr(noise, name)
        return (np.asarray(rates) if isinstance(rates, tuple) else rates,), None

    def rebuilt(_: None, given: tuple[Any]) -> Any:
        noise = object.__new__(cls)
        object.__setattr__(noise, name, given[0])
        return noise

    jax.tree_util.register_pytree_node(cls, leaves, rebuilt)
