"""Samplers that reveal masks in ways of their own: laws, chains, theorems.

The referee (``engines/referee_reveals.py``) lists subsets, orders and transition times.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

import jax
import numpy as np
import pytest
from helpers.revealing_problems import (
    EVEN,
    FROM_MASK,
    IDS,
    MASKED,
    MINE,
    REMEMBERING,
    SKEW,
    TABLE,
    TO_DATA,
    agree,
    data,
    masked,
    verdict,
)
from referee import ladder, reference, reveals
from scipy.integrate import quad

from harness import Problem, grids, measure, output_law
from harness.foundation import registry
from harness.measurement import reveal_chain
from harness.noise import Absorbing, Uniform
from harness.samplers import (
    DNDM,
    Confidence,
    DNDMContinuous,
    FirstHitting,
    FixedCardinality,
    MaskedPlugIn,
)
from harness.score import Exact, Perturbed
from harness.verdicts.verdict import Status
from toy_targets import MarkovChain, Pairs, Parity, PottsRing, RandomTable, Table

# Laws.


@pytest.mark.parametrize("sampler", MASKED + REMEMBERING, **IDS)
def test_every_sampler_that_reveals_or_remembers_has_a_referee(sampler):
    assert registry.label(sampler) in reveals.STEPS, "give it a derivation of its own"


@pytest.mark.parametrize("grid", [FROM_MASK, EVEN, TO_DATA], ids=["mask", "early", "data"])
@pytest.mark.parametrize("sampler", MINE, **IDS)
def test_the_law_agrees_with_the_referee(sampler, grid):
    for target in (TABLE, Parity(3), RandomTable(3, 2, seed=3)):
        agree(masked(target, sampler, grid))
    agree(masked(TABLE, sampler, grid, Perturbed(0.7, seed=4)))


@pytest.mark.parametrize("sampler", MINE, **IDS)
def test_the_law_from_a_surrogate_start_agrees_with_the_referee(sampler):
    """Also from states that the data forbid."""
    for target in (TABLE, Parity(3)):
        agree(masked(target, sampler, TO_DATA, start="noise"))


@pytest.mark.parametrize("noise", [Uniform(), SKEW], ids=["uniform", "skew"])
@pytest.mark.parametrize("sampler", REMEMBERING, **IDS)
def test_the_law_with_memory_agrees_with_the_referee(sampler, noise):
    target = RandomTable(3, 2, seed=3)
    for grid, start in ((EVEN, "noise"), (grids.custom((3.0, 0.5, 0.01)), "exact")):
        agree(Problem(target, noise, sampler, grid, start=start))


def test_a_masked_run_with_memory_is_one_without():
    """Under absorbing noise the bit says what the mask says."""
    for plain in (DNDM(), DNDMContinuous()):
        for start in ("noise", "exact"):
            problem = masked(TABLE, plain, EVEN, start=start)
            twin = dataclasses.replace(problem, sampler=dataclasses.replace(plain, remembers=True))
            np.testing.assert_allclose(output_law(twin), output_law(problem), atol=1e-14)


def test_dndm_is_the_masked_plug_in_and_dndm_c_is_first_hitting():
    for score in (Exact(), Perturbed(0.5)):
        for one, other in ((DNDM(), MaskedPlugIn()), (DNDMContinuous(), FirstHitting())):
            first, second = (masked(TABLE, s, EVEN, score) for s in (one, other))
            np.testing.assert_array_equal(output_law(first), output_law(second))


EXACT = [FixedCardinality(), Confidence(), FirstHitting(), DNDMContinuous()]


@pytest.mark.parametrize("sampler", EXACT, **IDS)
def test_one_token_at_a_time_is_exact(sampler):
    for target in (TABLE, Parity(4), Pairs(2, 2), PottsRing(3, 3, 1.0), RandomTable(2, 5, seed=2)):
        m = measure(masked(target, sampler, grids.even_reveal(target.space.length)))
        assert m.kl < 1e-28
        assert m.chain_kl < 1e-28


def test_first_hitting_needs_one_step_and_no_step_is_too_long():
    for grid in (grids.even_reveal(1), grids.even_reveal(5), grids.custom((3.0, 0.0))):
        assert measure(masked(TABLE, FirstHitting(), grid)).kl < 1e-28
    early = measure(masked(TABLE, FirstHitting(), grids.custom((3.0, 0.4))))
    assert early.kl < 1e-28
    assert early.chain_kl < 1e-28


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_closed_forms_of_parity_and_of_a_repeated_bit(size):
    """Parity binds the last subset alone, by log 2; one bit repeated binds the first."""
    for sampler in (FixedCardinality((size,)), Confidence(size)):
        parity = masked(Parity(5), sampler, grids.even_reveal(5))
        last = 5 - size * ((5 - 1) // size)
        wanted = math.log(2) if last > 1 else 0.0
        bit = MarkovChain.binary(5, 0.0)
        assert measure(parity).kl == pytest.approx(wanted, abs=1e-14)
        repeated = measure(masked(bit, sampler, grids.even_reveal(5)))
        assert repeated.kl == pytest.approx((size - 1) * math.log(2), abs=1e-14)


def test_sizes_go_on_and_are_cut_at_the_length():
    assert FixedCardinality((1, 2)).subset_sizes(6) == (1, 2, 2, 1)
    assert FixedCardinality((9,)).subset_sizes(4) == (4,)
    assert FixedCardinality([2, 1]).sizes == (2, 1)
    problem = masked(TABLE, FixedCardinality((1, 2)))
    assert Problem.from_spec(problem.spec()) == problem


def test_the_surest_token_comes_first_and_ties_go_to_the_left():
    law = np.multiply.outer([0.5, 0.5], [0.1, 0.9])
    problem = masked(Table(law), Confidence(), grids.custom((math.inf, 1.0)), start="mask")
    np.testing.assert_allclose(output_law(problem)[2, :2], [0.1, 0.9])
    tied = dataclasses.replace(
        problem, target=Table(np.multiply.outer([1 / 3, 2 / 3], [2 / 3, 1 / 3]))
    )
    assert output_law(tied)[:2, 2].sum() == pytest.approx(1)


# Chains.


@dataclass(frozen=True)
class PlugInByItself(MaskedPlugIn):
    """The masked plug-in, said to have an order of its own: it has that of the truth."""

    claims: ClassVar = dataclasses.replace(MaskedPlugIn.claims, own_order=True, rates_in_step=None)


@pytest.mark.parametrize("score", [Exact(), Perturbed(0.5)], **IDS)
@pytest.mark.parametrize("grid", [FROM_MASK, EVEN, TO_DATA], ids=["mask", "early", "data"])
def test_the_chain_in_an_own_order_is_the_chain_where_the_orders_agree(grid, score):
    for target in (TABLE, Parity(3)):
        known = measure(masked(target, MaskedPlugIn(), grid, score))
        again = measure(masked(target, PlugInByItself(), grid, score))
        assert again.chain_kl == pytest.approx(known.chain_kl, rel=1e-11)


def ordered_partitions(tokens, sizes):
    if not sizes:
        yield ()
        return
    for first in itertools.combinations(tokens, sizes[0]):
        rest = [i for i in tokens if i not in first]
        for others in ordered_partitions(rest, sizes[1:]):
            yield (first, *others)


@pytest.mark.parametrize("sizes", [(2,), (1, 2), (3, 1), (4,)])
@pytest.mark.parametrize("target", [RandomTable(2, 4, seed=5), Parity(4)], **IDS)
def test_chain_kl_is_the_mean_over_masks(sizes, target):
    """Li and Cai's ``E_masks KL(q_0 ‖ p_out given the masks)``, partition by partition."""
    sampler = FixedCardinality(sizes)
    law, axes = np.exp(target.log_law()), range(4)
    kls, laws = [], []
    for partition in ordered_partitions([*axes], sampler.subset_sizes(4)):
        given, seen = np.ones(law.shape), []
        for subset in partition:
            hidden = tuple(i for i in axes if i not in seen)
            before = law.sum(hidden, keepdims=True)
            for i in subset:
                both = law.sum(tuple(j for j in hidden if j != i), keepdims=True)
                given = given * np.divide(both, before, out=np.zeros(both.shape), where=before > 0)
            seen += subset
        laws.append(given)
        kls.append(ladder.kl(law, given))
    m = measure(masked(target, sampler))
    assert m.chain_kl == pytest.approx(np.mean(kls), rel=1e-11, abs=1e-14)
    assert m.kl == pytest.approx(ladder.kl(law, np.mean(laws, 0)), rel=1e-11, abs=1e-14)
    assert m.kl <= m.chain_kl + 1e-14


