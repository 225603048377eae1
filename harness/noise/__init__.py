"""Noise: what the forward process does to one token.

Every token moves on its own, by a unit-rate generator ``R [S, S]`` (rows sum to zero).  A noise
schedule only changes the clock; it lives in the grid.
"""

from harness.noise.absorbing import Absorbing as Absorbing
from harness.noise.base import Noise as Noise
from harness.noise.base import own_token as own_token
from harness.noise.rates import CyclicWalk as CyclicWalk
from harness.noise.rates import RateMatrix as RateMatrix
from harness.noise.uniform import Uniform as Uniform
from harness.noise.uniform import UniformClasses as UniformClasses
