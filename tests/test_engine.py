"""The enumerated engine and the slow referee compute the same laws by different routes."""

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property

import generic
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from referee import guided, reference, two_stage

import harness.process.space
from harness import Problem, grids, measure, output_law
from harness.claims import Trait
from harness.engines.sequences import push
from harness.foundation import registry
from harness.measurement import chain
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from harness.space import Sequences
from toy_targets import MarkovChain, Parity, Product, RandomTable, Table

SAMPLERS = generic.SAMPLERS
PRODUCTS = [s for s in SAMPLERS if Trait.INDEPENDENT_TOKENS in s.claims.traits]
REFEREES = {**two_stage.STEPS, **guided.STEPS}
LABELS = {"ids": registry.label}

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
NOISES = [Uniform(), CyclicWalk(), SKEW]
EVEN = grids.even(2.0, 0.2, 3)
TOLD = grids.from_schedule(lambda tau: 0.3 * tau + 0.2 * tau * tau, (2.0, 1.2, 0.3), "left")
SHORT = grids.from_schedule(lambda tau: 0.3 * tau + 0.2 * tau * tau, (2.0, 1.2, 0.6), "left")
TABLE = RandomTable(3, 2, seed=3)
FINE = Perturbed(size=0.2, seed=5)
COARSE = Perturbed(size=1.5, seed=6)
CASES = [  # every noise with both scores; grids and starts in turn
    (Uniform(), Exact(), EVEN, "noise"),
    (Uniform(), FINE, TOLD, "exact"),
    (CyclicWalk(), Exact(), TOLD, "noise"),
    (CyclicWalk(), FINE, EVEN, "exact"),
    (SKEW, Exact(), EVEN, "exact"),
    (SKEW, FINE, TOLD, "noise"),
]


@dataclass
class Refereed:
    """A problem in the referee's own words."""

    problem: Problem

    @cached_property
    def facts(self) -> tuple[np.ndarray, np.ndarray]:
        """``q_0 [S]*d`` and ``R``, the latter not from the noise's kernel."""
        with jax.enable_x64(True):
            rates = np.asarray(self.problem.noise.rate_matrix(self.problem.space.tokens))
        return np.exp(self.problem.target.log_law()), rates

    @property
    def error(self):
        score, space = self.problem.score, self.problem.space
        if isinstance(score, Exact):
            return None
        shape = (space.size, space.length, space.tokens)
        return np.exp(score.size * np.random.default_rng(score.seed).standard_normal(shape))

    def __call__(self, function, **more):
        p = self.problem
        given = {"start": p.start, "ratio_error": self.error, "told_steps": p.grid.told, **more}
        given = {key: value for key, value in given.items() if value is not ...}
        return function(*self.facts, method_of(p.sampler), p.grid.times, **given)


def told(sampler, grid):
    """``grid``, or one whose steps are not told to end past the data."""
    return SHORT if sampler.claims.needs_early_stopping and grid is TOLD else grid


def method_of(sampler):
    """The referee's name of the sampler's method."""
    label = registry.label(sampler)
    return REFEREES.get(label, reference.LABELS.get(label, label))


def agree(problem, rtol=1e-11, atol=1e-15):
    law = output_law(problem)
    np.testing.assert_allclose(law, Refereed(problem)(reference.output_law), rtol=rtol, atol=atol)
    assert law.dtype == np.float64
    assert law.shape == problem.space.shape


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_every_registered_sampler_has_a_referee(sampler):
    method = method_of(sampler)
    assert callable(method) or method in reference.METHODS, "give a referee its own derivation"


@pytest.mark.parametrize("name", generic.ELSEWHERE)
def test_a_sampler_that_is_left_out_has_a_suite_of_its_own(name):
    assert generic.stated_elsewhere(name)


def test_the_schedule_tells_other_steps():
    assert TOLD.told is not None
    real = [t - s for t, s in TOLD.intervals()]
    assert min(told / h for told, h in zip(TOLD.told, real, strict=True)) > 1.1


