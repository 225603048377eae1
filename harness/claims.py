"""What a sampler says of itself.  Lives in `harness/law/claims.py`."""

from harness.law.claims import Claims as Claims
from harness.law.claims import Counted as Counted
from harness.law.claims import Trait as Trait
