"""Samplers that reveal masks in ways of their own, and DNDM: laws, draws, theorems, teeth.

The referee (``engines/referee_reveals.py``) lists subsets, orders and transition times.  Random
tests have fixed keys and share one false-alarm budget.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from harness import Problem, check, grids, measure, output_law, registry, reveals, simulate
from harness.claims import Claims, Trait
from harness.engines import enumerated, random_order, reference, referee_reveals
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.regress import traits
from harness.regress.sampler_checks import SamplerChecks
from harness.samplers import (
    DNDM,
    Confidence,
    DNDMContinuous,
    FirstHitting,
    FixedCardinality,
    FrozenScore,
    MaskedPlugIn,
    Tweedie,
)
from harness.score import Exact, Perturbed
from harness.score_calls import occupied, score_calls
from harness.statistics import counts_test, draws_test, false_alarm_each
from harness.step import Mixture, RandomOrder, Tokens
from harness.verdict import Status
from toy_targets import MarkovChain, Pairs, Parity, PottsRing, RandomTable, Table

MASKED = registry.sampler_examples(masked=True)
REMEMBERING = registry.sampler_examples(remembering=True)
MINE = [s for s in MASKED if registry.label(s) in referee_reveals.STEPS]
IDS = {"ids": registry.label}
TABLE = RandomTable(2, 3, seed=1)
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
FROM_MASK = grids.even_reveal(4)
EVEN = grids.even(2.0, 0.2, 3)
TO_DATA = grids.custom((2.0, 0.7, 0.0))

RANDOM_TESTS = 20
LEVEL = false_alarm_each(RANDOM_TESTS)
SPENT: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _budget():
    """Every random comparison is counted, and all together spend 1e-6 at most."""
    SPENT.clear()
    yield
    assert len(SPENT) <= RANDOM_TESTS


def masked(target, sampler, grid=FROM_MASK, score=Exact(), start=None):  # noqa: B008 (frozen)
    start = start or ("mask" if math.isinf(grid.start) else "exact")
    return Problem(target, Absorbing(), sampler, grid, score, start)


def data(problem):
    """``q_0`` with the mask as last token."""
    law = np.exp(problem.target.log_law())
    return np.pad(law, [(0, int(problem.noise == Absorbing()))] * law.ndim)


def referee_law(problem, step=None):
    """``[S]*d`` output law: one dense matrix a step, memories summed out at the end."""
    q0, score = data(problem), problem.score
    with jax.enable_x64(True):
        rates = np.asarray(problem.noise.rate_matrix(q0.shape[0]))
    error = None
    if isinstance(score, Perturbed):
        z = np.random.default_rng(score.seed).standard_normal((q0.size, q0.ndim, q0.shape[0]))
        error = np.exp(score.size * z)
    step = step or referee_reveals.STEPS[registry.label(problem.sampler)]
    law = problem.start_law
    memory = problem.sampler.claims.memory
    if memory == 2:
        states = reference.states(q0)
        whole = np.zeros((2 * q0.shape[0],) * q0.ndim)
        whole[tuple(2 * states.T)] = law
        law = whole.ravel()
    for t, s in problem.grid.intervals():
        law = law @ step(q0, rates, t, s, error)
    if memory == 2:
        law = law.reshape((q0.shape[0], 2) * q0.ndim).sum(tuple(range(1, 2 * q0.ndim, 2)))
    return law.reshape(q0.shape)


def agree(problem):
    np.testing.assert_allclose(output_law(problem), referee_law(problem), rtol=1e-11, atol=1e-15)


# Laws.


@pytest.mark.parametrize("sampler", MASKED + REMEMBERING, **IDS)
def test_every_sampler_that_reveals_or_remembers_has_a_referee(sampler):
    assert registry.label(sampler) in referee_reveals.STEPS, "give it a derivation of its own"


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
    for target in (TABLE, Parity(4), Pairs(2, 2), PottsRing(3, 3, 1.0), RandomTable(2, 7, seed=2)):
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
    tied = dataclasses.replace(problem, target=Table(np.multiply.outer([1 / 3, 2 / 3], [2 / 3, 1 / 3])))
    assert output_law(tied)[:2, 2].sum() == pytest.approx(1)


# Chains.


@dataclass(frozen=True)
class PlugInByItself(MaskedPlugIn):
    """The masked plug-in, said to have an order of its own: it has that of the truth."""

    claims: Any = dataclasses.replace(MaskedPlugIn.claims, own_order=True, rates_in_step=None)

    def __hash__(self):
        return 1


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
        kls.append(reference.kl(law, given))
    m = measure(masked(target, sampler))
    assert m.chain_kl == pytest.approx(np.mean(kls), rel=1e-11, abs=1e-14)
    assert m.kl == pytest.approx(reference.kl(law, np.mean(laws, 0)), rel=1e-11, abs=1e-14)
    assert m.kl <= m.chain_kl + 1e-14


def test_path_kl_of_first_hitting_is_girsanovs():
    problem = masked(TABLE, FirstHitting(), EVEN, Perturbed(0.6, seed=2))
    q0 = data(problem)
    true = referee_reveals.clean(q0)
    z = np.random.default_rng(2).standard_normal((q0.size, 3, 3))
    seen = referee_reveals.clean(q0, np.exp(0.6 * z))
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


# DNDM under uniform noise.


@dataclass(frozen=True)
class KnowsWhoMoved:
    """DNDM whose model knows the bits: clean tokens given those that have moved."""

    laws: tuple  # [(S + 1)^d, d, S] flattened, of the sequence with a mask where none has moved
    shape: tuple
    claims = DNDM(remembers=True).claims

    def step(self, score, noise, x, t, s):
        tokens = self.shape[-1]
        seen = jnp.where(x % 2 == 1, x // 2, tokens)
        index = (seen * (tokens + 1) ** jnp.arange(x.shape[1] - 1, -1, -1)).sum(-1)
        clean = jnp.asarray(self.laws).reshape(self.shape)[index]
        moved = jnp.stack([jnp.zeros_like(clean), clean], -1).reshape(*x.shape, -1)
        stays = jnp.eye(2 * tokens)[x]
        p = jnp.where(x % 2 == 0, 1 - jnp.expm1(-s) / jnp.expm1(-t), 0.0)[..., None]
        return Tokens(p * jnp.where((x % 2 == 0)[..., None], moved, 0.0) + (1 - p) * stays)


def test_dndm_is_biased_under_uniform_noise_and_a_model_that_knows_who_moved_is_not():
    """Output KL: to a positive limit, and to 0 like ``h²``."""
    steps, start = (32, 64, 128, 256), 12.0
    clean = referee_reveals.clean(np.pad(np.exp(TABLE.log_law()), [(0, 1)] * 3))
    knows = KnowsWhoMoved(tuple(clean.ravel().tolist()), clean.shape)

    def kls(sampler, noise):
        problems = [
            Problem(TABLE, noise, sampler, grids.geometric(start, 1e-3, 1 / n).with_steps(8 * n))
            for n in steps
        ]
        return np.array([measure(p, output_only=True).kl for p in problems])

    biased = kls(DNDM(remembers=True), Uniform())
    assert biased.min() > 0.04
    assert abs(np.diff(biased)[-1]) < 2e-3 * biased[-1]
    continuous = kls(DNDMContinuous(remembers=True), Uniform())
    assert continuous[-1] == pytest.approx(biased[-1], rel=5e-3)
    knowing = kls(knows, Uniform())
    assert knowing[-1] < 1e-4 * biased[-1]
    assert np.log2(knowing[-2] / knowing[-1]) > 1.8
    # Uniform where the mask is, or not yet moved: the same sampler, up to what is left at δ.
    data_only = dataclasses.replace(
        Problem(TABLE, Uniform(), knows, grids.custom((12.0, 1.0, 0.3, 0.0)))
    )
    plug_in = masked(TABLE, DNDM(), grids.reveal([0.0, 0.4, 0.7, 1.0]))
    informed = dataclasses.replace(
        data_only, grid=grids.custom((34.0, *(-math.log(r) for r in (0.4, 0.7)), 0.0))
    )
    np.testing.assert_allclose(output_law(informed), output_law(plug_in)[:2, :2, :2], atol=1e-13)


def test_the_bias_of_one_token_is_its_integral():
    """``∫ e^{-τ} mean_x Pr(X_0 = b | X_τ = x) dτ``: one token that waits as pure noise."""
    q0 = np.array([0.85, 0.1, 0.05])

    def density(tau, b):
        stay, drawn = math.exp(-tau), (1 - math.exp(-tau)) / 3
        arrives = drawn + stay * np.eye(3)  # [from, to]
        return stay * (q0[b] * arrives[b] / (q0 @ arrives)).mean()

    limit = np.array([quad(density, 0, 14, (b,))[0] for b in range(3)]) / -math.expm1(-14)
    for sampler in REMEMBERING:
        found = output_law(Problem(Table(q0), Uniform(), sampler, grids.even(14.0, 0.0, 4000)))
        np.testing.assert_allclose(found, limit, atol=2e-3)
    assert np.abs(limit - q0).max() > 0.1


# Draws.


@pytest.mark.parametrize("sampler", MINE + REMEMBERING, **IDS)
def test_draws_follow_the_law(sampler):
    noise = Absorbing() if sampler.claims.needs_mask else Uniform()
    problem = Problem(TABLE, noise, sampler, EVEN, start="noise")
    SPENT.append(registry.label(sampler))
    result = draws_test(simulate(problem, key=21, chains=100_000), output_law(problem), LEVEL)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.025


def first_step():
    """Two chains out of three have a token revealed; who and when is up to each."""
    return masked(RandomTable(2, 4, seed=6), FirstHitting(), grids.reveal([0.0, 0.3]))


def pairs_of_chains(problem, key):
    """Which tokens two neighbours in the batch have revealed, against independence."""
    shown = (simulate(problem, key=key, chains=100_000) != 2) @ (1 << np.arange(4))
    pattern = np.array([0.3 ** bin(a).count("1") * 0.7 ** (4 - bin(a).count("1")) for a in range(16)])
    counts = np.zeros((16, 16), int)
    np.add.at(counts, (shown[::2], shown[1::2]), 1)
    return counts_test(counts, np.outer(pattern, pattern), LEVEL, lost=0)


def test_chains_of_a_batch_hit_independently():
    SPENT.append("independent chains")
    result = pairs_of_chains(first_step(), key=22)
    assert result.passed, result.reason
    assert result.detectable_shift < 0.01


def test_times_shared_by_a_batch_are_caught(monkeypatch):
    """Teeth: one draw of who moves, for all chains."""
    uniform = jax.random.uniform

    def shared(key, shape, dtype):
        if len(shape) == 2:
            return jnp.broadcast_to(uniform(key, shape[1:], dtype), shape)
        return uniform(key, shape, dtype)

    SPENT.append("shared times")
    monkeypatch.setattr(jax.random, "uniform", shared)
    random_order._draw.clear_cache()
    try:
        assert not pairs_of_chains(first_step(), key=22).passed
    finally:
        random_order._draw.clear_cache()


def test_the_published_times_give_the_number_of_masks():
    """``1 - e^{-t'} = (1 - e^{-t}) U^{1/m}``, hit by hit, drawn with numpy."""
    rng, chains, d = np.random.default_rng(23), 100_000, 4
    hidden, left = np.ones(chains), np.full(chains, d)
    stop = 1 - 0.3
    for _ in range(d):
        after = hidden * rng.random(chains) ** (1 / np.maximum(left, 1))
        hits = (after > stop) & (left > 0)
        hidden, left = np.where(hits, after, 0.0), left - hits
    law = np.zeros(d + 1)
    problem = first_step()
    x = reference.states(data(problem))
    np.add.at(law, (x == 2).sum(1), output_law(problem).ravel())
    SPENT.append("published times")
    result = counts_test(np.bincount(left, minlength=d + 1), law, LEVEL, lost=0)
    assert result.passed, result.reason


def test_a_token_takes_one_turn_and_none_is_rejected():
    """To the data in one step: who moves is one draw, and then as many as there are tokens."""
    drawn = []
    problem = masked(RandomTable(2, 4, seed=6), FirstHitting(), grids.even_reveal(1))
    table = enumerated.step_law(problem, math.inf, 0.0)
    with jax.enable_x64(True), jax.disable_jit():
        uniform = jax.random.uniform

        def counted(key, shape, dtype):
            drawn.append(shape)
            return uniform(key, shape, dtype)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jax.random, "uniform", counted)
            state = jnp.full(7, problem.sequences.size - 1, jnp.int32)
            after = random_order._draw(table, problem.sequences, state, jax.random.key(0))
    assert drawn == [(7, 4)] + 4 * [(7,)]
    assert (np.asarray(problem.sequences.decode(after)) < 2).all()


