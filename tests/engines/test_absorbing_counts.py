"""Absorbing noise on counts: the same as on all sequences, and the push made for masks."""

import dataclasses
import math

import numpy as np
import pytest
from helpers.masked_problems import LABELS, SAMPLERS, STOPPED, WHOLE
from helpers.same_measurement import assert_same

from harness import Problem, grids, measure, output_law
from harness.noise import Absorbing
from harness.numerics import compositions, convolution
from harness.process.truth import masked_counts
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.space import Counts
from toy_targets import CurieWeiss, Parity, Product, ProductMixture, TwoBeliefs

LUMPED = {
    "product": Product((0.6, 0.3, 0.1), 3),
    "two beliefs": TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 4, 0.3),
    "rare belief": TwoBeliefs((0.98, 0.02), (0.01, 0.99), 5, 0.9999),
    "parity": Parity(5),
    "magnet": CurieWeiss(6, 1.3, 0.2),
    "three beliefs": ProductMixture.example(),
    "one token": CurieWeiss(1, 1.0, 0.4),
}


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_counts_and_sequences_agree(sampler):
    assert_all_lump(sampler, ("rare belief", "parity"))  # of one shape: each is compiled anew


@pytest.mark.slow
def test_counts_and_sequences_agree_of_any_shape():
    assert_all_lump(MaskedPlugIn(), LUMPED)


def assert_all_lump(sampler, names):
    for name in names:
        for grid, start in ((STOPPED, "noise"), (WHOLE, "exact")):
            assert_lumps(Problem(LUMPED[name], Absorbing(), sampler, grid, start=start))


@pytest.mark.parametrize("target", LUMPED.values(), ids=LUMPED.keys())
def test_counts_and_sequences_agree_from_the_mask(target):
    grid = grids.even_reveal(5)
    assert_lumps(Problem(target, Absorbing(), MaskedPlugIn(), grid, start="mask"))


def assert_lumps(problem):
    lumped = dataclasses.replace(problem, engine="counts")
    found, wanted = measure(lumped), measure(dataclasses.replace(problem, engine="enumerated"))
    assert (found.engine, wanted.engine) == ("counts", "enumerated")
    if problem.sampler == FrozenScore():
        wanted = dataclasses.replace(wanted, chain_kl=math.nan)
    assert_same(found, wanted, floor=3e-14)
    law = output_law(problem, "enumerated")
    x = np.indices(law.shape).reshape(law.ndim, -1)
    held = np.stack([(x == value).sum(0) for value in range(len(law))], 1)
    sums = np.bincount(compositions.index(held), law.reshape(-1), lumped.space.size)
    np.testing.assert_allclose(output_law(lumped), sums, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("values", "total"), [(2, 9), (3, 1), (3, 20), (4, 6), (5, 4)])
def test_masked_moves_are_the_convolution(values, total):
    """Only masks moved to, or only masks moving, by the sum over all moves; tails too."""
    rng = np.random.default_rng(values)
    space = Counts(values, total)
    law = rng.dirichlet(np.full(space.size, 0.1))
    for h in (1e-12, 0.3, 40.0):
        kept, hidden = math.exp(-h), -math.expm1(-h)
        kernel = np.diag([kept] * (values - 1) + [1.0])
        kernel[:-1, -1] = hidden
        found = masked_counts.masked(law, kept, hidden, values, total)
        wanted = convolution.push(law, kernel, total)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-290)
    token = rng.dirichlet(np.full(values, 0.2), space.size) ** 2  # loses mass, down to 1e-40
    kernel = np.tile(np.eye(values), (space.size, 1, 1))
    kernel[:, -1] = token
    found = masked_counts.revealed(law, token, total)
    np.testing.assert_allclose(found, convolution.push(law, kernel, total), rtol=1e-12, atol=1e-290)


def test_a_kernel_with_zeros_moves_many_tokens():
    """A token that goes for sure: ``0/0`` in the odds of its binomial."""
    for total in (3, 16, 40):
        space = Counts(3, total)
        law = np.full(space.size, 1 / space.size)
        swap = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        swapped = compositions.index(space.counts()[:, [1, 0, 2]])
        np.testing.assert_allclose(convolution.push(law, swap, total), law[swapped], rtol=1e-14)


@pytest.mark.parametrize(
    "sampler",
    [
        MaskedPlugIn(),
        Tweedie(),
        *(pytest.param(each, marks=pytest.mark.slow) for each in (Euler(), TauLeaping())),
    ],
    **LABELS,
)
def test_sixty_masked_tokens(sampler):
    problem = Problem(CurieWeiss(60, 1.2), Absorbing(), sampler, grids.geometric(12.0, 0.05, 0.5))
    assert problem.space.size == math.comb(62, 2)
    m = measure(problem)
    assert 0 < m.kl < m.chain_kl < math.inf
    assert output_law(problem).sum() == pytest.approx(1, abs=1e-12)
    profile = Quantities(problem).reveal_profile
    revealed = problem.grid.revealed
    steps = profile.step_cost(revealed[:-1], revealed[1:]).sum()
    assert m.factorisation_kl == pytest.approx(steps, rel=1e-10)
