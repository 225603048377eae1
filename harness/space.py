"""State spaces: where a law lives.  Lives in `harness/process/space.py`; counts are beside it."""

from harness.process.counts import Counts as Counts
from harness.process.space import Sequences as Sequences
from harness.process.space import Space as Space