def test_path_kl_of_first_hitting_is_girsanovs():
    problem = masked(TABLE, FirstHitting(), EVEN, Perturbed(0.6, seed=2))
    q0 = data(problem)
    true = reveals.clean(q0)
    z = np.random.default_rng(2).standard_normal((q0.size, 3, 3))
    seen = reveals.clean(q0, np.exp(0.6 * z))
    kl = (true * np.log(true / seen)).sum(-1)
    hidden = reference.states(q0) == 2
    with jax.enable_x64(True):
        rates = np.asarray(Absorbing().rate_matrix(3))

    def density(u):
        return reference.marginal(q0, rates, u) @ (kl * hidden).sum(1) / math.expm1(u)

    m = measure(problem)
    assert m.path_kl == pytest.approx(quad(density, 0.2, 2.0, epsabs=1e-13)[0], rel=1e-9)
    assert m.kl < m.chain_kl < m.path_kl
    one = measure(dataclasses.replace(problem, grid=FROM_MASK, start="mask"))
    alone = dataclasses.replace(problem, grid=FROM_MASK, start="mask", sampler=FixedCardinality())
    assert one.path_kl == pytest.approx(measure(alone).chain_kl, rel=1e-11)


def test_a_sampler_with_memory_has_no_chain_and_says_so():
    m = measure(Problem(TABLE, Uniform(), DNDM(remembers=True), EVEN))
    assert np.isnan([m.chain_kl, m.path_kl, m.marginal_kl]).all()
    assert m.reasons["chain_kl"] == "the sampler remembers what the true chain has not"
    assert 0 < m.kl < m.idle_kl