# Output laws.


HALVES = [
    (RandomTable(3, 3, seed=1), SKEW),
    (RandomTable(2, 3, seed=2), Uniform()),
    (RandomTable(2, 1, seed=4), Uniform()),
]


@pytest.mark.parametrize(("target", "noise"), HALVES, ids=["3^3", "2^3", "2^1"])
@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_halves_of_any_length(sampler, target, noise):
    """One token has an empty first half; three split unevenly (five: see the blocks)."""
    agree(Problem(target, noise, sampler, told(sampler, TOLD)))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_without_early_stopping(sampler):
    """Ratios grow without limit as ``t -> 0``, and half of the sequences are forbidden there."""
    grid = grids.custom((3.0, 1.0, 0.25, 0.01 if sampler.claims.needs_early_stopping else 0.0))
    for start in ("noise", "exact"):
        agree(Problem(Parity(3), Uniform(), sampler, grid, start=start))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_where_the_truth_cannot_be(sampler):
    """Tokens only jump to the last one, the mask: beyond the data's support a sampler stays."""
    absorbing = RateMatrix([[-1, 0, 1], [0, -1, 1], [0, 0, 0]])
    law = np.zeros((3, 3, 3))
    law[:2, :2, :2] = np.exp(Parity(3).log_law())
    last = 0.01 if sampler.claims.needs_early_stopping else 0.0
    for grid in (EVEN, grids.custom((2.0, 0.7, last))):
        agree(Problem(Table(law), absorbing, sampler, grid, start="exact"))


@pytest.mark.parametrize("sampler", [Euler(), Tweedie()], **LABELS)
def test_clipping_agrees_with_the_referee(sampler):
    """A step that is too long, or a score that is far off: entries are clipped, and reported."""
    problem = Problem(TABLE, SKEW, sampler, grids.even(2.0, 0.05, 3), COARSE, "exact")
    agree(problem)
    assert measure(problem, output_only=True).clipped > 0.01
    fine = dataclasses.replace(problem, score=Exact(), grid=grids.even(2.0, 0.5, 30))
    assert measure(fine, output_only=True).clipped == 0


def test_clipped_is_the_expected_excess():
    problem = Problem(TABLE, SKEW, Euler(), grids.even(2.0, 0.05, 3), start="exact")
    facts, want = Refereed(problem).facts, 0.0
    for k, (t, s) in enumerate(problem.grid.intervals()):
        before = reference.output_law(*facts, "euler", problem.grid.times[: k + 1], "exact")
        leave = (t - s) * reference.token_rates(*facts, t).sum(-1)
        want += (before.ravel() @ np.maximum(leave - 1, 0)).sum()
    assert measure(problem).clipped == pytest.approx(want, rel=1e-11)
    assert want > 0.01


def test_lost_mass():
    problem = Problem(TABLE, SKEW, TauLeaping("lose"), EVEN)
    law = Refereed(problem)(reference.output_law)
    m = measure(problem)
    assert m.lost_mass == pytest.approx(reference.lost_mass(law), rel=1e-11)
    assert m.lost_mass > 0.01
    truth = reference.marginal(*Refereed(problem).facts, EVEN.stop)
    assert m.tv == pytest.approx(reference.tv(truth, law), rel=1e-11)
    assert m.kl == pytest.approx(reference.kl(truth, law, reference.lost_mass(law)), rel=1e-11)
    left = law / law.sum()
    fall = (left * np.log(left)).sum() - (truth * np.log(truth)).sum()
    assert m.entropy_fall == pytest.approx(fall, abs=1e-13)
    assert abs(fall) > 1e-3


# Chain, path and score.


def cases():
    """All cases for every class of samplers; each noise and each score for its other variants."""
    for sampler in SAMPLERS:
        variant = sampler != type(sampler)()
        for noise, score, grid, start in CASES[::3] + CASES[5:] if variant else CASES:
            name = f"{registry.label(sampler)}-{noise.name}-{score.name}"
            grid = told(sampler, grid)
            yield pytest.param(sampler, noise, score, grid, start, id=name)


