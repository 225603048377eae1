"""The predictor-corrector, a sampler within a sampler: what is its alone."""

import dataclasses

import numpy as np
import pytest
from one_step import TABLE, problem

from harness import Problem, grids, measure, output_law
from harness.foundation import registry
from harness.measurement.score_calls import score_calls
from harness.noise import Absorbing, Uniform
from harness.samplers import (
    DNDM,
    Euler,
    FirstHitting,
    MaskedPlugIn,
    PredictorCorrector,
    SoftValueDecoding,
    TauLeaping,
    Tweedie,
    Uniformization,
)


@pytest.mark.slow
def test_the_corrector_keeps_the_marginal_and_pulls_towards_it():
    leap = PredictorCorrector(Tweedie(), 1, corrector_length=1e-4)
    case = problem(leap, grid=grids.custom((0.41, 0.4)))
    bare = dataclasses.replace(case, sampler=Tweedie())
    assert abs(output_law(case) - output_law(bare)).max() < 1e-8  # of second order in its length
    kls = [
        measure(
            problem(
                PredictorCorrector(TauLeaping(), number, length), grid=grids.custom((2.0, 0.4))
            ),
            output_only=True,
        ).kl
        for number, length in ((0, 0.05), (10, 0.05), (20, 0.05), (40, 0.02))
    ]
    assert kls[1] < kls[0] / 20
    # What is left is the leap's own error, of a KL of second order in its length.
    assert kls[2] == pytest.approx(kls[1], rel=0.2)
    assert kls[2] / kls[3] == pytest.approx((0.05 / 0.02) ** 2, rel=0.2)


def test_a_sampler_within_a_sampler_survives_a_spec():
    sampler = PredictorCorrector(PredictorCorrector(Euler(), 2), 1, 0.5, "reject")
    case = problem(sampler)
    again = Problem.from_spec(case.spec())
    assert again == case
    assert registry.label(sampler) == (
        "predictor_corrector(predictor=predictor_corrector(predictor=euler, corrector_steps=2), "
        "corrector_length=0.5, multiple_jumps=reject)"
    )
    with pytest.raises(ValueError, match="no sampler named 'twedie'; did you mean 'tweedie'"):
        registry.samplers.build({"name": "predictor_corrector", "predictor": {"name": "twedie"}})
    with pytest.raises(TypeError, match="predictor must be a sampler, got <class"):
        PredictorCorrector(Tweedie)
    with pytest.raises(ValueError, match="predictor must remember nothing, got DNDM"):
        PredictorCorrector(DNDM(remembers=True))
    with pytest.raises(TypeError, match="predictor must be a sampler, got 3"):
        PredictorCorrector(3)


def test_without_corrector_steps_it_is_the_predictor():
    np.testing.assert_array_equal(
        output_law(problem(PredictorCorrector(TauLeaping(), 0))), output_law(problem(TauLeaping()))
    )


def test_score_calls_of_a_sampler_within_a_sampler():
    grid = grids.even(2.0, 0.25, 8)
    alone = score_calls(problem(Uniformization(), TABLE, Uniform(), grid))
    both = score_calls(problem(PredictorCorrector(Uniformization(), 2), TABLE, Uniform(), grid))
    assert both.mean == pytest.approx(alone.mean + 2 * 8)
    np.testing.assert_allclose(both.law[16:], alone.law)
    idle = PredictorCorrector(FirstHitting(), 0)
    assert score_calls(problem(idle, TABLE, Absorbing(), grid)).mean == pytest.approx(
        score_calls(problem(FirstHitting(), TABLE, Absorbing(), grid)).mean
    )
    assert score_calls(problem(SoftValueDecoding(3), TABLE, Uniform(), grid)).mean == 8
    masked = SoftValueDecoding(3, MaskedPlugIn())
    assert score_calls(problem(masked, TABLE, Absorbing(), grid)).mean == 8
