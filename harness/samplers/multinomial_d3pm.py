"""D3PM with multinomial noise: the clean token is predicted, then noised as Bayes' rule has it."""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import choice, real
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens
from harness.process.noise import Noise, noise_kernel, own_token
from harness.process.score import Score

PREDICTIONS = ("leave_one_out", "posterior")


@samplers.add("multinomial_d3pm")
@dataclass(frozen=True)
class MultinomialD3PM:
    """D3PM: a token goes to ``b`` with weight ``[x̂ P_s](b) P_h(b, x_i)``, ``x̂`` its predicted law.

    ``prediction="leave_one_out"``: ``x̂ = Pr(X_0^i = · | the other tokens)``, where the training
    bound has its minimum; the weights are then ``Pr(X_s^i = b | X_t = x)``, those of Tweedie.
    ``"posterior"``: ``x̂ = Pr(X_0^i = · | all tokens)``, which a denoiser trained by cross-entropy
    gives.  It counts ``x_i`` twice, once in ``x̂`` and once in ``P_h(b, x_i)``, and keeps an error
    however small the steps are: as ``h → 0`` a token leaves for ``b`` at ``R(b, x_i)`` times
    ``[x̂ P_t](b)/[x̂ P_t](x_i)``, which is not the ratio of ``q_t``.

    ``guidance`` is for a ``Tilted`` target, whose base the score then is of: weights are multiplied
    by ``(v(x^{i←b})/v(x))^guidance``, ``v = E[e^{r(X_0)/α} | X_t]`` exactly.  With 1 the rates are
    those of the tilted law as ``h → 0``; with 0 the sampler is after the base.  On other targets
    ``v`` is 1.

    Sources: Hoogeboom et al., arXiv 2102.05379, and Austin et al., arXiv 2107.03006 (the step);
    Han et al., arXiv 2404.12314 (EHR-D3PM, its guidance).
    """

    guidance: float = 1.0
    prediction: str = "leave_one_out"

    def __post_init__(self) -> None:
        object.__setattr__(self, "guidance", real("guidance", self.guidance))
        choice("prediction", self.prediction, PREDICTIONS)

    @classmethod
    def examples(cls) -> list["MultinomialD3PM"]:
        """Both predictions."""
        return [cls(), cls(prediction="posterior")]

    @property
    def claims(self) -> Claims:
        right = self.prediction == "leave_one_out"
        return Claims(
            output_order=2 if right else 0,
            chain_order=1 if right else 0,
            traits={
                Trait.INDEPENDENT_TOKENS,
                Trait.KEEPS_MASS,
                Trait.SCORE_AT_GRID_TIMES,
                Trait.POSITIONS_ALIKE,
                Trait.EXACT_FOR_ONE_SEQUENCE,
            },
            tilted_order=None if self.guidance == 1 else 0,
            traced_numbers=True,
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        ratios, h = score.prior(t, x), t - s
        tokens = ratios.shape[-1]
        if self.prediction == "leave_one_out":
            weights = noise.bridge(ratios, x, h)
        else:
            clean = noise.earlier(ratios, t) * noise.arrival(x, t, tokens)
            noised = clean @ noise_kernel(noise, jnp.maximum(s, 0.0), tokens)
            weights = noised * noise.arrival(x, h, tokens)
            weights = weights / weights.sum(-1, keepdims=True)
        law = Tokens.clip_negative(weights)
        change = score.log_value_change(t, x)
        change = jnp.where(own_token(x, tokens) | (self.guidance == 0), 0.0, change * self.guidance)
        guided = law.p * jnp.exp(change)
        return Tokens(guided / guided.sum(-1, keepdims=True), clipped=law.clipped)
