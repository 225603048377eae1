"""Mixed latent parity: a hidden bit shown by each of its copies, and by others only together."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.affine_code import AffineCode
from toy_targets.conditionals import Affine
from toy_targets.laws import settle


@targets.add("latent_parity")
@dataclass(frozen=True)
class LatentParity:
    """A hidden fair bit: ``copies`` tokens repeat it, and random ``bits`` have it as their parity.

    Of two kinds of dependence that no policy sees before it reveals a token: the copies are tied
    from the start, so that no two may be revealed together, the bits only at the very end.  From
    left to right the copies come first.

    Raises TypeError or ValueError when ``copies`` or ``bits`` is not a positive integer.
    """

    copies: int
    bits: int

    def __post_init__(self) -> None:
        settle(self, copies=integer("copies", self.copies, 1), bits=integer("bits", self.bits, 1))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(copies=2, bits=3)

    @property
    def code(self) -> AffineCode:
        """The code that it is: copies are equal to the first, which is the parity of the bits."""
        equal = np.eye(self.copies + self.bits, dtype=int)[1 : self.copies]
        equal[:, 0] = 1
        parity = np.ones(self.copies + self.bits, dtype=int)
        parity[1 : self.copies] = 0
        return AffineCode(tuple(map(tuple, np.vstack([equal, parity]).tolist())))

    @property
    def space(self) -> Sequences:
        """``[2]^d``, ``d = copies + bits``."""
        return Sequences(2, self.copies + self.bits)

    def conditionals(self) -> Affine:
        """What is known of hidden bits, at any length: see ``toy_targets.conditionals``."""
        return self.code.conditionals()

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats, ``-inf`` where forbidden."""
        return self.code.log_law()
