"""What theorems are written in.  Lives in `harness/verdicts/quantities.py`."""

from harness.verdicts.quantities import Quantities as Quantities
