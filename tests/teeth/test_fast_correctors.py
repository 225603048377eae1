"""Correctors that are much faster than the noise: small steps are short for them, too."""

import pytest

from harness.regress import cover
from harness.regress.consistency import Steps
from harness.samplers import PredictorCorrector
from teeth.corpus import WRONG_SAMPLERS
from teeth.right_samplers import correctors
from teeth.wrong_samplers.fast_correctors import LongCorrectorAstray, RootBoundedAbove

PLACES = [cover.place("cyclic", 2, 3), cover.place("uniform", 3, 2)]
RIGHT = [each.thing for each in correctors.CASES]


@pytest.mark.parametrize("right", [*RIGHT, PredictorCorrector(corrector_length=30.0)])
def test_what_is_right_has_a_limit(right):
    seen = Steps(right, places=PLACES).all
    assert max(max(each.gap, each.off) for each in seen) < 1e-5


@pytest.mark.parametrize("wrong", [LongCorrectorAstray(), RootBoundedAbove()])
def test_what_is_wrong_is_resolved(wrong):
    assert wrong in [case.thing for case in WRONG_SAMPLERS]
    found = [each for each in Steps(wrong, places=PLACES).all if each.wrong]
    assert any(each.gap > 100 * each.off for each in found)
