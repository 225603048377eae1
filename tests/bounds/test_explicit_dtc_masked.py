"""The proof of ``explicit_dtc_masked`` step by step, in plain numpy, and tries to break it.

Nothing of the first part calls the library's entropies, profiles, posteriors or step laws.
"""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from bounds import (
    ExplicitDTCMasked,
    StartAbsorbing,
    Wainwright2026,
    Wainwright2026Odds,
    Wainwright2026Optimal,
)
from harness import Problem, grids
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing
from harness.numerics import bernstein
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn, Tweedie
from harness.verdicts.checks import check, check_sweep
from harness.verdicts.verdict import Status
from toy_targets import MarkovChain, Parity, PottsRing, Product, Table, TwoBeliefs

# Dense laws: an array with one axis a token; noised ones have one symbol more, the mask.


def kernel(t, tokens):
    """``[S + 1, S + 1]``."""
    matrix = math.exp(-t) * np.eye(tokens + 1)
    matrix[:, -1] = 1 - math.exp(-t)
    matrix[-1] = np.eye(tokens + 1)[-1]
    return matrix


def embedded(law):
    return np.pad(law, [(0, 1)] * law.ndim)


def noised(law, t, which=None):
    """``law`` on ``[S + 1]*d`` with the tokens of ``which`` (default all) noised for ``t``."""
    for i in range(law.ndim) if which is None else which:
        matrix = kernel(t, law.shape[0] - 1)
        law = np.moveaxis(np.tensordot(law, matrix, ([i], [0])), -1, i)
    return law


def entropy(law):
    kept = law[law > 0]
    return -float((kept * np.log(kept)).sum())


def kl(p, r):
    kept = p > 0
    return float((p[kept] * np.log(p[kept] / r[kept])).sum())


def information(law, i):
    """``I(X^i; X^{-i})``."""
    rest = tuple(j for j in range(law.ndim) if j != i)
    return entropy(law.sum(rest)) + entropy(law.sum(i)) - entropy(law)


def two_times(q_0, a, b):
    """``G(a, b) = Σ_i I(X_a^i; X_b^{-i})``."""
    d = q_0.ndim
    return sum(
        information(noised(noised(q_0, a, [i]), b, [j for j in range(d) if j != i]), i)
        for i in range(d)
    )


def dtc(law):
    return sum(entropy(law.sum(i)) for i in range(law.ndim)) - (law.ndim - 1) * entropy(law)


