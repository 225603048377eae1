"""Samplers: one method a file, each saying the law of its next state and nothing else.

Imports ``foundation``, ``numerics``, ``process`` and ``law``.  Offers every sampler by its class;
importing it fills the registry's table of samplers.
"""

from harness.samplers.blocks import Blocks as Blocks
from harness.samplers.confidence import Confidence as Confidence
from harness.samplers.dndm import DNDM as DNDM
from harness.samplers.dndm_continuous import DNDMContinuous as DNDMContinuous
from harness.samplers.entropy_bound import EntropyBound as EntropyBound
from harness.samplers.euler import Euler as Euler
from harness.samplers.first_hitting import FirstHitting as FirstHitting
from harness.samplers.fixed_cardinality import FixedCardinality as FixedCardinality
from harness.samplers.fixed_order import FixedOrder as FixedOrder
from harness.samplers.frozen_score import FrozenScore as FrozenScore
from harness.samplers.gumbel_draws import GumbelDraws as GumbelDraws
from harness.samplers.masked_plug_in import MaskedPlugIn as MaskedPlugIn
from harness.samplers.multinomial_d3pm import MultinomialD3PM as MultinomialD3PM
from harness.samplers.predictor_corrector import PredictorCorrector as PredictorCorrector
from harness.samplers.remasking import Remasking as Remasking
from harness.samplers.soft_value_decoding import SoftValueDecoding as SoftValueDecoding
from harness.samplers.tau_leaping import TauLeaping as TauLeaping
from harness.samplers.theta_rk2 import ThetaRK2 as ThetaRK2
from harness.samplers.theta_trapezoidal import ThetaTrapezoidal as ThetaTrapezoidal
from harness.samplers.threshold import Threshold as Threshold
from harness.samplers.truncated_uniformization import (
    TruncatedUniformization as TruncatedUniformization,
)
from harness.samplers.tweedie import Tweedie as Tweedie
from harness.samplers.uniformization import Uniformization as Uniformization
