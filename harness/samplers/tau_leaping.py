"""τ-leaping: rates are held over the step, and every token jumps on its own."""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import choice
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens, first_jump, held
from harness.numerics import circulant
from harness.numerics.compound_poisson import by_size, displaced
from harness.process.noise import Noise
from harness.process.score import Score

BY_TARGET, BY_VALUE = ("one_jump", "reject"), ("clip", "lose")
RULES = (*BY_TARGET, *BY_VALUE, "wrap")


def rates_in_step(score: Score, noise: Noise, x: Array, t: Array, u: Array) -> Array:
    """``[n, d, S, S]``, one jump: a token that has not jumped does at ``r``, then rests."""
    return first_jump(x, noise.reverse_rates(score(t, x), x))


def wrapped_rates_in_step(score: Score, noise: Noise, x: Array, t: Array, u: Array) -> Array:
    """``[n, d, S, S]``, wrap: wherever the token is, displacement ``c`` keeps its rate."""
    rates = noise.reverse_rates(score(t, x), x)
    return circulant.between(circulant.by_displacement(x, rates))


@samplers.add("tau_leaping")
@dataclass(frozen=True)
class TauLeaping:
    """τ-leaping with one of five rules for a token that would jump more than once in a step.

    ``multiple_jumps``:
    ``"one_jump"``  the first jump counts, later ones do not happen: the default meaning on
    unordered tokens.  ``"reject"``  a token that would jump twice stays.  The original, for
    ordered tokens, adds up the jumps as integers, ``x + Σ_b (b - x) Poisson(h r(b))``; a sum
    outside the alphabet is moved to its edge (``"clip"``) or loses the chain (``"lose"``).
    ``"wrap"`` adds displacements up modulo ``S``: ``x ⊕ Σ_c c Poisson(h r(x ⊕ c))``.  A jump by
    ``c`` has the same rate whatever jumps went before, so that the law of paths is known: its KL is
    ``path_kl``, in closed form where the noise too is the same from every token
    (``harness.measurement.path_of_wrap``).  Source of this rule: Dmitriev, Huang, Wei, arXiv
    2602.15008.
    """

    multiple_jumps: str = "one_jump"

    def __post_init__(self) -> None:
        choice("multiple_jumps rule", self.multiple_jumps, RULES)

    @classmethod
    def examples(cls) -> list["TauLeaping"]:
        """One for each rule."""
        return [cls(rule) for rule in RULES]

    @property
    def claims(self) -> Claims:
        loses = self.multiple_jumps == "lose"
        of_rule = {
            "one_jump": Trait.ONE_JUMP,
            "wrap": Trait.WRAPPED_JUMPS,
            "lose": Trait.LOST_JUMPS,
        }
        rates = {"one_jump": rates_in_step, "wrap": wrapped_rates_in_step}
        traits = {
            Trait.INDEPENDENT_TOKENS,
            Trait.POSITIONS_ALIKE,
            Trait.SCORE_AT_GRID_TIMES,
        }
        if not loses:
            traits.add(Trait.KEEPS_MASS)
        if self.multiple_jumps in of_rule:
            traits.add(of_rule[self.multiple_jumps])
        return Claims(
            output_order=1 if loses else 2,
            chain_order=1,
            traits=traits,
            rates_in_step=rates.get(self.multiple_jumps),
            adds_values=self.multiple_jumps not in BY_TARGET,
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        h, rates = t - s, noise.reverse_rates(score(t, x), x)
        if self.multiple_jumps in BY_TARGET:
            return leap_to(self.multiple_jumps, x, rates, h)
        if self.multiple_jumps == "wrap":
            law = circulant.poisson_sums(circulant.by_displacement(x, h * rates))
            return Tokens(circulant.by_token(x, law))
        up, down = by_size(x, rates)
        return leap_by(self.multiple_jumps, x, h * up, h * down)


def leap_to(rule: str, x: Array, rates: Array, h: Array) -> Tokens:
    """A leap of length ``h`` with ``rates [n, d, S]`` to each token: "one_jump" or "reject".

    Entire functions of the rates, which may be negative: the law is then a signed one.
    """
    leave = rates.sum(-1)
    stay = jnp.exp(-leave * h)
    if rule == "one_jump":
        return Tokens.stay_or_move(x, rates * held(leave, h)[..., None], stay)
    moves = h * rates * stay[..., None]
    return Tokens.stay_or_move(x, moves, 1.0 - moves.sum(-1))


def leap_by(rule: str, x: Array, up: Array, down: Array, *, signed: bool = False) -> Tokens:
    """A leap with mean numbers ``[n, d, S-1]`` of jumps up and down: "clip" or "lose"."""
    inside, below, above = displaced(x, up, down, signed=signed)
    if rule == "lose":
        return Tokens(inside, lost=below + above)
    clipped = inside.at[..., 0].add(below).at[..., -1].add(above)
    return Tokens(clipped, clipped=below + above)
