"""Patches of handwritten digits: real data, small enough to know exactly."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.laws import empirical_law, log_of, settle

INK = 8  # a pixel of 0..16 is ink (1) from here on
LARGEST = 4  # 2^16 states


@targets.add("digit_patch")
@dataclass(frozen=True)
class DigitPatch:
    """Black-and-white patches of handwritten digits: real data whose law is known exactly.

    The empirical law of all ``size × size`` patches (``1 ≤ size ≤ 4``, every position, stride 1)
    of the 1,797 images of 8×8 pixels, values 0 to 16, that scikit-learn ships; a pixel of at
    least 8 is ink.  Pixels are tokens, ``S = 2``, ``d = size²``, listed row by row; patches that
    never occur are forbidden.

    Formulas make tidy laws.  This one has what data have: uneven marginals, two-dimensional
    dependence, a few common patches (blank paper) and a long tail of rare ones.

    Raises TypeError or ValueError when ``size`` is not an integer from 1 to 4.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0; the test part.
    """

    size: int

    def __post_init__(self) -> None:
        settle(self, size=integer("size", self.size, 1))
        if self.size > LARGEST:
            raise ValueError(f"size must be at most {LARGEST}, got {self.size}")

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(size=2)

    @property
    def space(self) -> Sequences:
        """``[2]^(size²)``."""
        return Sequences(2, self.size**2)

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats, ``-inf`` for patches that never occur."""
        patches = np.lib.stride_tricks.sliding_window_view(
            binary_digits(), (self.size, self.size), axis=(1, 2)
        )
        return log_of(empirical_law(patches.reshape(-1, self.size**2), self.space))


def binary_digits() -> np.ndarray:
    """``[1797, 8, 8]`` images, 1 for ink."""
    with files("toy_targets").joinpath("data/digits.npz").open("rb") as file, np.load(file) as data:
        return np.unpackbits(data["rows"][..., None], axis=-1)
