"""Time grids.  Lives in `harness/process/grids.py`."""

from harness.process.grids import Grid as Grid
from harness.process.grids import cosine as cosine
from harness.process.grids import custom as custom
from harness.process.grids import equal_cost as equal_cost
from harness.process.grids import even as even
from harness.process.grids import even_reveal as even_reveal
from harness.process.grids import from_schedule as from_schedule
from harness.process.grids import from_spec as from_spec
from harness.process.grids import geometric as geometric
from harness.process.grids import log_linear as log_linear
from harness.process.grids import reveal as reveal
from harness.process.grids import square_root_profile as square_root_profile
