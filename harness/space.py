"""State spaces: where a law lives.  Lives in `harness/process/space.py`."""

from harness.process.space import Counts as Counts
from harness.process.space import Sequences as Sequences
from harness.process.space import Space as Space
