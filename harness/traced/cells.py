"""Where the elements of an array of noise are kept, so that what shares them sees them change."""

from dataclasses import dataclass

import numpy as np

from harness.traced.noise import Noise


@dataclass
class Cell:
    """The elements of a storage, which views share; what writes in place exchanges ``noise``."""

    noise: Noise

    def assign(self, index: np.ndarray, new: Noise) -> None:
        """Put the elements of ``new`` at ``index``."""
        if len(index) == len(self.noise) and (index == np.arange(len(index))).all():
            self.noise = new
            return
        kept = np.arange(len(self.noise))
        kept[index] = len(kept) + np.arange(len(new))
        self.noise = Noise.joined([self.noise, new]).take(kept)
