"""What the frozen score really loses, to leading order: the constants of its path and chain KL."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp

from bounds.hypotheses import exact_score, finite_start, full_support, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.precision import float64
from harness.foundation.registry import theorems
from harness.noise import Noise, Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FrozenScore
from harness.score import Score
from harness.space import Sequences
from harness.theorem import Rate, Side, Trust
from toy_targets import PottsRing

FLAT = 1e-20  # nats: below it the score does not change with time, and nothing is lost
MAX_STATES = 4096  # all at once, with the derivative of every rate; of tokens, not of classes


@dataclass(frozen=True)
class _Sharp(Rate):
    trust: ClassVar[Trust] = Trust.DERIVED
    side: ClassVar[Side | str] = Side.TWO_SIDED
    source: ClassVar[str] = "this project; a second-order expansion of Girsanov's integral"
    exponents: ClassVar[Mapping[str, str]] = {"step": "2"}
    divisor: ClassVar[float]

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(2.0, 0.25, steps=64)
        return Problem(PottsRing(2, 3, 1.0), Uniform(), FrozenScore(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        space = problem.space
        return {
            **finite_start(problem),
            **exact_score(problem),
            **full_support(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.FROZEN_RATES),
            "a start at q_T": problem.start == "exact",
            "data that are not the noise's own": not problem.drawn
            and Quantities(problem).data_stationary_kl > FLAT,
            f"sequences of at most {MAX_STATES:,} states": isinstance(space, Sequences)
            and not space.class_sizes
            and space.size <= MAX_STATES,
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        steps = problem.grid.intervals()
        found = speeds(problem, [(t + s) / 2 for t, s in steps])
        parts = [(t - s) ** 3 * each for (t, s), each in zip(steps, found, strict=True)]
        return math.fsum(parts) / self.divisor


@theorems.add("zhang_2024_sharp_path")
@dataclass(frozen=True)
class Zhang2024SharpPath(_Sharp):
    """``path KL = Σ_k h_k³/6 C (1 + O(h))``, ``C = E_{q_t} Σ_b (∂_t r_t(X, b))²/r_t(X, b)``.

    ``r_t(x, b)`` are the true reverse rates, over the tokens of ``x`` and the values ``b`` that
    each may get; ``t`` is the middle of the step, and ``O(h)`` is for ``δ`` fixed.

    Trust: [D].  Rung: path, from both sides.  Assumes ``T < inf``, full support, the exact score
    and start, true step lengths and frozen rates.  Form: the right side without its ``O(h)``, so
    that the needed constant tends to 1.

    Proof.  Frozen rates keep ``r_t`` where the truth has ``r_u``, at the same state.  Girsanov's
    density of a step is ``Σ D(r_u, r_t)`` with ``D(a, b) = a log(a/b) - a + b = (a - b)²/(2b) +
    O((a - b)³)``, so ``(t - u)² C/2`` to leading order, and its integral is ``h³ C/6``.  ∎
    """

    statement: ClassVar[str] = "path KL = Σ h³/6 · C (1 + O(h)), C = E Σ (∂_t r_t)²/r_t"
    bounds_on: ClassVar[str] = "path"
    divisor: ClassVar[float] = 6.0


@theorems.add("zhang_2024_sharp_chain")
@dataclass(frozen=True)
class Zhang2024SharpChain(_Sharp):
    """``chain KL = Σ_k h_k³/8 C (1 + O(h))``, ``C`` as in ``zhang_2024_sharp_path``.

    The path KL is 4/3 of it: that much is in *when* within a step a token jumps.

    Trust: [D].  Rung: chain, from both sides.  Assumes ``T < inf``, full support, the exact score
    and start, true step lengths and frozen rates.  Form: the right side without its ``O(h)``, so
    that the needed constant tends to 1.

    Proof.  Seen at the ends of a step, the truth jumps to ``b`` with probability ``∫ r_u du = h r_t
    - h² r'/2`` and the sampler with ``h r_t``, both up to the same terms of second order and to
    others of third.  ``D(a, b) = a log(a/b) - a + b`` of the two is ``(h² r'/2)²/(2 h r_t) = h³
    r'²/(8 r_t)`` to leading order; what stays put differs by ``O(h²)`` too, of a probability near
    1, and adds ``O(h⁴)``.  ∎
    """

    statement: ClassVar[str] = "chain KL = Σ h³/8 · C (1 + O(h)), C = E Σ (∂_t r_t)²/r_t"
    bounds_on: ClassVar[str] = "chain"
    divisor: ClassVar[float] = 8.0


def speeds(problem: Problem, times: Sequence[float]) -> list[float]:
    """``C_t = E_{q_t} Σ_i Σ_b (∂_t r_t(X, b))²/r_t(X, b)`` at ``times``, nats by cubed noise time.

    By the derivative of the true score's own function.  A rate of 0 has no part.
    """
    with float64():
        given = problem.exact_score, problem.symbol_noise, jnp.asarray(times)
        return [float(each) for each in _speeds(problem.sequences, *given)]


@partial(jax.jit, static_argnames="space")
def _speeds(space: Sequences, score: Score, noise: Noise, times: jax.Array) -> jax.Array:
    x = space.states()

    def at(t: jax.Array) -> jax.Array:
        def rates(u: jax.Array) -> jax.Array:
            return noise.reverse_rates(score(u, x), x)

        now, change = jax.jvp(rates, (t,), (jnp.ones_like(t),))
        held = now > 0
        each = jnp.where(held, change**2 / jnp.where(held, now, 1.0), 0.0)
        return score.marginal(t) @ each.sum((1, 2))

    return jax.lax.map(at, times)
