"""Theorems, one paper a file.  ``sources.bib`` has the papers."""

from bounds.absorb_2025 import Absorb2025 as Absorb2025
from bounds.chain import Chain as Chain
from bounds.chen_cong_li_2026 import ChenCongLi2026 as ChenCongLi2026
from bounds.chen_cong_li_2026 import ChenCongLi2026Schedule as ChenCongLi2026Schedule
from bounds.chen_ying_2024 import ChenYing2024 as ChenYing2024
from bounds.dependence_plus_estimation import (
    DependencePlusEstimation as DependencePlusEstimation,
)
from bounds.di4c_2025 import Di4C2025 as Di4C2025
from bounds.dmitriev_2026a import Dmitriev2026a as Dmitriev2026a
from bounds.dmitriev_2026a import Dmitriev2026aGeometric as Dmitriev2026aGeometric
from bounds.dmitriev_2026a import Dmitriev2026aLower as Dmitriev2026aLower
from bounds.dmitriev_2026a import Dmitriev2026aMasked as Dmitriev2026aMasked
from bounds.dmitriev_2026a_one_jump import Dmitriev2026aOneJump as Dmitriev2026aOneJump
from bounds.dmitriev_2026b import Dmitriev2026b as Dmitriev2026b
from bounds.dmitriev_2026b import Dmitriev2026bPath as Dmitriev2026bPath
from bounds.dndm import DNDM as DNDM
from bounds.early_stopping import EarlyStopping as EarlyStopping
from bounds.early_stopping import EarlyStoppingOutput as EarlyStoppingOutput
from bounds.exact_time import ExactTime as ExactTime
from bounds.explicit_dtc import ExplicitDTC as ExplicitDTC
from bounds.explicit_dtc_masked import ExplicitDTCMasked as ExplicitDTCMasked
from bounds.explicit_path import ExplicitPath as ExplicitPath
from bounds.explicit_path import ExplicitPathIdentity as ExplicitPathIdentity
from bounds.first_hitting import FirstHitting as FirstHitting
from bounds.huang_2026 import Huang2026 as Huang2026
from bounds.li_cai_2025 import LiCai2025 as LiCai2025
from bounds.liang_2025 import Liang2025 as Liang2025
from bounds.lost_jumps import LostJumps as LostJumps
from bounds.ren_2024 import Ren2024 as Ren2024
from bounds.ren_2025 import Ren2025 as Ren2025
from bounds.riemann_masked import RiemannMasked as RiemannMasked
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
from bounds.zhang_2024_sharp import Zhang2024SharpChain as Zhang2024SharpChain
from bounds.zhang_2024_sharp import Zhang2024SharpPath as Zhang2024SharpPath