@pytest.mark.parametrize(("sampler", "noise", "score", "grid", "start"), [*cases()])
def test_law_and_chain_kl_agree_with_the_referee(sampler, noise, score, grid, start):
    problem = Problem(TABLE, noise, sampler, grid, score, start)
    agree(problem)
    m, referee = measure(problem), Refereed(problem)
    assert m.chain_kl == pytest.approx(referee(reference.chain_kl), rel=1e-11, abs=m.chain_floor)
    q0, rates = referee.facts
    truth = reference.marginal(q0, rates, grid.start)
    begins = reference.start_law(q0, rates, grid.times, start)
    # Where they are the same law, either KL is rounding.
    assert m.start_kl == pytest.approx(reference.kl(truth, begins), rel=1e-10, abs=1e-26)
    if sampler in PRODUCTS:
        want = reference.factorisation_kl(q0, rates, grid.times)
        assert m.factorisation_kl == pytest.approx(want, rel=1e-11, abs=m.chain_floor)
        parts = m.start_kl + m.factorisation_kl + m.marginal_kl
        assert m.chain_kl == pytest.approx(parts, rel=1e-14)
        assert sum(m.step_factorisation) == pytest.approx(m.factorisation_kl, rel=1e-14)
    else:
        assert np.isnan([m.factorisation_kl, m.marginal_kl]).all()
        assert m.reasons["marginal_kl"] == "the step is not a product over tokens"


@pytest.mark.parametrize("sampler", PRODUCTS, **LABELS)
@pytest.mark.parametrize("target", [RandomTable(2, 1, seed=4), Parity(3)], **LABELS)
def test_chain_kl_of_one_token_and_of_forbidden_sequences(sampler, target):
    problem = Problem(target, Uniform(), sampler, grids.custom((3.0, 1.0, 0.6, 0.0)))
    m, want = measure(problem), Refereed(problem)(reference.chain_kl)
    if sampler == Euler():
        assert m.chain_kl == want == np.inf
    else:
        assert m.chain_kl == pytest.approx(want, rel=1e-11)
    if target.space.length == 1:
        assert abs(m.factorisation_kl) < m.chain_floor


@pytest.mark.parametrize("score", [Exact(), FINE], **LABELS)
@pytest.mark.parametrize("noise", NOISES, ids=["uniform", "cyclic", "skew"])
def test_path_kl_is_the_integral(noise, score):
    problem = Problem(TABLE, noise, FrozenScore(), EVEN, score)
    m, want = measure(problem), Refereed(problem)(reference.path_kl, told_steps=...)
    assert m.path_kl == pytest.approx(want, rel=1e-9, abs=m.path_floor)
    assert m.path_floor < 1e-6 * m.path_kl
    assert m.kl <= m.chain_kl <= m.path_kl


def test_path_kl_with_a_told_step_is_that_of_faster_rates():
    problem = Problem(TABLE, SKEW, FrozenScore(), TOLD)
    total, facts = 0.0, Refereed(problem).facts
    for (t, s), told in zip(TOLD.intervals(), TOLD.told_steps(), strict=True):
        fast = told / (t - s)
        total += reference.path_kl(*facts, "frozen_score", (t, s), "exact", ratio_error=fast)
    m = measure(problem)
    assert m.path_kl - m.start_kl == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("noise", NOISES, ids=["uniform", "cyclic", "skew"])
@pytest.mark.parametrize("score", [FINE, COARSE], **LABELS)
def test_score_error_is_the_full_sum(noise, score):
    problem = Problem(TABLE, noise, Tweedie(), TOLD, score)
    referee = Refereed(problem)
    want = reference.score_error(*referee.facts, TOLD.times, referee.error)
    assert measure(problem).score_error == pytest.approx(want, rel=1e-11)
    assert measure(dataclasses.replace(problem, score=Exact())).score_error == 0


