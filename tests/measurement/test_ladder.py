"""What holds of the law and of what is measured, for every sampler, on random problems."""

import math

import pytest
from helpers import generic_samplers
from helpers.random_problems import examples, problems
from hypothesis import given

from harness import measure, output_law
from harness.foundation import registry
from harness.quantities import Quantities
from harness.samplers import FrozenScore, TauLeaping, Tweedie

SAMPLERS = generic_samplers.SAMPLERS
IDS = {"ids": registry.label}


@pytest.mark.parametrize("sampler", SAMPLERS, **IDS)
def test_laws_and_the_ladder(sampler):
    @examples(24)
    @given(problems(sampler))
    def check(problem):
        law, m = output_law(problem), measure(problem)
        assert law.min() >= 0
        assert law.sum() + m.lost_mass == pytest.approx(1, abs=1e-12)
        assert (m.lost_mass > 0) <= (sampler == TauLeaping("lose"))
        assert 0 <= m.kl <= m.chain_kl * (1 + 1e-12) + m.chain_floor + m.floor
        if not math.isnan(m.path_kl):
            assert m.chain_kl <= m.path_kl * (1 + 1e-9) + m.path_floor + m.chain_floor
        if sampler == FrozenScore():
            assert not math.isnan(m.path_kl)
        else:
            parts = m.start_kl + m.factorisation_kl + m.marginal_kl
            assert m.chain_kl == pytest.approx(parts, rel=1e-13)
            assert m.factorisation_kl >= -m.chain_floor
            assert m.marginal_kl >= 0
            assert len(m.step_factorisation) == problem.grid.steps
        if sampler == Tweedie():
            assert m.marginal_kl < 1e-12 * problem.grid.steps  # exact token marginals
        assert (m.start_kl == 0) >= (problem.start == "exact")
        assert m.score_error == 0
        above, error = Quantities(problem).differential
        if sampler.claims.rates_in_step is None and sampler != FrozenScore():
            assert math.isnan(above)
        elif not math.isnan(above):  # it is where Euler was clipped
            assert m.kl <= above + error + m.floor

    check()
