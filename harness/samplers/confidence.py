"""Confidence: the masked tokens of which the model is surest are revealed in each step."""

from dataclasses import dataclass
from functools import partial

from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import choice, integer
from harness.law.claims import Claims
from harness.law.reveal_policy import (
    RANKINGS,
    RevealPolicy,
    claims_of_policy,
    first,
    rounds_of,
    value,
)


@samplers.add("confidence")
@dataclass(frozen=True)
class Confidence(RevealPolicy):
    """Confidence: the ``k`` masked tokens that rank first are revealed, by top probability or else.

    ``by="probability"`` ranks by the largest probability of the token's law, ``"entropy"`` by the
    smallest entropy, ``"margin"`` by the largest distance between the two largest probabilities,
    ``"position"`` from left to right.  Each token is drawn from its law given the unmasked ones
    (not set to the likeliest token).  Where values agree to nine digits the lowest position wins,
    so that positions are not treated alike.  Times are not read.

    With the exact score and ``k = 1`` the output is the data law: which token comes next depends
    on what has been revealed only, and each is drawn from its law given that.  Chang et al.,
    MaskGIT, arXiv 2202.04200, where the choice is random besides.

    Raises TypeError or ValueError for a ``k`` below 1 or an unknown ranking.
    """

    k: int = 1
    by: str = "probability"

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", integer("k", self.k, 1))
        choice("by", self.by, RANKINGS)

    @classmethod
    def examples(cls) -> list["Confidence"]:
        """One token at a time, and two; by each ranking."""
        return [cls(), cls(2), *(cls(2, by) for by in RANKINGS[1:])]

    @property
    def claims(self) -> Claims:
        return claims_of_policy(self.k == 1, partial(rounds_of, self.k))

    def chooses(self, clean: Array, masked: Array) -> Array:
        return first(self.k, value(self.by, clean), masked)
