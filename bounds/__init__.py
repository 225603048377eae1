"""Theorems, one paper a file.  ``sources.bib`` has the papers."""

from bounds.absorb_2025 import Absorb2025 as Absorb2025
from bounds.chain import Chain as Chain
from bounds.chen_ying_2024 import ChenYing2024 as ChenYing2024
from bounds.dmitriev_2026a import Dmitriev2026a as Dmitriev2026a
from bounds.dmitriev_2026a_one_jump import Dmitriev2026aOneJump as Dmitriev2026aOneJump
from bounds.dmitriev_2026b import Dmitriev2026b as Dmitriev2026b
from bounds.dndm import DNDM as DNDM
from bounds.early_stopping import EarlyStopping as EarlyStopping
from bounds.early_stopping import EarlyStoppingOutput as EarlyStoppingOutput
from bounds.explicit_dtc import ExplicitDTC as ExplicitDTC
from bounds.explicit_dtc_masked import ExplicitDTCMasked as ExplicitDTCMasked
from bounds.first_hitting import FirstHitting as FirstHitting
from bounds.li_cai_2025 import LiCai2025 as LiCai2025
from bounds.liang_2025 import Liang2025 as Liang2025
from bounds.ren_2024 import Ren2024 as Ren2024
from bounds.ren_2025 import Ren2025 as Ren2025
from bounds.start import StartAbsorbing as StartAbsorbing
from bounds.start import StartUniform as StartUniform
from bounds.total_correlation import TotalCorrelation as TotalCorrelation
from bounds.wainwright_2026 import Wainwright2026 as Wainwright2026
from bounds.wainwright_2026 import Wainwright2026Odds as Wainwright2026Odds
from bounds.wainwright_2026 import Wainwright2026Optimal as Wainwright2026Optimal
from bounds.wen_2026 import Wen2026 as Wen2026
from bounds.wen_2026 import Wen2026EntropyBound as Wen2026EntropyBound
from bounds.zhang_2024 import Zhang2024EarlyStopping as Zhang2024EarlyStopping
from bounds.zhang_2024 import Zhang2024FullSupport as Zhang2024FullSupport
