"""Absorbing noise: laws, chain, path and draws of every sampler against the slow referee."""

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import generic
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import assert_same
from referee import masked, reference

from bounds import TotalCorrelation
from harness import Problem, grids, measure, output_law, simulate, statistics
from harness.claims import Claims
from harness.foundation import registry
from harness.noise import Absorbing, CyclicWalk, Uniform
from harness.numerics import compositions, convolution
from harness.process.truth import masked_counts
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from harness.space import Counts
from harness.step import Tokens
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import (
    CurieWeiss,
    Pairs,
    Parity,
    Product,
    ProductMixture,
    RandomTable,
    TwoBeliefs,
)

registry.load()


def refereed(sampler):
    """The referee's step of ``sampler``, None where it has none here."""
    label = registry.label(sampler)
    if label in masked.STEPS:
        return masked.STEPS[label]
    method = reference.LABELS.get(label, label)
    known = method in reference.METHODS and not sampler.claims.adds_values
    return partial(reference.step_matrix, method=method) if known else None


EVERY = [*generic.SAMPLERS, *registry.sampler_examples(masked=True)]
SAMPLERS = [sampler for sampler in EVERY if refereed(sampler)]
PRODUCTS = [sampler for sampler in SAMPLERS if sampler != FrozenScore()]
LABELS = {"ids": registry.label}
TARGETS = {"full support": RandomTable(2, 3, seed=2), "parity": Parity(3)}
EACH_TARGET = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
EACH = pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
STOPPED, WHOLE = grids.custom((2.0, 1.2, 0.5, 0.2)), grids.custom((2.0, 1.2, 0.5, 0.0))
CASES = [
    (STOPPED, Exact(), "noise"),
    (WHOLE, Exact(), "exact"),
    (WHOLE, Perturbed(size=0.4, seed=3), "noise"),
]


def test_every_sampler_that_any_noise_will_do_for_is_here():
    assert {type(sampler) for sampler in SAMPLERS} >= {
        *(TauLeaping, Euler, Tweedie, FrozenScore, MaskedPlugIn)
    }


@dataclass
class Refereed:
    """A masked problem in the referee's own words."""

    problem: Problem

    @cached_property
    def facts(self):
        """``q_0 [S + 1]*d`` and ``R``."""
        space = self.problem.target.space
        whole = np.zeros((space.tokens + 1,) * space.length)
        whole[(slice(space.tokens),) * space.length] = np.exp(self.problem.target.log_law())
        rates = -np.eye(space.tokens + 1)
        rates[:, -1] += 1
        return whole, rates

    @cached_property
    def error(self):
        score, (q0, _) = self.problem.score, self.facts
        if isinstance(score, Exact):
            return None
        z = np.random.default_rng(score.seed).standard_normal((q0.size, q0.ndim, len(q0)))
        return np.exp(score.size * z)

    @cached_property
    def start(self):
        """``p_0``, flat: the surrogate, or ``q_T``."""
        (q0, rates), grid = self.facts, self.problem.grid
        if self.problem.start == "exact":
            return reference.marginal(q0, rates, grid.start)
        tokens, kept = len(q0) - 1, math.exp(-grid.start)
        token = np.array([kept / tokens] * tokens + [1 - kept])
        return token[reference.states(q0)].prod(1)

    def matrix(self, t, s):
        step = refereed(self.problem.sampler)
        return step(*self.facts, t=t, s=s, ratio_error=self.error)

    def output_law(self):
        law = self.start
        for t, s in self.problem.grid.intervals():
            law = law @ self.matrix(t, s)
        return law.reshape(self.facts[0].shape)

    def chain_kl(self):
        times = self.problem.grid.times
        total = [reference.kl(self.marginal(times[0]), self.start)]
        for t, s in pairwise(times):
            law, truth, K = self.marginal(t), self.reversal(t, s), self.matrix(t, s)
            total += [law[x] * reference.kl(truth[x], K[x]) for x in np.flatnonzero(law)]
        return math.fsum(total)

    def marginal(self, t):
        if math.isfinite(t):
            return reference.marginal(*self.facts, t)
        return np.eye(self.facts[0].size)[-1]

    def reversal(self, t, s):
        if math.isfinite(t):
            return reference.reversal(*self.facts, t, s)
        return np.broadcast_to(self.marginal(s), (self.facts[0].size,) * 2)


# Laws.


