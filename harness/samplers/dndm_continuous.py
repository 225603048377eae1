"""DNDM-C: continuous transition times, so that tokens are written one at a time."""

from dataclasses import dataclass
from typing import Any

from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Counted
from harness.law.score_calls import tokens_written
from harness.law.step import RandomOrder, StepLaw
from harness.process.score import Score
from harness.samplers.dndm import chance, remembering, written
from harness.samplers.first_hitting import FirstHitting, one_at_a_time


@samplers.add("dndm_continuous")
@dataclass(frozen=True)
class DNDMContinuous:
    """DNDM-C: tokens are written one at a time, in the order of their transition times.

    Each with a draw of the clean token given all tokens as they then are: one score call a token.

    Under absorbing noise this is first hitting, and exact.  With ``remembers``, for another noise,
    it is biased as ``DNDM`` is, however many steps and calls; and the score is asked at the time
    where the step began, not where the token is written, a difference that fine grids remove.

    Chen et al., arXiv 2312.09193, Algorithm 2.
    """

    remembers: bool = False

    @classmethod
    def examples(cls) -> list["DNDMContinuous"]:
        """Absorbing noise, and any."""
        return [cls(), cls(remembers=True)]

    @property
    def claims(self) -> Claims:
        if not self.remembers:
            return FirstHitting.claims
        return remembering(tokens_written, Counted.TOKENS_MOVED)

    def step(self, score: Score, noise: Any, x: Array, t: Array, s: Array) -> StepLaw:
        if not self.remembers:
            return one_at_a_time(score, noise, x, t, s)
        new, waits = written(score, noise, x, t)
        return RandomOrder(new, waits, chance(t, s))
