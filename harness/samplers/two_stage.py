"""What θ-trapezoidal and θ-RK-2 share: leaps with rates seen at two states."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from harness.foundation.validation import choice, real
from harness.law.claims import Claims, Trait
from harness.law.step import Tokens
from harness.numerics.compound_poisson import by_size, reached
from harness.process.noise import own_token
from harness.samplers.tau_leaping import BY_TARGET, BY_VALUE, leap_by, leap_to

RULES = (*BY_TARGET, *BY_VALUE)
MATCHES = ("target", "displacement")


def checked(theta: float, highest: float, multiple_jumps: str, jumps: str, clamp: bool) -> float:
    """``theta`` as a float in ``(0, highest]``.  Raises TypeError or ValueError."""
    choice("multiple_jumps rule", multiple_jumps, RULES)
    choice("jumps", jumps, MATCHES)
    if not isinstance(clamp, bool):
        raise TypeError(f"clamp must be True or False, got {clamp!r}")
    return real("theta", theta, above=0.0, maximum=highest)


def claims(
    multiple_jumps: str, jumps: str, output_order: float, chain_order: float, *more: Trait
) -> Claims:
    """Of a sampler that asks the score twice a step, the second time off the grid."""
    loses = multiple_jumps == "lose"
    return Claims(
        output_order=output_order,
        chain_order=chain_order,
        traits={*more, Trait.POSITIONS_ALIKE, *(() if loses else (Trait.KEEPS_MASS,))},
        score_calls=2,
        traced_numbers=True,
        adds_values=jumps == "displacement" or multiple_jumps not in BY_TARGET,
    )


def leap(rule: str, x: Array, rates: Array, h: Array) -> Tokens:
    """τ-leaping from ``x`` with ``rates [n, d, S]``."""
    if rule in BY_TARGET:
        return leap_to(rule, x, rates, h)
    up, down = by_size(x, rates)
    return leap_by(rule, x, h * up, h * down)


def extrapolated(
    rule: str,
    jumps: str,
    clamp: bool,
    here: Array,
    h: Array,
    *seen: tuple[float, Array, Array],
) -> Tokens:
    """A leap from ``here [n, d]`` with a combination of rates: ``seen = (weight, y, rates at y)``.

    Rates of states ``y`` are carried to ``here`` by their target or by their displacement.  With
    ``clamp`` the combination's positive part is used, and ``h`` times the rest is reported as
    clipped; else the law is a signed one.  A jump from ``here`` to itself is none.
    """
    if rule in BY_TARGET or jumps == "target":
        tokens = seen[0][2].shape[-1]
        own = own_token(here, tokens)
        total = jnp.zeros(own.shape)
        for weight, y, rates in seen:
            if jumps == "displacement":
                rates = _at_displacement(here, y, rates)
            total = total + weight * rates
        total = jnp.where(own, 0.0, total)
        parts: list[Any] = [total] if rule in BY_TARGET else list(by_size(here, total))
    else:  # by displacement, also out of the alphabet
        sizes = [(weight, *by_size(y, rates)) for weight, y, rates in seen]
        parts = [sum(size[0] * size[k] for size in sizes) for k in (1, 2)]
    clipped = jnp.zeros(here.shape)
    if clamp:
        clipped = h * sum(jnp.maximum(-part, 0.0).sum(-1) for part in parts)
        parts = [jnp.maximum(part, 0.0) for part in parts]
    if rule in BY_TARGET:
        law = leap_to(rule, here, parts[0], h)
    else:
        law = leap_by(rule, here, h * parts[0], h * parts[1], signed=not clamp)
    return Tokens(law.p, law.lost, (law.clipped if clamp else 0.0) + clipped)


def _at_displacement(here: Array, y: Array, rates: Array) -> Array:
    """``rates`` at ``y`` of jumping by ``b - here``, 0 where that leaves the alphabet."""
    shift = jnp.arange(rates.shape[-1]) - here[..., None]
    return reached(y, rates, shift)
