"""leapcheck: compute, exactly, whether a sampler of discrete diffusion does what theorems say."""

from harness import grids as grids
from harness.checks import check as check
from harness.checks import check_sweep as check_sweep
from harness.engines import output_law as output_law
from harness.engines import simulate as simulate
from harness.measure import measure as measure
from harness.monte_carlo import MonteCarlo as MonteCarlo
from harness.paths import estimate_chain_kl as estimate_chain_kl
from harness.problem import Problem as Problem
