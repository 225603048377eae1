"""A target of one's own, in a file that no worker of a cluster has, which takes its time."""

import time
from dataclasses import dataclass

import numpy as np

from harness.space import Sequences

SWEEP = """
question = "Is it the same, whatever happens?"
theorems = ["chain", "total_correlation"]
axis = "step"
put = "grid.steps"
values = [2, 4, 8, 16, 32]
problem = { grid = { name = "even", start = 2.0, stop = 0.2 } }
samplers = [{ name = "tweedie" }, { name = "euler" }]
"""


def sweep_of(module, seconds, biases):
    """An experiment of ten problems for each of ``biases``, as TOML, by ``module:Sleepy``."""
    return SWEEP + "".join(
        f'[[targets]]\nname = "{module}:Sleepy"\nbias = {bias}\nseconds = {seconds}\n'
        for bias in biases
    )


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
