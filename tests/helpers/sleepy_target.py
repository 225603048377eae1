"""A target of one's own, in a file that no worker of a cluster has, which takes its time."""

import time
from dataclasses import dataclass

import numpy as np

from harness.space import Sequences


@dataclass(frozen=True)
class Sleepy:
    """Bits of which the first is more likely 0; its law takes ``seconds``."""

    bias: float = 0.1
    seconds: float = 0.0
    space = Sequences(2, 2)

    def log_law(self):
        time.sleep(self.seconds)
        law = np.full((2, 2), 0.25)
        law[0] += self.bias
        return np.log(law / law.sum())