# Score calls.


def test_cells_that_are_hit():
    """Against all ways to place the balls."""
    shares = [0.2, 0.5, 0.1]
    want = np.zeros(4)
    for place in itertools.product(range(4), repeat=4):
        weight = math.prod([*shares, 0.2][k] for k in place)
        want[len({k for k in place if k < 3})] += weight
    np.testing.assert_allclose(occupied(shares, 4), want, atol=1e-15)
    assert occupied([1.0], 3).tolist() == [0.0, 1.0]


def test_numbers_of_score_calls():
    ring = PottsRing(2, 6, 1.0)
    calls = {
        FirstHitting(): 6,
        FixedCardinality((1, 2)): 4,
        FixedCardinality((9,)): 1,
        Confidence(4): 2,
        MaskedPlugIn(): 8,
        DNDM(): 8 * (1 - (1 - 1 / 8) ** 6),
    }
    for sampler, mean in calls.items():
        found = score_calls(masked(ring, sampler, grids.even_reveal(8)))
        assert found.mean == pytest.approx(mean, rel=1e-12)
        assert found.law.sum() == pytest.approx(1)
    assert score_calls(Problem(ring, Uniform(), Tweedie(), EVEN)).mean == 3
    remembers = score_calls(Problem(TABLE, Uniform(), DNDM(remembers=True), EVEN))
    shares = [(math.exp(-s) - math.exp(-t)) / (1 - math.exp(-2)) for t, s in EVEN.intervals()]
    assert remembers.mean == pytest.approx(sum(1 - (1 - p) ** 3 for p in shares))
    with pytest.raises(ValueError, match="frozen_score asks for the score at every jump"):
        score_calls(Problem(ring, Uniform(), FrozenScore(), EVEN))


