"""Predictor-corrector: a step of any sampler, then steps that keep the law of its end in place."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import choice, integer, real
from harness.law.claims import Claims, Trait
from harness.law.step import InTurn, StepLaw
from harness.process.noise import Noise
from harness.process.score import Score
from harness.samplers.tau_leaping import BY_TARGET, TauLeaping, leap_to


@samplers.add("predictor_corrector")
@dataclass(frozen=True)
class PredictorCorrector:
    """Predictor-corrector: a step of ``predictor`` to ``s``, then ``corrector_steps`` at ``s``.

    A corrector step is a τ-leap of ``corrector_length`` times ``h`` with the rates
    ``R(x_i, b) + R(b, x_i) s_s(x)_{i,b}``, forward and reverse, by the rule ``multiple_jumps``.
    The chain with these rates is reversible with respect to ``q_s``: it pulls the sampler's law
    there and, but for the leap's own error, leaves ``q_s`` alone.  Its moves are none of the true
    reverse path, so the chain KL does not fall with the step; only the output says something.

    ``predictor`` is any sampler of this library or of another.  Each corrector step asks for the
    score once more.  Source: Campbell et al., arXiv 2205.14987.
    """

    predictor: Any = TauLeaping()  # noqa: RUF009 (frozen)
    corrector_steps: int = 1
    corrector_length: float = 1.0
    multiple_jumps: str = "one_jump"

    def __post_init__(self) -> None:
        claims = getattr(self.predictor, "claims", None)
        if not isinstance(claims, Claims) or isinstance(self.predictor, type):
            raise TypeError(f"predictor must be a sampler, got {self.predictor!r}")
        if claims.memory > 1:
            raise ValueError(f"predictor must remember nothing, got {self.predictor!r}")
        integer("corrector_steps", self.corrector_steps, 0)
        length = real("corrector_length", self.corrector_length, above=0.0)
        object.__setattr__(self, "corrector_length", length)
        choice("multiple_jumps rule of a corrector", self.multiple_jumps, BY_TARGET)

    @classmethod
    def examples(cls) -> list["PredictorCorrector"]:
        """The default, and one of other parts."""
        from harness.samplers.tweedie import Tweedie

        return [cls(), cls(Tweedie(), corrector_steps=2, corrector_length=0.5)]

    @property
    def claims(self) -> Claims:
        inner, idle = self.predictor.claims, self.corrector_steps == 0
        return Claims(
            output_order=inner.output_order if idle else min(inner.output_order, 2),
            chain_order=inner.chain_order if idle else 0,
            traits=inner.traits & {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE},
            score_calls=inner.score_calls + self.corrector_steps,
            adds_values=inner.adds_values,
            needs_mask=inner.needs_mask,
            needs_early_stopping=inner.needs_early_stopping,
            begins_with=self.predictor,
            traced_numbers=True,
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        stages = [self.predictor.step(score, noise, x, t, s)]
        for _ in range(self.corrector_steps):
            ratios = score(jnp.maximum(s, 0.0), x)  # a step may be told to end past the data
            rates = noise.forward_rates(x, ratios.shape[-1]) + noise.reverse_rates(ratios, x)
            stages.append(leap_to(self.multiple_jumps, x, rates, self.corrector_length * (t - s)))
        return InTurn(tuple(stages))
