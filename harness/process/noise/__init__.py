"""Noise: what the forward process does to one token.

Every token moves on its own, by a unit-rate generator ``R [S, S]`` (rows sum to zero).  A noise
schedule only changes the clock; it lives in the grid.
"""

from harness.process.noise.absorbing import Absorbing as Absorbing
from harness.process.noise.base import Noise as Noise
from harness.process.noise.base import noise_kernel as noise_kernel
from harness.process.noise.base import own_token as own_token
from harness.process.noise.circulant import Circulant as Circulant
from harness.process.noise.rates import CyclicWalk as CyclicWalk
from harness.process.noise.rates import RateMatrix as RateMatrix
from harness.process.noise.uniform import Uniform as Uniform
from harness.process.noise.uniform import UniformClasses as UniformClasses
