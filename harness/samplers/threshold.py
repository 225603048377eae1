"""Threshold: all masked tokens of which the model is sure enough are revealed at once."""

from dataclasses import dataclass

from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import real
from harness.law.claims import Claims
from harness.law.reveal_policy import TIE, RevealPolicy, claims_of_policy, first, value


@samplers.add("threshold")
@dataclass(frozen=True)
class Threshold(RevealPolicy):
    """Threshold: tokens whose top probability is at least ``probability``; else the surest one.

    Each is drawn from its law given the unmasked tokens.  If none reaches the threshold, one is
    revealed, that of the largest top probability; where these agree to nine digits the lowest
    position wins.  As many steps as tokens are enough, and often far fewer.

    With the exact score and ``probability = 1`` the output is the data law: only tokens that are
    determined go together.  Wu et al., Fast-dLLM, arXiv 2505.22618, with draws for the likeliest.

    Raises TypeError or ValueError for a ``probability`` that is not above 0 and at most 1.
    """

    probability: float = 0.9

    def __post_init__(self) -> None:
        found = real("probability", self.probability, above=0.0, maximum=1.0)
        object.__setattr__(self, "probability", found)

    @classmethod
    def examples(cls) -> list["Threshold"]:
        """A usual one, a low one, and certainty."""
        return [cls(), cls(0.55), cls(1.0)]

    @property
    def claims(self) -> Claims:
        return claims_of_policy(self.probability == 1.0, None)

    def chooses(self, clean: Array, masked: Array) -> Array:
        top = value("probability", clean)
        sure = masked & (top >= round(self.probability * TIE))
        return sure | first(1, top, masked)
