"""State spaces: where a law lives.  They live in `harness/process/space.py` and, of counts,
`harness/process/counts.py`.
"""

from harness.process.counts import Counts as Counts
from harness.process.space import Sequences as Sequences
from harness.process.space import Space as Space