# Teeth: what the comparison would see.


def test_the_comparison_sees_small_mistakes():
    """A transposed generator and a step length off by 1e-9 are seen; so is a swapped token."""
    problem = Problem(TABLE, SKEW, Tweedie(), EVEN, start="exact")
    truth = Refereed(problem)(reference.output_law)
    transposed = [[-1.5, 0.25, 1.25], [1, -1.5, 0.5], [0.5, 0.5, -1]]
    for wrong in (
        dataclasses.replace(problem, noise=RateMatrix(transposed)),
        dataclasses.replace(problem, grid=grids.custom((*EVEN.times[:-1], 0.2 + 1e-9))),
        dataclasses.replace(problem, target=Table(np.exp(TABLE.log_law()).T)),
    ):
        assert abs(output_law(wrong) / truth - 1).max() > 1e-10


# The engine itself.


@pytest.fixture
def small_blocks(monkeypatch):
    """Few rows at a time in products and tables, and nothing compiled with more of them."""
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", 4)
    monkeypatch.setattr(harness.process.space, "TABLE_ENTRIES", 100)
    jax.clear_caches()
    yield
    jax.clear_caches()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("target", [TABLE, MarkovChain.binary(5, 0.3)], **LABELS)
def test_blocks_do_not_change_the_law(target):
    assert target.space.product_rows == (3 if target.space.tokens == 3 else 4)
    assert len(target.space.blocks()) == (1 if target.space.tokens == 3 else 4)
    for sampler in (TauLeaping(), TauLeaping("lose")):
        agree(Problem(target, Uniform(), sampler, EVEN))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_blocks_do_not_change_what_is_measured(sampler, monkeypatch):
    problem = Problem(
        RandomTable(2, 6, seed=4), Uniform(), sampler, EVEN, Perturbed(score_error=0.1, seed=2)
    )
    whole = measure(problem)
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", 4)
    monkeypatch.setattr(harness.process.space, "TABLE_ENTRIES", 100)
    assert len(problem.space.blocks()) == 8
    jax.clear_caches()
    again = measure(dataclasses.replace(problem))
    for name in ("kl", "chain_kl", "path_kl", "score_error", "lost_mass", "clipped"):
        assert getattr(again, name) == pytest.approx(getattr(whole, name), rel=1e-11, nan_ok=True)
    jax.clear_caches()


@pytest.mark.parametrize(("tokens", "length"), [(2, 1), (2, 5), (3, 3), (5, 2)])
@pytest.mark.parametrize("block", [1, 7, 10**6])
def test_any_block_gives_the_sum_over_all_states(monkeypatch, tokens, length, block):
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", block)
    space, rng = Sequences(tokens, length), np.random.default_rng(block)
    assert space.size % space.product_rows == 0
    law = rng.dirichlet(np.ones(space.size))
    p = rng.dirichlet(np.ones(tokens), (space.size, length))
    x = reference.states(law.reshape(space.shape))
    want = law @ np.prod([p[:, i, x[:, i]] for i in range(length)], axis=0)
    with jax.enable_x64(True):
        pushed = push.push_product(space, jnp.asarray(law), jnp.asarray(p))
    np.testing.assert_allclose(pushed, want, rtol=1e-13)


def test_a_long_generator_step_is_cut_in_pieces():
    """About 300 expected events a step; the law stays positive and accurate."""
    fast = RateMatrix(np.array(SKEW.rows) * 100)
    problem = Problem(TABLE, fast, FrozenScore(), grids.custom((1.0, 0.2)))
    agree(problem, rtol=1e-10)


@pytest.mark.parametrize("sampler", [TauLeaping("clip"), Tweedie(), FrozenScore()], **LABELS)
def test_float64_whatever_the_flags(sampler):
    assert not jax.config.jax_enable_x64, "the suite runs under JAX's default, 32 bits"
    problem = Problem(TABLE, SKEW, sampler, EVEN, FINE)
    plain, first = output_law(problem), measure(problem)
    agree(problem)
    with jax.enable_x64(True):
        again = dataclasses.replace(problem, score=Perturbed(size=0.2, seed=5))
        agree(again)
        np.testing.assert_array_equal(output_law(again), plain)
        assert measure(again) == first
    assert jnp.ones(1).dtype == jnp.float32, "the caller's flags are left as they were"


