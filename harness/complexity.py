"""Iteration complexity.  Lives in `harness/verdicts/complexity.py`."""

from harness.verdicts.complexity import fewest_steps as fewest_steps
from harness.verdicts.complexity import steps_to as steps_to
from harness.verdicts.complexity import theorem_steps as theorem_steps
from harness.verdicts.complexity import with_steps as with_steps