@EACH_TARGET
@pytest.mark.parametrize(("grid", "score", "start"), CASES)
@EACH
def test_law_and_chain_kl_agree_with_the_referee(sampler, target, grid, score, start):
    problem = Problem(target, Absorbing(), sampler, grid, score, start)
    referee, m = Refereed(problem), measure(problem)
    want = referee.output_law()
    np.testing.assert_allclose(output_law(problem), want, rtol=1e-11, atol=1e-15)
    assert want.sum() == pytest.approx(1, abs=1e-12)
    truth = referee.marginal(grid.stop)
    assert m.kl == pytest.approx(reference.kl(truth, want), rel=1e-10)
    assert m.chain_kl == pytest.approx(referee.chain_kl(), rel=1e-10, abs=m.chain_floor)
    assert m.kl <= m.chain_kl * (1 + 1e-12)
    if sampler in PRODUCTS:
        assert m.chain_kl == pytest.approx(m.start_kl + m.factorisation_kl + m.marginal_kl)


@EACH_TARGET
@pytest.mark.parametrize("size", [0.0, 0.4])
def test_all_masked_at_the_start(target, size):
    """From ``T = inf`` to data: the law, the chain, and no error of the start."""
    grid = grids.cosine(4)
    score = Perturbed(size=size, seed=4) if size else Exact()
    problem = Problem(target, Absorbing(), MaskedPlugIn(), grid, score, "mask")
    referee = Refereed(problem)
    referee.start = referee.marginal(math.inf)
    m = measure(problem)
    np.testing.assert_allclose(output_law(problem), referee.output_law(), rtol=1e-12, atol=1e-15)
    assert m.chain_kl == pytest.approx(referee.chain_kl(), rel=1e-11)
    assert m.start_kl == 0
    assert output_law(problem)[..., -1].sum() == 0
    assert math.isnan(m.score_error) == (size > 0)


def test_a_target_of_three_tokens_and_one_of_one():
    for target in (RandomTable(3, 2, seed=1), RandomTable(3, 1, seed=1)):
        for sampler in (MaskedPlugIn(), Tweedie()):
            problem = Problem(target, Absorbing(), sampler, STOPPED)
            want = Refereed(problem).output_law()
            np.testing.assert_allclose(output_law(problem), want, rtol=1e-11, atol=1e-15)


@EACH_TARGET
def test_tweedie_is_the_masked_plug_in(target):
    """To data too, where rounding must not leave a mask behind."""
    for grid in (STOPPED, WHOLE, grids.even(7.0, 0.0, 40)):
        plug_in = Problem(target, Absorbing(), MaskedPlugIn(), grid)
        tweedie = dataclasses.replace(plug_in, sampler=Tweedie())
        assert_same(measure(tweedie), measure(plug_in), floor=3e-14)
        assert np.array_equal(output_law(tweedie) > 0, output_law(plug_in) > 0)


@pytest.mark.parametrize("late", [200.0, 650.0, 750.0, 5000.0])
def test_late_is_as_good_as_never(late):
    """``e^{-T}`` is no float64 beyond about 708; a token's clean law is known all the same."""
    target, rest = TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 3, 0.3), (1.0, 0.5, 0.0)
    never = Problem(
        target, Absorbing(), MaskedPlugIn(), grids.custom((math.inf, *rest)), start="mask"
    )
    for start in ("noise", "exact"):
        finite = dataclasses.replace(never, grid=grids.custom((late, *rest)), start=start)
        assert_same(measure(finite), measure(never), floor=1e-13)


@pytest.mark.parametrize("sampler", PRODUCTS, **LABELS)
def test_what_is_too_rare_for_float64_is_no_infinite_kl(sampler):
    """At ``T = 300`` two clean tokens have probability ``e^{-600}``, three are beyond float64."""
    target = TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 3, 0.3)
    m = measure(Problem(target, Absorbing(), sampler, grids.custom((300.0, 299.0, 0.5, 0.1))))
    assert 0 < m.kl < m.chain_kl < math.inf


def test_a_clipped_step_still_has_an_infinite_kl():
    """Euler leaves the mask for sure where ``h > e^t - 1``; the truth may stay."""
    grid = grids.custom((0.5, 0.1), told=(0.8,))
    m = measure(Problem(TARGETS["parity"], Absorbing(), Euler(), grid, start="exact"))
    assert m.chain_kl == math.inf
    assert m.clipped > 0.1


@pytest.mark.parametrize("h", [1e-3, 1e-5])
def test_a_short_step_of_a_generator_reaches_every_state(h):
    """Eight jumps in a step are rare, not impossible: the chain KL is between the other two."""
    grid = grids.custom((1.0, 1.0 - h))
    for target, noise in ((Product((0.6, 0.4), 8), Uniform()), (Parity(5), Absorbing())):
        m = measure(Problem(target, noise, FrozenScore(), grid, start="exact"))
        assert m.kl <= m.chain_kl <= m.path_kl < math.inf


# Path KL and the differential inequality.


