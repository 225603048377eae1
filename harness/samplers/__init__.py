"""Samplers: one method a file, each saying the law of its next state and nothing else."""

from harness.samplers.confidence import Confidence as Confidence
from harness.samplers.dndm import DNDM as DNDM
from harness.samplers.dndm_continuous import DNDMContinuous as DNDMContinuous
from harness.samplers.euler import Euler as Euler
from harness.samplers.first_hitting import FirstHitting as FirstHitting
from harness.samplers.fixed_cardinality import FixedCardinality as FixedCardinality
from harness.samplers.frozen_score import FrozenScore as FrozenScore
from harness.samplers.masked_plug_in import MaskedPlugIn as MaskedPlugIn
from harness.samplers.tau_leaping import TauLeaping as TauLeaping
from harness.samplers.tweedie import Tweedie as Tweedie
