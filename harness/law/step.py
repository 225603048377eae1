"""The law of one reverse step.  A sampler returns one; an engine pushes through it or draws.

``Tokens``     tokens move independently given the present state;
``Generator``  a continuous-time chain runs for a while, one token jumping at a time;
``Varying``    such a chain with rates that change on the way;
``Mixture``    a hidden draw picks one of several laws of independent tokens;
``TwoStage``   tokens move, then move again by a law of what they remember and where they are;
``InTurn``     one law after the other;
``Chosen``     several draws from one law, of which one is kept;
``RandomOrder``  tokens move one at a time in random order, each seeing those before it;
``Kernel``     a whole row of the transition matrix from every state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.process.noise import own_token

ROUNDING = 1e-12  # negative probability smaller than this is rounding, not clipping


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Tokens:
    """``P(y | x) = Π_i p[x, i, y_i]`` for the ``n`` states that were asked for.

    ``p [n, d, S]``; ``lost [n, d]`` the probability that a token leaves the alphabet, and its
    sequence with it (``p`` and ``lost`` sum to one); ``clipped [n, d]`` the probability that had
    to be moved because the formula put it where no probability can be.
    """

    p: Array
    lost: Any = 0.0
    clipped: Any = 0.0

    @classmethod
    def stay_or_move(cls, x: Array, moves: Array, stay: Array, **rest: Any) -> "Tokens":
        """``moves [n, d, S]`` to other tokens (0 at ``x_i``), ``stay [n, d]`` at the own one.

        ``x [n, d]`` are the states; ``rest`` is ``lost`` and ``clipped``.
        """
        return cls(jnp.where(own_token(x, moves.shape[-1]), stay[..., None], moves), **rest)

    @classmethod
    def clip_negative(cls, weights: Array) -> "Tokens":
        """``weights [n, d, S]`` that sum to one: negative ones become 0, the rest makes up for it.

        The amount is remembered.  A sum that is off for another reason, such as a step so long
        that the posterior drowns in the rounding of the score, stays off: engines refuse it.
        """
        kept = jnp.maximum(weights, 0.0)
        negative = (kept - weights).sum(-1)
        return cls(
            kept / (1.0 + negative)[..., None],
            clipped=jnp.where(negative > ROUNDING, negative, 0.0),
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Generator:
    """``expm(duration G)`` with ``rates [n, d, S]`` of setting token ``i`` to ``b`` (0 at own).

    The rates must be those of *all* states of the space, in order: a path visits others than the
    one that it starts from.  ``duration`` is finite: the law is NaN, and refused, where more than
    ten million jumps are expected of a state.
    """

    rates: Array
    duration: Any


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Varying:
    """A chain from noise time ``begin`` down to ``end`` with rates that change on the way.

    ``rates(u, y [n, d]) -> [n, d, S]`` at time ``u`` in the states ``y``, 0 at the own token, is a
    ``jax.tree_util.Partial`` of a function at the top of a module.  ``top`` is at least the rate
    out of any state at any time of the step: with it a run is drawn by thinning candidate events,
    each of which asks for the rates; the law does not depend on it.  ``kinked``: the rates are
    smooth but for kinks, at times of their own in each state, which are looked for.
    """

    rates: Callable[[Any, Array], Array]
    begin: Any
    end: Any
    top: Any
    kinked: bool = field(default=False, metadata={"static": True})


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Mixture:
    """``P(y | x) = Σ_z exp(log_weights[x, z]) Π_i p[x, z, i, y_i]``; nothing is lost.

    ``log_weights [n, Z]``, ``p [n, Z, d, S]``.
    """

    log_weights: Array
    p: Array


@dataclass(frozen=True)
class TwoStage:
    """``P(y | x) = Σ_m first(m | x) second(memory of x, m)(y)``.

    ``second(memory, m [n, d])`` gives the law of the next states, row by row, when the first stage
    has led to ``m``.  ``memory`` is any tree of arrays ``[n, ...]``, what the first stage leaves to
    the second; where the step began, ``x [n, d]``, if not said.

    ``signed``: entries of the second law may be negative.  The stages are then added up as signed
    measures, and only what is negative in the law of the whole step is clipped, and reported.
    """

    first: Tokens
    second: Callable[[Any, Array], Tokens]
    memory: Any = None
    signed: bool = False


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class InTurn:
    """The laws ``stages``, one after the other, each from where the one before has led.

    As in a ``Generator``, each must be the law of *all* states of the space, in order.
    """

    stages: tuple[Any, ...]


def stages_of(law: Any) -> tuple[Any, ...]:
    """The laws that a step has one after the other: those of an ``InTurn``, or ``law`` alone."""
    return law.stages if isinstance(law, InTurn) else (law,)


@dataclass(frozen=True)
class Chosen:
    """``count`` independent draws from ``proposal``; one is kept, by weights ``e^{log_value(y)}``.

    ``log_value(y [m, d]) -> [m]``.  Nothing may be lost.  So that there is always a choice, no
    weight counts as less than ``e^{-30}`` of the largest.
    """

    proposal: Tokens
    log_value: Callable[[Array], Array]
    count: int


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class RandomOrder:
    """Each token that waits moves with probability ``chance``, in random order, one at a time.

    ``waits [n, d]``; ``moves`` says where a token goes when its turn comes, given the state that
    those before it have left.  Having moved it waits no more.  Each of ``m`` waiting tokens has a
    clock of its own, so this is the chain in which one of them, any, moves at rate ``m``, run for
    a time ``-log(1 - chance)``; but ``chance = 1`` is allowed.  ``stays`` is ``1 - chance`` with
    all its digits, for a sampler that knows them: near ``chance = 1`` the difference has few.

    As in a ``Generator``, the table must be that of *all* states of the space, in order.
    """

    moves: Tokens
    waits: Array
    chance: Any
    stays: Any = None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Kernel:
    """The law of the whole state, row by row: ``p [n, S^d]``; ``lost``, ``clipped`` ``[n]``."""

    p: Array
    lost: Any = 0.0
    clipped: Any = 0.0

    @classmethod
    def positive_part(cls, p: Array, lost: Array) -> "Kernel":
        """A signed law ``p`` and ``lost``: what is negative is set to 0, the rest scaled."""
        kept, gone = jnp.maximum(p, 0.0), jnp.maximum(lost, 0.0)
        negative = (kept - p).sum(-1) + gone - lost
        total = kept.sum(-1) + gone
        clipped = jnp.where(negative > ROUNDING, negative, 0.0)
        return cls(kept / total[:, None], gone / total, clipped)


StepLaw = Tokens | Generator | Varying | Mixture | TwoStage | InTurn | Chosen | RandomOrder | Kernel


def held(rate: Array, h: Array | float) -> Array:
    """``(1 - e^{-rate h}) / rate``, and ``h`` where the rate is 0; a rate may be negative."""
    safe = jnp.where(rate != 0, rate, 1.0)
    return jnp.where(rate != 0, -jnp.expm1(-safe * h) / safe, h)


def first_jump(x: Array, rates: Array) -> Array:
    """``[n, d, S, S]`` rates of each token to each: ``rates [n, d, S]`` from that of ``x`` or 0."""
    own = own_token(x, rates.shape[-1])
    return jnp.where(own[..., :, None], rates[..., None, :], 0.0)