@EACH_TARGET
@pytest.mark.parametrize("size", [0.0, 0.4])
def test_path_kl_is_finite_and_the_integral(target, size):
    """A token jumps once, so the sampler can do all that the truth can."""
    score = Perturbed(size=size, seed=3) if size else Exact()
    problem = Problem(target, Absorbing(), FrozenScore(), STOPPED, score)
    referee, m = Refereed(problem), measure(problem)
    want = reference.path_kl(
        *referee.facts, "frozen_score", STOPPED.times, referee.start, referee.error
    )
    assert m.path_kl == pytest.approx(want, rel=1e-8)
    assert m.kl < m.chain_kl < m.path_kl < math.inf


@EACH_TARGET
@pytest.mark.parametrize(
    "sampler", [s for s in SAMPLERS if s.claims.rates_in_step is not None], **LABELS
)
def test_differential_inequality_is_finite_and_the_integral(sampler, target):
    problem = Problem(target, Absorbing(), sampler, STOPPED)
    value, error = Quantities(problem).differential
    method = "tweedie" if sampler == MaskedPlugIn() else registry.label(sampler)
    method = "tau_leaping" if sampler == TauLeaping() else method
    referee = Refereed(problem)
    want = reference.differential_inequality(*referee.facts, method, STOPPED.times, referee.start)
    assert value == pytest.approx(want, rel=1e-6, abs=error)
    assert measure(problem).kl <= value < math.inf
    # Of one jump only: its path KL is no smaller than the chain KL, and finite.
    path = reference.path_kl(*referee.facts, method, STOPPED.times, referee.start)
    assert measure(problem).chain_kl <= path * (1 + 1e-8) < math.inf


def test_from_infinity_a_time_integral_is_not_measured():
    problem = Problem(Parity(3), Absorbing(), MaskedPlugIn(), grids.even_reveal(3), start="mask")
    value, _ = Quantities(problem).differential
    assert math.isnan(value)


@EACH_TARGET
def test_score_error_is_the_full_sum(target):
    problem = Problem(target, Absorbing(), Tweedie(), WHOLE, Perturbed(size=0.4, seed=3))
    referee = Refereed(problem)
    want = reference.score_error(*referee.facts, WHOLE.times, referee.error)
    assert measure(problem).score_error == pytest.approx(want, rel=1e-11)


# Beyond the data's support.


@dataclass(frozen=True)
class Stubborn:
    """Masked plug-in, but where the unmasked part is impossible a mask becomes token 0."""

    claims = Claims(
        output_order=2, chain_order=1, traits=set(), needs_mask=True, starts_masked=True
    )

    def step(self, score, noise, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s).p
        known = score(t, x)[..., :-1].sum(-1, keepdims=True) > 0
        return Tokens(jnp.where(known, law, jnp.eye(law.shape[-1])[0]))


def test_what_is_done_in_impossible_states_does_not_matter():
    """The surrogate starts in some; their descendants stay outside the support of the truth."""
    plug_in = Problem(Pairs(2, 2), Absorbing(), MaskedPlugIn(), STOPPED)
    other = dataclasses.replace(plug_in, sampler=Stubborn())
    assert np.abs(output_law(plug_in) - output_law(other)).max() > 1e-3
    first, second = measure(plug_in), measure(other)
    for name in ("kl", "tv", "chain_kl", "hellinger"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-12)


def test_an_impossible_pair_is_followed_by_a_uniform_token():
    law = measure_free = output_law(
        Problem(Pairs(3, 1), Absorbing(), MaskedPlugIn(), grids.custom((1.0, 0.0)))
    )
    assert measure_free.sum() == pytest.approx(1)
    token = np.array([math.exp(-1) / 3] * 3)
    hidden = 1 - math.exp(-1)
    want = np.outer(token, token)  # both clean: they stay
    want += 2 * np.diag(token) * hidden  # one clean: the other is equal to it
    want += hidden**2 / 9  # all masked: the surrogate knows no pair, tokens are uniform
    np.testing.assert_allclose(law[:3, :3], want, rtol=1e-13)


# Draws.

CHAINS = 100_000
DRAWN = [
    *[(sampler, WHOLE, "noise") for sampler in SAMPLERS],
    (MaskedPlugIn(), grids.even_reveal(3), "mask"),
]
LEVEL = statistics.FALSE_ALARM / 100  # a small part of the suite's budget for each comparison


@pytest.mark.parametrize(
    ("sampler", "grid", "start"),
    DRAWN,
    ids=[f"{registry.label(sampler)}-{start}" for sampler, _, start in DRAWN],
)
def test_draws_follow_the_law(sampler, grid, start):
    problem = Problem(TARGETS["full support"], Absorbing(), sampler, grid, start=start)
    result = statistics.draws_test(
        simulate(problem, key=21, chains=CHAINS), output_law(problem), LEVEL
    )
    print(f"{result.reason}; detectable TV {result.detectable_tv:.4f}")
    assert result.detectable_tv < 0.03
    assert result.passed, result.reason


