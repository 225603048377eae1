"""Time grids: decreasing noise times, made in several ways."""

from harness.process.grids.by_cost import equal_cost as equal_cost
from harness.process.grids.by_reveal import cosine as cosine
from harness.process.grids.by_reveal import even_reveal as even_reveal
from harness.process.grids.by_reveal import log_linear as log_linear
from harness.process.grids.by_reveal import reveal as reveal
from harness.process.grids.by_reveal import square_root_profile as square_root_profile
from harness.process.grids.by_time import custom as custom
from harness.process.grids.by_time import even as even
from harness.process.grids.by_time import from_schedule as from_schedule
from harness.process.grids.by_time import geometric as geometric
from harness.process.grids.grid import Grid as Grid
from harness.process.grids.grid import from_spec as from_spec