@pytest.mark.parametrize("sampler", [FixedCardinality(), Confidence(2)], **IDS)
def test_too_few_steps_leave_masks_and_so_an_infinite_kl(sampler):
    m = measure(masked(TABLE, sampler, grids.even_reveal(1)))
    assert m.kl == m.chain_kl == np.inf
    assert "needs δ = 0 and a step for every subset" in m.reasons["chain_kl"]
    early = measure(masked(TABLE, sampler, grids.even_reveal(3, stop=0.9)))
    assert early.kl == early.chain_kl == np.inf


def test_known_is_the_law_of_what_is_unmasked():
    problem = masked(Parity(3), MaskedPlugIn())
    known = reveal_chain.known(problem).reshape(3, 3, 3)
    assert known[2, 2, 2] == pytest.approx(1)
    assert known[0, 2, 2] == pytest.approx(0.5)
    assert known[1, 1, 0] == pytest.approx(0.25)
    assert known[1, 1, 1] == 0
    assert known[:2, :2, :2].sum() == pytest.approx(1)


# Theorems.


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_li_cai_on_random_targets_sizes_and_scores(seed):
    rng = np.random.default_rng(seed)
    tokens, length = [(2, 5), (3, 4), (2, 6)][seed % 3]
    law = rng.dirichlet(np.full(tokens**length, [0.05, 1.0][seed % 2]))
    target = Table(law.reshape((tokens,) * length))
    for sizes in ((1,), (2,), (3, 1), (1, 2), (4, 1), (5,)):
        for score in (Exact(), Perturbed(0.5, seed=seed)):
            problem = masked(target, FixedCardinality(sizes), grids.even_reveal(length), score)
            found = verdict("li_cai_2025", problem)
            assert found.status is Status.HOLDS, (sizes, found)


def test_li_cai_is_reached_by_parity():
    """Four bits in pairs: log 2 is lost, and the bound is log 2; any smaller constant is broken."""
    found = verdict("li_cai_2025", masked(Parity(4), FixedCardinality((2,)), grids.even_reveal(2)))
    assert found.status is Status.HOLDS
    assert found.measured == pytest.approx(found.bound, rel=1e-12)
    assert found.measured == pytest.approx(math.log(2))


def test_li_cai_does_not_speak_of_other_orders():
    for problem in (
        masked(TABLE, Confidence(2)),
        masked(TABLE, FixedCardinality((2,)), grids.even_reveal(1)),
        masked(TABLE, FixedCardinality((2,)), TO_DATA),
        masked(TABLE, MaskedPlugIn()),
    ):
        assert verdict("li_cai_2025", problem).status is Status.NOT_APPLICABLE


def test_first_hitting_loses_what_the_score_loses():
    for grid in (FROM_MASK, EVEN, TO_DATA, grids.even_reveal(1)):
        wrong = masked(TABLE, FirstHitting(), grid, Perturbed(0.5))
        found = verdict("first_hitting", wrong)
        assert found.status is Status.HOLDS
        assert found.measured == pytest.approx(found.bound, rel=1e-11)
        right = verdict("first_hitting", dataclasses.replace(wrong, score=Exact()))
        assert right.status is Status.HOLDS
        assert right.bound < 1e-27