@pytest.fixture(scope="module")
def compilations():
    """How often XLA has compiled, as a function."""
    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    return lambda: len(seen)


@pytest.mark.parametrize("sampler", [TauLeaping(), FrozenScore()], **LABELS)
def test_another_problem_of_the_same_shape_compiles_nothing(compilations, sampler):
    """Not for other times, step counts, data laws, generators or sizes of score error."""
    problem = Problem(TABLE, SKEW, sampler, EVEN, Perturbed(score_error=0.02))
    measure(problem)
    before = compilations()
    for change in (
        {"grid": grids.even(2.0, 0.2, 7)},
        {"grid": TOLD},
        {"target": RandomTable(3, 2, seed=99)},
        {"noise": RateMatrix(np.array(SKEW.rows).T - np.diag(np.sum(SKEW.rows, 0)))},
        {"score": Perturbed(size=0.4, seed=8)},
        {"score": Perturbed(score_error=0.01)},
        {"start": "exact"},
    ):
        measure(dataclasses.replace(problem, **change))
    assert compilations() == before
    measure(dataclasses.replace(problem, target=RandomTable(3, 3, seed=1)))
    # Teeth: the count does see a compilation.
    jax.jit(lambda x: x + sampler.claims.chain_order + 2)(jnp.ones(before % 1000 + 3))
    assert compilations() > before


def test_more_states_than_one_batch_of_rows_compile_nothing_either(compilations):
    """128 states: their transition matrix is made 64 rows at a time."""
    problem = Problem(RandomTable(2, 7, seed=1), Uniform(), FrozenScore(), grids.even(1.0, 0.2, 2))
    measure(problem)
    before = compilations()
    measure(dataclasses.replace(problem, grid=grids.even(2.0, 0.1, 3)))
    assert compilations() == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_at_the_largest_space():
    """65,536 states, where one array of pairs of states would take 34 GB."""
    code = """
import pathlib, re
from harness import Problem, grids, measure
from harness.noise import Uniform
from harness.samplers import TauLeaping
from toy_targets import PottsRing
m = measure(Problem(PottsRing(2, 16, 0.5, 0.3), Uniform(), TauLeaping(), grids.even(1.0, 0.2, 2)))
assert 0 < m.kl < m.chain_kl, m
# Not ru_maxrss, which begins at what the parent held when it started this process.
status = pathlib.Path("/proc/self/status").read_text()
print(1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2 * 2**30


def test_engines_by_name():
    problem = Problem(TABLE, SKEW, Tweedie(), EVEN)
    np.testing.assert_array_equal(output_law(problem, "enumerated"), output_law(problem))
    with pytest.raises(ValueError, match="no engine named 'enumerate'; did you mean 'enumerated'"):
        output_law(problem, engine="enumerate")


@pytest.mark.parametrize("target", [TABLE, RandomTable(2, 3, 0), RandomTable(3, 1, 0)], **LABELS)
def test_an_output_law_has_one_axis_a_token(target):
    law = output_law(Problem(target, Uniform(), Tweedie(), EVEN))
    assert law.shape == target.space.shape
    assert law.sum() == pytest.approx(1, abs=1e-13)


def test_tokens_stay_on_their_axes():
    """Where the first token is sure and the last is not, the output law says so too."""
    law = np.zeros((2, 2, 2))
    law[1, :, :] = [[0.7, 0.1], [0.1, 0.1]]
    out = output_law(Problem(Table(law), Uniform(), Tweedie(), grids.even(4.0, 0.01, 60)))
    np.testing.assert_allclose(out, law, atol=0.02)


# Infinite values have a reason.


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
