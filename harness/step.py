"""The laws that a sampler's step may return.  Lives in `harness/law/step.py`."""

from harness.law.step import Chosen as Chosen
from harness.law.step import Generator as Generator
from harness.law.step import InTurn as InTurn
from harness.law.step import Kernel as Kernel
from harness.law.step import Mixture as Mixture
from harness.law.step import RandomOrder as RandomOrder
from harness.law.step import StepLaw as StepLaw
from harness.law.step import Tokens as Tokens
from harness.law.step import TwoStage as TwoStage
from harness.law.step import Varying as Varying
from harness.law.step import first_jump as first_jump
from harness.law.step import held as held