def conditional_total_correlation(q_0, t, s):
    """``E TC(X_s | X_t)``, state by state."""
    q_s, step = noised(q_0, s), np.ones((1, 1))
    for _ in range(q_0.ndim):
        step = np.kron(step, kernel(t - s, q_0.shape[0] - 1))
    total = 0.0
    for column in (q_s.reshape(-1, 1) * step).T:
        if column.sum() == 0:
            continue
        law, d = (column / column.sum()).reshape(q_s.shape), q_s.ndim
        alone = sum(entropy(law.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
        total += column.sum() * (alone - entropy(law))
    return total


def subset_average(q_0, r, of, without=()):
    """Mean of ``of(A)`` over sets ``A`` of tokens, each in it with probability ``r``."""
    free, total = [i for i in range(q_0.ndim) if i not in without], 0.0
    for size in range(len(free) + 1):
        for chosen in itertools.combinations(free, size):
            total += r**size * (1 - r) ** (len(free) - size) * of(set(chosen))
    return total


def h_of(q_0, chosen):
    """``H(X_0^A)``; the mask of ``q_0`` has probability 0."""
    return entropy(q_0.sum(tuple(i for i in range(q_0.ndim) if i not in chosen)))


def f(q_0, r):
    return subset_average(q_0, r, lambda chosen: h_of(q_0, chosen))


def f_prime(q_0, r):
    """``Σ_i E H(X^i | X^A)``, ``A`` without ``i``."""
    return sum(
        subset_average(q_0, r, lambda a, i=i: h_of(q_0, a | {i}) - h_of(q_0, a), (i,))
        for i in range(q_0.ndim)
    )


def h_prime(q_0, r):
    """``Σ_{i≠j} E I(X^i; X^j | X^A)``, ``A`` without both."""

    def told(a, i, j):
        return h_of(q_0, a | {i}) + h_of(q_0, a | {j}) - h_of(q_0, a) - h_of(q_0, a | {i, j})

    return sum(
        subset_average(q_0, r, lambda a, i=i, j=j: told(a, i, j), (i, j))
        for i, j in itertools.permutations(range(q_0.ndim), 2)
    )


def coin(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p) if 0 < p < 1 else 0.0


def random_law(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    return embedded(rng.dirichlet(np.full(tokens**d, concentration)).reshape((tokens,) * d))


CASES = [(2, 2, 1.0, 0), (2, 3, 0.2, 1), (3, 2, 0.5, 2), (2, 4, 0.05, 4)]
EACH_CASE = pytest.mark.parametrize(("tokens", "d", "concentration", "seed"), CASES)
EACH_STEP = pytest.mark.parametrize(("t", "s"), [(0.35, 0.3), (2.0, 0.5), (0.6, 0.0)])


@EACH_CASE
def test_2_derivatives(tokens, d, concentration, seed):
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    for r in (0.2, 0.8):
        slope = (f(q_0, r + e) - f(q_0, r - e)) / (2 * e)
        bend = (f_prime(q_0, r + e) - f_prime(q_0, r - e)) / (2 * e)
        assert f_prime(q_0, r) == pytest.approx(slope, rel=1e-6)
        assert h_prime(q_0, r) == pytest.approx(-bend, rel=1e-6, abs=1e-9)
        assert h_prime(q_0, r) >= 0


@EACH_CASE
@pytest.mark.parametrize("t", [0.0, 0.3, 2.0])
def test_3_entropies_of_the_masked_law(tokens, d, concentration, seed, t):
    q_0, p = random_law(tokens, d, concentration, seed), math.exp(-t)
    q_t = noised(q_0, t)
    assert entropy(q_t) == pytest.approx(d * coin(p) + f(q_0, p), rel=1e-12)
    alone = sum(entropy(q_t) - entropy(q_t.sum(i)) for i in range(d))
    assert alone == pytest.approx(d * coin(p) + p * f_prime(q_0, p), rel=1e-11, abs=1e-13)
    assert dtc(q_t) == pytest.approx(f(q_0, p) - p * f_prime(q_0, p), rel=1e-9, abs=1e-13)


@EACH_CASE
@EACH_STEP
def test_4_and_5_a_step_and_the_decrement_of_dtc(tokens, d, concentration, seed, t, s):
    q_0, p, q = random_law(tokens, d, concentration, seed), math.exp(-t), math.exp(-s)
    given = conditional_total_correlation(q_0, t, s)
    exact = (q - p) * f_prime(q_0, p) - (f(q_0, q) - f(q_0, p))
    assert given == pytest.approx(exact, rel=1e-9, abs=1e-13)
    assert given == pytest.approx(quad(lambda r: (q - r) * h_prime(q_0, r), p, q)[0], rel=1e-9)
    fall = dtc(noised(q_0, s)) - dtc(noised(q_0, t))
    assert fall == pytest.approx(quad(lambda r: r * h_prime(q_0, r), p, q)[0], rel=1e-8)
    assert given <= math.expm1(t - s) * fall + 1e-13


@EACH_CASE
def test_5_the_first_step_costs_the_total_correlation(tokens, d, concentration, seed):
    q_0, s = random_law(tokens, d, concentration, seed), 0.7
    q_s = noised(q_0, s)
    whole = sum(entropy(q_s.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
    q = math.exp(-s)
    assert q * f_prime(q_0, 0.0) - f(q_0, q) == pytest.approx(whole - entropy(q_s), rel=1e-10)


# The other route, that of uniform noise: a second difference, and reverse data processing.


@EACH_CASE
@EACH_STEP
def test_the_second_difference_is_above_and_below(tokens, d, concentration, seed, t, s):
    q_0 = random_law(tokens, d, concentration, seed)
    second = (
        two_times(q_0, s, s) - two_times(q_0, t, s) - two_times(q_0, s, t) + two_times(q_0, t, t)
    )
    area = two_times(q_0, s, s) - two_times(q_0, s, t)
    assert conditional_total_correlation(q_0, t, s) <= second + 1e-13
    assert second == pytest.approx(-math.expm1(s - t) * area, rel=1e-9, abs=1e-13)


@EACH_CASE
def test_divergences_fall_exactly_like_the_clean_share(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    m, other = (np.append(rng.dirichlet(np.ones(tokens)), 0.0) for _ in range(2))
    for t in (0.1, 1.0, 4.0):
        late = kl(m @ kernel(t, tokens), other @ kernel(t, tokens))
        assert late == pytest.approx(math.exp(-t) * kl(m, other), rel=1e-12)
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    lost = [(two_times(q_0, a, 0.5 - e) - two_times(q_0, a, 0.5 + e)) for a in (0.2, 1.3)]
    assert lost[1] == pytest.approx(math.exp(-1.1) * lost[0], rel=1e-6, abs=1e-12)


# How much of the bound is used, and that no smaller factor would do.


def share(density, p, q):
    """Factorisation error of a step over its term in the bound."""
    cost = bernstein.integral(density, p, q, lambda r, left: left, 1)
    return float(cost / ((q - p) / p * bernstein.integral(density, p, q, lambda r, left: r, 1)))


@pytest.mark.parametrize("d", [2, 3, 8, 60])
def test_largest_share_of_one_step_is_that_of_a_repeated_token(d):
    """``h'`` is a positive mixture of Bernstein polynomials: none has more than ``(d-1)/d``."""
    largest = 0.0
    for k in range(d - 1) if d < 20 else (0, 1, 2, d // 2, d - 2):
        for p in (1e-3, 0.1, 0.5, 0.9, 0.99, 0.9999):
            for q in (p + (1 - p) * step for step in (0.01, 0.3, 0.7, 1.0)):
                largest = max(largest, share(np.eye(d - 1)[k], p, q))
    assert largest <= (d - 1) / d + 1e-9
    assert largest == pytest.approx((d - 1) / d, abs=1e-3)


def test_share_of_a_repeated_token_is_known():
    """``p (d-1)/(1 + p (d-1))`` of the last step, from ``p`` to 1."""
    for d in (2, 5, 40):
        for p in (0.01, 0.5, 0.999):
            found = share(np.eye(d - 1)[0], p, 1.0)
            assert found == pytest.approx(p * (d - 1) / (1 + p * (d - 1)), rel=1e-10)


@dataclasses.dataclass(frozen=True)
class Scaled(ExplicitDTCMasked):
    """The theorem with a share of the factor ``e^h - 1``."""

    share: float = 1.0
    name = "scaled"

    def terms(self, problem, quantities):
        terms = dict(super().terms(problem, quantities))
        return terms | {"others": self.share * terms["others"]}

    def looser(self, problem, quantities):
        return {}


def test_a_smaller_factor_is_violated_and_the_factor_holds():
    """A bit repeated 4 times uses ``3p/(1 + 3p)``, 74.05 % here, of the factor in a last step."""
    problem = Problem(
        TwoBeliefs((1.0, 0.0), (0.0, 1.0), 4),
        Absorbing(),
        MaskedPlugIn(),
        grids.custom((0.05, 0.0)),
        start="exact",
    )
    whole, most, less = check(problem, [Scaled(), Scaled(0.741), Scaled(0.74)])
    assert whole.status is not Status.VIOLATED
    assert most.status is not Status.VIOLATED
    assert less.status is Status.VIOLATED
    assert less.rung == "chain"


# Tries to break it, and its neighbours, run as a user runs them.

SHAPES = [(2, 1), (2, 4), (3, 3), (4, 2)]


def repeated(tokens, d):
    law = np.zeros((tokens,) * d)
    for a in range(tokens):
        law[(a,) * d] = 1 / tokens
    return law


@st.composite
def data_law(draw):
    tokens, d = draw(st.sampled_from(SHAPES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["rough", "sparse", "smooth", "repeated", "parity", "rare"]))
    if kind == "repeated":
        return repeated(tokens, d)
    if kind == "parity":
        sums = np.indices((tokens,) * d).sum(0) % tokens
        return (sums == 0) / (sums == 0).sum()
    concentration = {"sparse": 0.05, "rough": 0.3, "smooth": 5.0, "rare": 0.05}[kind]
    logs = np.log(rng.standard_gamma(concentration + 1, tokens**d))
    logs -= rng.standard_exponential(tokens**d) / concentration
    law = np.exp(logs - logs.max())
    law = (law / law.sum()).reshape((tokens,) * d)
    return (1 - 1e-4) * law + 1e-4 * repeated(tokens, d) if kind == "rare" else law


@st.composite
def grid_and_start(draw):
    """Steps of any size, down to data or not, from everything masked or from a finite time."""
    shares = [draw(st.floats(1e-3, 0.999)) for _ in range(draw(st.integers(1, 5)))]
    shares = sorted({round(r, 6) for r in shares})
    if draw(st.booleans()):
        shares.append(1.0)
    start = draw(st.sampled_from(["noise", "exact", "mask"]))
    if start == "mask" or len(shares) < 2:
        return grids.reveal([0.0, *shares]), "mask"
    return grids.reveal(shares), start


THEOREMS = [ExplicitDTCMasked(), Wainwright2026(), Wainwright2026Odds(), StartAbsorbing()]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data_law(), grid_and_start(), st.booleans())
def test_nothing_breaks_the_theorems(law, times, tweedie):
    (grid, start), sampler = times, MaskedPlugIn()
    if tweedie and start != "mask":
        sampler = Tweedie()
    problem = Problem(Table(law), Absorbing(), sampler, grid, start=start)
    quantities = Quantities(problem)
    dtc_bound, exact, odds, begins = check(problem, THEOREMS, quantities)
    for verdict in (dtc_bound, exact, odds):
        assert verdict.status in (Status.HOLDS, Status.VACUOUS), str(verdict)
    m = quantities.measurement
    room = m.chain_floor + 1e-9 * m.chain_kl
    assert m.chain_kl == pytest.approx(exact.bound, rel=1e-10, abs=room)
    assert exact.bound <= min(dtc_bound.bound, odds.bound) + room
    assert (begins.status is Status.NOT_APPLICABLE) == (start == "mask")
    if start != "mask":
        assert begins.status in (Status.HOLDS, Status.VACUOUS), str(begins)
        profile, p = quantities.reveal_profile, math.exp(-grid.start)
        d, log_tokens = quantities.log_size
        known = p * d * log_tokens - profile.entropy(p)
        assert quantities.stationary_kl == pytest.approx(known, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("start", ["noise", "mask"])
def test_bound_says_something(start):
    """Non-vacuous: smaller than what doing nothing gives, with every part measured."""
    grid = grids.even_reveal(40) if start == "mask" else grids.geometric(8.0, 0.01, 0.05)
    problem = Problem(Table(repeated(2, 4)), Absorbing(), MaskedPlugIn(), grid, start=start)
    (verdict,) = check(problem, [ExplicitDTCMasked()])
    assert verdict.status is Status.HOLDS, str(verdict)
    assert (verdict.terms["first step"] > 0) == (start == "mask")
    assert (verdict.terms["start"] > 0) == (start == "noise")
    assert verdict.terms["others"] > 0


def test_looser_bounds_say_what_they_claim():
    theorem = ExplicitDTCMasked()
    problem = ExplicitDTCMasked.example()
    for grid, start in (
        (grids.even(3.0, 0.2, 5), "noise"),
        (grids.custom((3.0, 2.9, 0.3, 0.0)), "noise"),
        (grids.even_reveal(4), "mask"),
    ):
        case = dataclasses.replace(problem, grid=grid, start=start)
        quantities = Quantities(case)
        terms, looser = theorem.terms(case, quantities), theorem.looser(case, quantities)
        largest = max(t - s for t, s in grid.intervals() if t < math.inf)
        known = terms["start"] + terms["first step"] + math.expm1(largest) * quantities.dtc_data
        assert looser["(e^h - 1) DTC(X_0)"] == pytest.approx(known, rel=1e-10)
        assert math.fsum(terms.values()) <= min(looser.values())
        assert list(looser.values()) == sorted(looser.values())
    assert terms["first step"] == pytest.approx(
        quantities.problem.truth.total_correlation(
            quantities.problem.space, quantities.problem.marginal(grid.times[1])
        ),
        rel=1e-10,
    )


def test_decrements_of_dtc_are_those_of_the_masked_law():
    problem = dataclasses.replace(ExplicitDTCMasked.example(), grid=grids.even(3.0, 0.0, 6))
    quantities = Quantities(problem)
    for t, s in problem.grid.intervals():
        known = quantities.dtc(s) - quantities.dtc(t)
        found = quantities.reveal_profile.dual_total_correlation(math.exp(-t), math.exp(-s))
        assert found == pytest.approx(known, rel=1e-9, abs=1e-13)


# Odds, and the best constant.


def test_odds_need_the_exact_cost_at_both_ends():
    """With the odds' own formula a step from 0 is infinite, and so is one to 1."""
    problem = Problem(
        PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grids.even_reveal(5), start="mask"
    )
    quantities = Quantities(problem)
    terms = Wainwright2026Odds().terms(problem, quantities)
    profile = quantities.reveal_profile
    assert terms["ends"] == pytest.approx(profile.step_cost(0, 0.2) + profile.step_cost(0.8, 1))
    between = 0.0
    for p, q in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8)):
        between += ((q / (1 - q)) / (p / (1 - p)) - 1) * profile.curvature(p, q)
    assert terms["between"] == pytest.approx(between, rel=1e-12)


@dataclasses.dataclass(frozen=True)
class HalfOdds(Wainwright2026Odds):
    """A constant too small."""

    name = "half odds"

    def terms(self, problem, quantities):
        terms = dict(super().terms(problem, quantities))
        return terms | {"between": terms["between"] / 2.2}


def test_half_of_the_odds_bound_is_violated():
    grid = grids.reveal(np.linspace(0.5, 0.6, 3).tolist())
    law = MarkovChain.binary(4, 0.1)
    problem = Problem(law, Absorbing(), MaskedPlugIn(), grid, start="exact")
    right, half = check(problem, [Wainwright2026Odds(), HalfOdds()])
    assert right.status is not Status.VIOLATED
    assert half.status is Status.VIOLATED


@dataclasses.dataclass(frozen=True)
class SurrogateWithoutMask(StartAbsorbing):
    """Measures against the uniform law of the tokens, which has no masks."""

    name = "without mask"

    def terms(self, problem, quantities):
        # d log S of a sequence without masks, in the place of p d log S: and too small a share.
        return {"start": 0.5 * math.exp(-problem.grid.start) * quantities.data_uniform_kl}


def test_half_of_the_start_is_violated():
    problem = Problem(Product((0.9, 0.1), 3), Absorbing(), MaskedPlugIn(), grids.custom((0.5, 0.1)))
    right, half = check(problem, [StartAbsorbing(), SurrogateWithoutMask()])
    assert right.status is Status.HOLDS
    assert right.measured == pytest.approx(right.bound, rel=1e-12)  # independent: an equality
    assert half.status is Status.VIOLATED


@pytest.mark.parametrize("target", [PottsRing(3, 3, 1.0), Parity(4)], ids=["ring", "parity"])
def test_needed_constant_of_the_best_schedule_tends_to_one(target):
    first = Problem(target, Absorbing(), MaskedPlugIn(), grids.even_reveal(2), start="mask")
    density = RevealProfile.of(first).density
    sweep = [
        dataclasses.replace(first, grid=grids.square_root_profile(density, steps))
        for steps in (16, 32, 64, 128, 256)
    ]
    cases = [Quantities(problem) for problem in sweep]
    (verdict,) = check_sweep(sweep, "step", [Wainwright2026Optimal()], cases)
    assert verdict.status is Status.CONSISTENT, str(verdict)
    assert verdict.measured / verdict.bound == pytest.approx(1, abs=0.01)


def test_the_best_constant_is_for_the_best_schedule():
    theorem = Wainwright2026Optimal()
    even = Problem(Parity(4), Absorbing(), MaskedPlugIn(), grids.even_reveal(8), start="mask")
    density = RevealProfile.of(even).density
    right = dataclasses.replace(even, grid=grids.square_root_profile(density, 8))
    other = dataclasses.replace(right, target=MarkovChain.binary(4, 0.1))
    independent = dataclasses.replace(right, target=Product((0.5, 0.5), 4))
    for problem, met in ((right, True), (even, False), (other, False), (independent, False)):
        assert theorem.assumptions(problem)["square-root profile grid"] is met
