"""What a theorem must offer.  Lives in `harness/verdicts/theorem.py`."""

from harness.verdicts.theorem import Equality as Equality
from harness.verdicts.theorem import Inequality as Inequality
from harness.verdicts.theorem import Rate as Rate
from harness.verdicts.theorem import Side as Side
from harness.verdicts.theorem import Theorem as Theorem
from harness.verdicts.theorem import Trust as Trust