def test_draws_of_another_law_are_caught():
    problem = Problem(TARGETS["full support"], Absorbing(), MaskedPlugIn(), WHOLE)
    draws = simulate(problem, key=22, chains=CHAINS)
    for wrong in ({"sampler": TauLeaping()}, {"start": "exact"}, {"target": Parity(3)}):
        law = output_law(dataclasses.replace(problem, **wrong))
        assert not statistics.draws_test(draws, law, LEVEL).passed


# Refused.


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": TauLeaping("clip")}, "adds up token values, which a mask does not have"),
        ({"sampler": TauLeaping("lose")}, "adds up token values, which a mask does not have"),
        ({"noise": Uniform()}, "masked_plug_in needs absorbing noise"),
        ({"noise": CyclicWalk()}, "masked_plug_in needs absorbing noise"),
        ({"grid": grids.even_reveal(4)}, "start='mask' goes with a grid that starts at T = inf"),
        ({"grid": grids.even_reveal(4), "start": "exact"}, "start='mask' goes with a grid"),
        ({"start": "mask"}, "start='mask' goes with a grid that starts at T = inf"),
        (
            {"grid": grids.even_reveal(4), "start": "mask", "sampler": Euler()},
            "start='mask' needs a step law with a limit at T = inf, which euler",
        ),
        (
            {
                "grid": grids.even_reveal(4),
                "start": "mask",
                "sampler": Tweedie(),
                "noise": Uniform(),
            },
            "start='mask' needs absorbing noise, which tweedie",
        ),
        (
            {"target": Pairs(class_sizes=(2, 3))},
            "absorbing noise acts on tokens one by one, got classes of them",
        ),
        ({"target": RandomTable(2, 11, 0)}, "more than max_states=65,536"),
    ],
)
def test_refusals(fields, message):
    given = {
        "target": Parity(3),
        "noise": Absorbing(),
        "sampler": MaskedPlugIn(),
        "grid": STOPPED,
    }
    with pytest.raises(ValueError, match=message):
        Problem(**given | fields)


def test_a_score_error_from_infinity_is_refused():
    problem = Problem(
        Parity(3),
        Absorbing(),
        MaskedPlugIn(),
        grids.even_reveal(3),
        Perturbed(score_error=0.1),
        "mask",
    )
    with pytest.raises(ValueError, match="ε_score adds up over noise time, which is infinite"):
        output_law(problem)


# Counts.

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
    few = ("rare belief", "parity")  # of one shape: every shape is compiled anew
    for name in LUMPED if sampler == MaskedPlugIn() else few:
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


@pytest.mark.parametrize("sampler", [MaskedPlugIn(), Tweedie(), Euler(), TauLeaping()], **LABELS)
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


# Theorems that any noise will do for.


@pytest.mark.parametrize("start", ["noise", "exact", "mask"])
def test_total_correlation_is_an_equality_for_the_plug_in(start):
    grid = grids.even_reveal(6) if start == "mask" else WHOLE
    problem = Problem(Parity(4), Absorbing(), MaskedPlugIn(), grid, start=start)
    (verdict,) = check(problem, [TotalCorrelation()])
    assert verdict.status in (Status.HOLDS, Status.VACUOUS)
    assert verdict.measured == pytest.approx(verdict.bound, rel=1e-12)


@pytest.mark.parametrize("stop", [1e-9, 0.01, 0.5, 3.0])
def test_early_stopping_is_an_equality(stop):
    """``1 - e^{-dδ}``: a sequence with a mask is no data."""
    problem = Problem(Parity(4), Absorbing(), MaskedPlugIn(), grids.custom((4.0, stop)))
    (verdict,) = [v for v in check(problem) if v.theorem == "early_stopping"]
    assert verdict.status is Status.HOLDS
    assert verdict.bound == pytest.approx(-math.expm1(-4 * stop), rel=1e-12)
    assert verdict.measured == pytest.approx(verdict.bound, abs=1e-14)


# Teeth: what the comparison with the referee would see.


def test_the_comparison_sees_mistakes():
    """A clock in reveal probability, a surrogate without the mask, a neighbour's clean law."""
    problem = Problem(TARGETS["full support"], Absorbing(), MaskedPlugIn(), STOPPED)
    referee = Refereed(problem)
    right = referee.output_law()
    q0, _ = referee.facts
    linear = grids.reveal([1 - t / 4 for t in STOPPED.times])
    assert np.abs(output_law(dataclasses.replace(problem, grid=linear)) - right).max() > 1e-3
    swapped = dataclasses.replace(problem, target=RandomTable(2, 3, seed=9))
    assert np.abs(output_law(swapped) - right).max() > 1e-3
    bare = Refereed(problem)
    bare.start = np.where((reference.states(q0) < 2).all(1), 1 / 8, 0.0)
    assert np.abs(bare.output_law() - right).max() > 1e-3
