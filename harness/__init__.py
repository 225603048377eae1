"""leapcheck: compute, exactly, whether a sampler of discrete diffusion does what theorems say.

What to import stands at this root; how it works stands in the rooms, the folders beside it.
"""

from harness import grids as grids
from harness.engines import Gumbel as Gumbel
from harness.engines import output_law as output_law
from harness.engines import simulate as simulate
from harness.measurement.by_draws.chain_kl import estimate_chain_kl as estimate_chain_kl
from harness.measurement.function_of_run import run_function as run_function
from harness.measurement.many import measure_many as measure_many
from harness.measurement.measure import measure as measure
from harness.problem import MonteCarlo as MonteCarlo
from harness.problem import Problem as Problem
from harness.problem.cost import TooLarge as TooLarge
from harness.problem.cost import cost as cost
from harness.verdicts.checks import check as check
from harness.verdicts.checks import check_sweep as check_sweep
from harness.verdicts.frame import frame as frame
