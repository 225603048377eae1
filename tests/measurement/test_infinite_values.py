"""Infinite values and what is not measured have a reason."""

import dataclasses

import numpy as np
import pytest
from helpers.refereed_problems import EVEN, FINE, SKEW, TABLE

from harness import Problem, grids, measure, output_law
from harness.measurement import chain
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from toy_targets import Parity, Product, RandomTable, Table


def test_a_clipped_euler_step_has_infinite_chain_kl():
    m = measure(Problem(TABLE, SKEW, Euler(), grids.even(2.0, 0.05, 3), start="exact"))
    assert m.chain_kl == m.marginal_kl == np.inf
    assert np.isfinite([m.kl, m.factorisation_kl, m.chi2]).all()
    assert m.reasons["chain_kl"] == (
        "in the step from t=2 a possible value has probability 0 under the sampler"
    )
    assert m.clipped > 0
    assert m.chain_floor < 1e-10


def test_forbidden_sequences_make_reverse_divergences_infinite():
    problem = Problem(Parity(3), Uniform(), Tweedie(), grids.even(3.0, 0.0, 6))
    m, law = measure(problem), output_law(problem)
    assert m.reverse_kl == m.chi2 == np.inf
    assert 0 < m.kl < np.inf
    odd = law[np.exp(Parity(3).log_law()) == 0].sum()
    want = f"{odd:.3g} of the mass is on sequences of probability 0"
    assert m.reasons["reverse_kl"] == m.reasons["chi2"] == want


@pytest.mark.parametrize("engine", ["enumerated", "counts"])
def test_off_support_is_against_the_data_themselves(engine):
    """Above 0 for early stopping, too, where every divergence is finite."""
    problem = Problem(Parity(3), Uniform(), Tweedie(), grids.even(3.0, 0.1, 6), engine=engine)
    m, law = measure(problem), output_law(dataclasses.replace(problem, engine="enumerated"))
    odd = np.indices((2, 2, 2)).sum(0) % 2 == 1
    assert m.off_support == pytest.approx(law[odd].sum(), rel=1e-12)
    assert 0.05 < m.off_support < 1
    assert m.reverse_kl < np.inf
    full = dataclasses.replace(problem, target=RandomTable(2, 3, seed=1), engine="auto")
    assert measure(full).off_support == 0


def test_off_support_counts_masks_and_no_lost_mass():
    masked = Problem(Parity(2), Absorbing(), Tweedie(), grids.even(3.0, 0.5, 3))
    law = output_law(masked)
    assert measure(masked).off_support == pytest.approx(1 - law[0, 0] - law[1, 1], rel=1e-12)
    losing = Problem(Parity(3), Uniform(), TauLeaping("lose"), grids.even(3.0, 0.1, 6))
    m, law = measure(losing), output_law(losing)
    odd = np.indices((2, 2, 2)).sum(0) % 2 == 1
    assert m.lost_mass > 0.01
    assert m.off_support == pytest.approx(law[odd].sum(), rel=1e-12)


def test_a_law_that_has_underflowed_is_not_off_the_support():
    """Two thousand tokens that are nearly all 0: most counts are too rare for float64."""
    target = Product((0.999, 0.001), 2000)
    grid = grids.even(0.2, 0.1, 1)
    m = measure(Problem(target, Uniform(), Tweedie(), grid, engine="counts"), output_only=True)
    assert (np.asarray(Problem(target, Uniform(), Tweedie(), grid).data_law) == 0).any()
    assert m.off_support == 0


def test_lost_mass_makes_reverse_divergences_infinite():
    m = measure(Problem(TABLE, Uniform(), TauLeaping("lose"), EVEN))
    assert m.reverse_kl == m.chi2 == np.inf
    assert m.reasons["reverse_kl"] == m.reasons["chi2"] == f"{m.lost_mass:.3g} of the mass is lost"
    assert np.isfinite([m.kl, m.chain_kl, m.hellinger]).all()


def test_unreachable_sequences_make_kl_infinite():
    """Told to take too long a step, Euler leaves the mask for sure; the truth may stay."""
    absorbing = RateMatrix([[-1, 0, 1], [0, -1, 1], [0, 0, 0]])
    grid = grids.custom((0.5, 0.1), told=(0.8,))
    m = measure(Problem(Table([0.6, 0.4, 0.0]), absorbing, Euler(), grid, start="exact"))
    assert m.kl == m.chain_kl == np.inf
    assert m.reasons["kl"] == "the sampler cannot reach 1 possible sequences"
    assert m.floor == 0
    assert m.tv < 1


def test_finite_values_have_no_reason():
    reasons = measure(Problem(TABLE, SKEW, Tweedie(), EVEN)).reasons
    assert reasons == {"path_kl": "measured for generators only"}
    reasons = measure(Problem(TABLE, SKEW, FrozenScore(), EVEN)).reasons
    assert reasons.keys() == {"factorisation_kl", "marginal_kl"}


def test_output_only_leaves_out_the_chain():
    problem = Problem(TABLE, SKEW, Tweedie(), EVEN, FINE)
    m, full = measure(problem, output_only=True), measure(problem)
    assert (m.kl, m.tv, m.score_error) == (full.kl, full.tv, full.score_error)
    assert np.isnan([m.chain_kl, m.factorisation_kl, m.marginal_kl, m.path_kl]).all()
    names = ("chain_kl", "factorisation_kl", "marginal_kl", "path_kl")
    assert {m.reasons.get(name) for name in names} == {"not measured"}


def test_a_large_space_has_no_chain_kl_of_a_generator(monkeypatch):
    monkeypatch.setattr(chain, "PAIRWISE_STATES", 8)
    m = measure(Problem(TABLE, Uniform(), FrozenScore(), EVEN))
    assert np.isnan(m.chain_kl)
    assert m.reasons["chain_kl"].startswith("9 states: the chain KL of a step that is no product")
    assert 0 < m.kl < m.path_kl