def test_score_calls_from_a_start_with_masks_here_and_there():
    """From ``T = 2`` the number of masks is binomial, and so are the calls."""
    first = score_calls(masked(TABLE, FirstHitting(), TO_DATA))
    assert first.mean == pytest.approx(3 * (1 - math.exp(-2)))
    chance = 1 - math.exp(-2)
    one = score_calls(masked(TABLE, Confidence(3), TO_DATA))
    np.testing.assert_allclose(one.law, [(1 - chance) ** 3, 1 - (1 - chance) ** 3, 0])


# Theorems.


def verdict(key, problem):
    return next(v for v in check(problem) if v.theorem == key)


@pytest.mark.parametrize("seed", range(6))
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


# Refusals.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedCardinality(()), "sizes must be one or more positive integers"),
        (lambda: FixedCardinality((2, 0)), r"sizes\[1\] must be at least 1, got 0"),
        (lambda: Confidence(0), "k must be at least 1, got 0"),
        (lambda: Claims(1, 1, set(), memory=0), "memory must be at least 1, got 0"),
        (lambda: Problem(TABLE, Uniform(), DNDM(), EVEN), "dndm needs absorbing noise"),
        (
            lambda: Problem(TABLE, Absorbing(), DNDM(True), FROM_MASK, start="mask"),
            "start='mask' needs a step law with a limit",
        ),
        (
            lambda: Problem(PottsRing(2, 3, 1.0), Uniform(), DNDM(True), EVEN, max_states=60),
            "S=4, d=3 has 64 states, more than max_states=60",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@dataclass(frozen=True)
class Changed:
    """A sampler whose law is changed by ``change(law, t, s)``."""

    base: Any
    change: Any

    @property
    def claims(self):
        return self.base.claims

    def step(self, score, noise, x, t, s):
        return self.change(self.base.step(score, noise, x, t, s), t, s)


def test_a_chance_that_is_none_is_refused():
    twice = Changed(FirstHitting(), lambda law, t, s: dataclasses.replace(law, chance=1.5))
    with pytest.raises(FloatingPointError, match=r"the chance to move .* must be in \[0, 1\]"):
        output_law(masked(TABLE, twice))


# Teeth: what is wrong on purpose is seen.


def sees(problem, base):
    """Whether the referee's law of ``base`` is another one."""
    found = output_law(problem)
    return np.abs(found - referee_law(problem, referee_reveals.STEPS[registry.label(base)])).max() > 1e-3


def likeliest(law, t, s):
    """The likeliest token in place of a draw, in the last step."""
    def sharpened(p):
        return jnp.where(s > 0, p, jnp.eye(p.shape[-1])[p.argmax(-1)])

    if isinstance(law, RandomOrder):
        return dataclasses.replace(law, moves=Tokens(sharpened(law.moves.p)))
    if isinstance(law, Mixture):
        return Mixture(law.log_weights, sharpened(law.p))
    return Tokens(sharpened(law.p))


@pytest.mark.parametrize("base", [FirstHitting(), FixedCardinality((2,)), Confidence(2), DNDM()], **IDS)
def test_argmax_at_the_end_is_caught(base):
    problem = masked(TABLE, Changed(base, likeliest), grids.even_reveal(2))
    assert sees(problem, base)


def test_a_mask_left_at_the_end_is_caught():
    """A clock that stops short: the mass with a mask is no part of the data law."""
    short = Changed(FirstHitting(), lambda law, t, s: dataclasses.replace(law, chance=0.99 * law.chance))
    problem = masked(TABLE, short)
    assert sees(problem, FirstHitting())
    m = measure(problem)
    assert m.kl > 1e-3
    assert output_law(problem)[2].sum() > 1e-3
    assert verdict("first_hitting", problem).status is not Status.HOLDS


def tilted(law, t, s):
    """The first subset is twice as likely as another."""
    weights = jnp.exp(law.log_weights) * jnp.where(jnp.arange(law.p.shape[1]) == 0, 2.0, 1.0)
    return Mixture(jnp.log(weights / weights.sum(-1, keepdims=True)), law.p)


def test_subsets_that_are_not_uniform_are_caught():
    base = FixedCardinality((2,))
    wrong = Changed(base, tilted)
    assert sees(masked(TABLE, wrong), base)
    assert SamplerChecks(base).reveals().passed
    found = SamplerChecks(wrong).reveals()
    assert found.passed is False
    assert "from uniform" in found.number


def test_a_sampler_that_masks_again_is_caught():
    def again(law, t, s):
        masks = jnp.zeros_like(law.p).at[..., -1].set(1.0)
        return Tokens(0.9 * law.p + 0.1 * masks)

    assert SamplerChecks(Confidence()).reveals().passed
    assert SamplerChecks(Changed(Confidence(), again)).reveals().passed is False


def test_one_at_a_time_is_told_from_what_only_looks_like_it():
    late = Changed(FirstHitting(), lambda law, t, s: dataclasses.replace(law, chance=1 - jnp.exp(s - t)))
    assert traits.verify(Trait.ONE_AT_A_TIME, FirstHitting()).passed
    for wrong in (late, MaskedPlugIn(), FixedCardinality()):
        assert not traits.verify(Trait.ONE_AT_A_TIME, wrong).passed


def test_a_bit_that_is_not_kept_is_caught():
    """Tokens that forget that they have moved, and are written again."""
    def forget(law, t, s):
        p = law.p.reshape(*law.p.shape[:2], -1, 2).sum(-1, keepdims=True)
        return Tokens(jnp.concatenate([p, jnp.zeros_like(p)], -1).reshape(law.p.shape))

    base = DNDM(remembers=True)
    problem = Problem(RandomTable(3, 2, seed=3), Uniform(), Changed(base, forget), EVEN)
    assert sees(problem, base)


def test_known_is_the_law_of_what_is_unmasked():
    problem = masked(Parity(3), MaskedPlugIn())
    known = reveals.known(problem).reshape(3, 3, 3)
    assert known[2, 2, 2] == pytest.approx(1)
    assert known[0, 2, 2] == pytest.approx(0.5)
    assert known[1, 1, 0] == pytest.approx(0.25)
    assert known[1, 1, 1] == 0
    assert known[:2, :2, :2].sum() == pytest.approx(1)
