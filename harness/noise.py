"""Noise: what the forward process does to one token.  Lives in `harness/process/noise/`."""

from harness.process.noise import Absorbing as Absorbing
from harness.process.noise import Circulant as Circulant
from harness.process.noise import CyclicWalk as CyclicWalk
from harness.process.noise import Noise as Noise
from harness.process.noise import RateMatrix as RateMatrix
from harness.process.noise import Uniform as Uniform
from harness.process.noise import UniformClasses as UniformClasses
from harness.process.noise import own_token as own_token
