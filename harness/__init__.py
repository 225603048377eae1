"""leapcheck: compute, exactly, whether a sampler of discrete diffusion does what theorems say.

What to import stands at this root; how it works stands in the rooms, the folders beside it.  Each
name, and each public module, is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from harness.foundation.lazy_names import lazily

__version__ = "0.1.0"

if TYPE_CHECKING:
    from harness import claims as claims
    from harness import complexity as complexity
    from harness import grids as grids
    from harness import noise as noise
    from harness import quantities as quantities
    from harness import samplers as samplers
    from harness import score as score
    from harness import space as space
    from harness import statistics as statistics
    from harness import step as step
    from harness import theorem as theorem
    from harness.engines import Gumbel as Gumbel
    from harness.engines import output_law as output_law
    from harness.engines import simulate as simulate
    from harness.measurement.by_draws.chain_kl import estimate_chain_kl as estimate_chain_kl
    from harness.measurement.function_of_run import run_function as run_function
    from harness.measurement.many import measure_many as measure_many
    from harness.measurement.measure import measure as measure
    from harness.problem import Enumerated as Enumerated
    from harness.problem import MonteCarlo as MonteCarlo
    from harness.problem import Problem as Problem
    from harness.problem.cost import TooLarge as TooLarge
    from harness.problem.cost import cost as cost
    from harness.show.study import study as study
    from harness.store.store import Store as Store
    from harness.verdicts.checks import check as check
    from harness.verdicts.checks import check_sweep as check_sweep
    from harness.verdicts.frame import frame as frame
    from harness.verdicts.ladder import ladder as ladder
else:
    HOMES = {
        "Gumbel": "harness.engines",
        "output_law": "harness.engines",
        "simulate": "harness.engines",
        "estimate_chain_kl": "harness.measurement.by_draws.chain_kl",
        "run_function": "harness.measurement.function_of_run",
        "measure_many": "harness.measurement.many",
        "measure": "harness.measurement.measure",
        "Enumerated": "harness.problem",
        "MonteCarlo": "harness.problem",
        "Problem": "harness.problem",
        "TooLarge": "harness.problem.cost",
        "cost": "harness.problem.cost",
        "study": "harness.show.study",
        "Store": "harness.store.store",
        "check": "harness.verdicts.checks",
        "check_sweep": "harness.verdicts.checks",
        "frame": "harness.verdicts.frame",
        "ladder": "harness.verdicts.ladder",
    }
    __all__ = ["grids", *HOMES]
    __getattr__, __dir__ = lazily(__name__, HOMES)
