"""The proof of ``explicit_dtc`` step by step, in plain numpy on tiny spaces, and tries to break it.

Nothing here calls the library's entropies, posteriors or step laws, except the last part, which
runs the theorem as a user does.
"""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from bounds import ExplicitDTC
from bounds.explicit_dtc import euler_marginal, growth, one_jump_marginal
from harness import Problem, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, TauLeaping, Tweedie
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Pairs, Table

# Dense laws: an array with one axis a token.  A joint law has the axes of one, then of the other.


def kernel(t, tokens):
    return math.exp(-t) * np.eye(tokens) + (1 - math.exp(-t)) / tokens


def noised(law, t, which=None):
    """``law`` with the tokens of ``which`` (default all) noised for ``t``."""
    for i in range(law.ndim) if which is None else which:
        law = np.moveaxis(np.tensordot(law, kernel(t, law.shape[0]), ([i], [0])), -1, i)
    return law


def entropy(law):
    kept = law[law > 0]
    return -float((kept * np.log(kept)).sum())


def kl(p, r):
    p, r = np.ravel(p), np.ravel(r)
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


def joint(q_s, h):
    """``Pr(X_s = y, X_t = x)`` as a matrix ``[y, x]``."""
    step = np.ones((1, 1))
    for _ in range(q_s.ndim):
        step = np.kron(step, kernel(h, q_s.shape[0]))
    return q_s.reshape(-1, 1) * step


def factor(t, s):
    """``A`` as displayed."""
    return math.exp(t - s) * math.expm1(t) / math.expm1(s)


def token_laws(method, q_t, t, s):
    """``k[x, i, b]`` of the three methods, from the formulas and the ratios of ``q_t``."""
    tokens, d, h = q_t.shape[0], q_t.ndim, t - s
    states = list(itertools.product(range(tokens), repeat=d))
    laws = np.empty((len(states), d, tokens))
    for n, x in enumerate(states):
        for i in range(d):
            at = tuple(slice(None) if j == i else x[j] for j in range(d))
            ratios = q_t[at] / q_t[x]
            own = np.arange(tokens) == x[i]
            rates = np.where(own, 0, ratios / tokens)
            leave = rates.sum()
            if method == "tweedie":
                earlier = np.linalg.solve(kernel(h, tokens).T, ratios)
                laws[n, i] = earlier * kernel(h, tokens)[:, x[i]]
            elif method == "euler":
                laws[n, i] = np.where(own, 1 - h * leave, h * rates)
            else:
                stay = math.exp(-h * leave)
                laws[n, i] = np.where(own, stay, (1 - stay) * rates / leave)
    return laws


def random_law(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(tokens**d, concentration)).reshape((tokens,) * d)


CASES = [(2, 2, 1.0, 0), (2, 3, 0.2, 1), (3, 2, 0.5, 2), (3, 3, 1.0, 3), (2, 4, 0.05, 4)]
TIMES = [(0.35, 0.3), (0.6, 0.1), (2.0, 0.5), (0.04, 0.01)]
EACH_CASE = pytest.mark.parametrize(("tokens", "d", "concentration", "seed"), CASES)
EACH_STEP = pytest.mark.parametrize(("t", "s"), TIMES)


# (1) The chain rule.


@pytest.mark.parametrize("method", ["tweedie", "euler", "one jump"])
@EACH_CASE
def test_1_output_is_below_the_chain_and_a_step_splits_in_two(
    method, tokens, d, concentration, seed
):
    q_0 = random_law(tokens, d, concentration, seed)
    times = (1.6, 1.2, 0.8, 0.5)  # steps short enough that Euler needs no clipping
    law = np.full(tokens**d, 1.0 / tokens**d)
    chain = kl(noised(q_0, times[0]), law)
    for t, s in itertools.pairwise(times):
        q_t, pair = noised(q_0, t), joint(noised(q_0, s), t - s)
        k = token_laws(method, q_t, t, s)
        assert k.min() > 0
        law = sum(
            p * np.array([math.prod(c) for c in itertools.product(*laws)])
            for p, laws in zip(law, k, strict=True)
        )
        whole = factorisation = marginal = 0.0
        for x, weight in enumerate(q_t.ravel()):
            truth = (pair[:, x] / pair[:, x].sum()).reshape(q_t.shape)
            marginals = [truth.sum(tuple(j for j in range(d) if j != i)) for i in range(d)]
            product = np.array([math.prod(c) for c in itertools.product(*k[x])])
            whole += weight * kl(truth, product)
            factorisation += weight * (sum(map(entropy, marginals)) - entropy(truth))
            marginal += weight * sum(kl(c, k[x, i]) for i, c in enumerate(marginals))
        assert whole == pytest.approx(factorisation + marginal, rel=1e-9, abs=1e-13)
        if method == "tweedie":
            assert marginal == pytest.approx(0, abs=1e-13)
        chain += whole
    assert kl(noised(q_0, times[-1]), law) <= chain + 1e-13


# (2) Total correlation below a second difference of G.


def conditional_total_correlation(q_s, h):
    """``E TC(X_s | X_t)``, state by state."""
    pair, d = joint(q_s, h), q_s.ndim
    total = 0.0
    for column in pair.T:
        law = (column / column.sum()).reshape(q_s.shape)
        alone = sum(entropy(law.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
        total += column.sum() * (alone - entropy(law))
    return total


@EACH_CASE
@EACH_STEP
def test_2_total_correlation_is_below_the_second_difference(tokens, d, concentration, seed, t, s):
    q_0 = random_law(tokens, d, concentration, seed)
    q_s = noised(q_0, s)
    given = conditional_total_correlation(q_s, t - s)
    second = (
        two_times(q_0, s, s) - two_times(q_0, t, s) - two_times(q_0, s, t) + two_times(q_0, t, t)
    )
    assert -1e-13 <= given <= second + 1e-13
    # ... which is Σ_i I(X_s^i; X_s^{-i} | X_t), from the joint law of X_s and X_t.
    direct = 0.0
    for column in joint(q_s, t - s).T:
        law = (column / column.sum()).reshape(q_s.shape)
        direct += column.sum() * sum(information(law, i) for i in range(d))
    assert second == pytest.approx(direct, abs=1e-12)


# (3) Φ is a positive mixture of divergences between noised laws of the clean token.


def loss_of_context(q_0, a, b):
    """``Φ(a, b)`` as the mixture."""
    tokens, d, total = q_0.shape[0], q_0.ndim, 0.0
    for i in range(d):
        rest = [j for j in range(d) if j != i]
        law = np.moveaxis(noised(noised(q_0, a, [i]), b, rest), i, -1)
        for y in itertools.product(range(tokens), repeat=d - 1):
            here = law[y]
            for j, c in itertools.product(range(d - 1), range(tokens)):
                there = law[(*y[:j], c, *y[j + 1 :])]
                total += here.sum() / tokens * kl(here / here.sum(), there / there.sum())
    return total


@EACH_CASE
@pytest.mark.parametrize(("a", "b"), [(0.3, 0.3), (0.2, 0.9), (1.0, 0.15)])
def test_3_information_is_lost_as_a_mixture_of_divergences(tokens, d, concentration, seed, a, b):
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    slope = (two_times(q_0, a, b + e) - two_times(q_0, a, b - e)) / (2 * e)
    assert -slope == pytest.approx(loss_of_context(q_0, a, b), rel=1e-4, abs=1e-9)


# (4) Reverse data processing.


@st.composite
def token_law(draw, tokens):
    """A law of one token: rough, smooth, or a point mass."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["rough", "smooth", "point", "rare"]))
    if kind == "point":
        return np.eye(tokens)[rng.integers(tokens)]
    law = rng.dirichlet(np.full(tokens, {"rough": 0.1, "smooth": 3.0, "rare": 1.0}[kind]))
    if kind == "rare":
        law = 1e-6 * law + (1 - 1e-6) * np.eye(tokens)[rng.integers(tokens)]
    return law


EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)


@EXAMPLES
@given(st.data())
def test_4_divergences_do_not_fall_faster_than_the_factor(data):
    tokens = data.draw(st.sampled_from([2, 3, 5, 50]))
    m, other = data.draw(token_law(tokens)), data.draw(token_law(tokens))
    s = data.draw(st.floats(1e-3, 3.0))
    t = s + data.draw(st.floats(1e-3, 3.0))
    early = kl(m @ kernel(s, tokens), other @ kernel(s, tokens))
    late = kl(m @ kernel(t, tokens), other @ kernel(t, tokens))
    assert late * factor(t, s) >= early * (1 - 1e-9) - 1e-12
    assert late <= early + 1e-12


@EXAMPLES
@given(st.floats(1e-9, 1e9))
def test_4_the_two_scalar_inequalities(x):
    psi, eta = x - 1 - math.log(x), x * math.log(x) - x + 1
    room = 1e-12 * (1 + abs(math.log(x))) * (1 + x)
    assert psi * min(x, 1.0) <= eta + room


def test_4_no_smaller_factor_would_do():
    """Many tokens, a sure one against one that is rarely another: ``K(s)/K(t)`` nears ``A``."""
    tokens, s, t, rare = 1000, 0.05, 1.0, 1e-6
    sure, other = np.eye(tokens)[:2]
    m = (1 - rare) * sure + rare * other
    early = kl(m @ kernel(s, tokens), sure @ kernel(s, tokens))
    late = kl(m @ kernel(t, tokens), sure @ kernel(t, tokens))
    assert 0.98 * factor(t, s) < early / late <= factor(t, s)


# (5) The decrement of the dual total correlation.


@EACH_CASE
@EACH_STEP
def test_5_dual_total_correlation_falls_enough(tokens, d, concentration, seed, t, s):
    q_0, a = random_law(tokens, d, concentration, seed), factor(t, s)
    area = two_times(q_0, s, s) - two_times(q_0, s, t)  # ∫_s^t Φ(s, b) db
    fall = dtc(noised(q_0, s)) - dtc(noised(q_0, t))
    given = conditional_total_correlation(noised(q_0, s), t - s)
    assert fall >= area / a - 1e-13
    assert given <= (1 - 1 / a) * area + 1e-13
    assert given <= (a - 1) * fall + 1e-13
    assert growth(t, s) == pytest.approx(a - 1, rel=1e-12)


@EACH_CASE
def test_5_dual_total_correlation_falls_at_the_rate_phi(tokens, d, concentration, seed):
    q_0 = random_law(tokens, d, concentration, seed)
    fall, _ = quad(lambda b: loss_of_context(q_0, b, b), 0.3, 0.5, epsabs=1e-12)
    assert fall == pytest.approx(dtc(noised(q_0, 0.3)) - dtc(noised(q_0, 0.5)), rel=1e-9, abs=1e-12)


# (6) The marginal part.


def marginal_error(m, t, s, method):
    """``E KL(c‖k)`` of one token, its clean law ``m`` given the others."""
    tokens, h = len(m), t - s
    mu_s, mu_t = m @ kernel(s, tokens), m @ kernel(t, tokens)
    total = 0.0
    for x in range(tokens):
        c = mu_s * kernel(h, tokens)[:, x] / mu_t[x]
        own = np.arange(tokens) == x
        rates = np.where(own, 0, mu_t / mu_t[x] / tokens)
        leave = rates.sum()
        moved = h * leave if method == "euler" else -math.expm1(-h * leave)
        k = np.where(own, 1 - moved, moved * rates / leave)
        u = (k - c) / c  # KL term by term, each at least 0: the sum is as small as h³
        total += mu_t[x] * float((c * (u - np.log1p(u))).sum())
    return total


@EXAMPLES
@given(st.data())
def test_6_marginal_part_is_below_m(data):
    tokens = data.draw(st.sampled_from([2, 3, 7, 50]))
    m = data.draw(token_law(tokens))
    t = data.draw(st.floats(0.01, 4.0))
    noise = -math.expm1(-t)
    h = min(t, noise) * data.draw(st.floats(0.02, 0.95))
    s = t - h
    rounding = 1e-14
    assert marginal_error(m, t, s, "euler") <= euler_marginal(t, s) + rounding
    assert marginal_error(m, t, s, "one jump") <= one_jump_marginal(t, s) + rounding
    long = t * data.draw(st.floats(0.02, 0.999))  # τ-leaping needs no short step
    assert marginal_error(m, t, t - long, "one jump") <= one_jump_marginal(t, t - long) + rounding


@pytest.mark.parametrize(
    ("method", "m_of", "t", "u", "share"),
    [("euler", euler_marginal, 0.05, 0.6, 0.55), ("one jump", one_jump_marginal, 0.05, 0.02, 0.2)],
)
def test_6_m_is_within_a_small_factor_of_what_happens(method, m_of, t, u, share):
    """A sure clean token among many, little noise: the worst that a scan finds."""
    s = t + u * math.expm1(-t)
    sure = np.eye(300)[0]
    assert share < marginal_error(sure, t, s, method) / m_of(t, s) <= 1


# The factor cannot be improved by a constant: one fair bit, repeated d times.


def doubt(n, t, extra=None):
    """Entropy of a fair bit given ``n`` copies at noise ``t`` (and one more at ``extra``)."""
    right = (1 + math.exp(-t)) / 2
    k = np.arange(n + 1)
    weight, odds = binom.pmf(k, n, right), (2 * k - n) * math.log(right / (1 - right))
    if extra is None:
        return float((weight * np.logaddexp(0, -odds)).sum())
    p = (1 + math.exp(-extra)) / 2
    more = math.log(p / (1 - p))
    added = p * np.logaddexp(0, -odds - more) + (1 - p) * np.logaddexp(0, -odds + more)
    return float((weight * added).sum())


def repeated_bit(d, t, s):
    """``E TC(X_s|X_t)`` and ``DTC(X_s) - DTC(X_t)``: given the bit the copies are independent."""
    now, before = doubt(d, t), doubt(d, s)
    total_correlation = d * (now - doubt(d - 1, t, extra=s)) - (now - before)
    fall = now + d * (doubt(d - 1, t) - now) - before - d * (doubt(d - 1, s) - before)
    return total_correlation, fall


def test_repeated_bit_by_two_routes():
    law = np.zeros((2,) * 5)
    law[(0,) * 5] = law[(1,) * 5] = 0.5
    t, s = 0.9, 0.5
    given, fall = repeated_bit(5, t, s)
    assert given == pytest.approx(conditional_total_correlation(noised(law, s), t - s), abs=1e-12)
    assert fall == pytest.approx(dtc(noised(law, s)) - dtc(noised(law, t)), abs=1e-12)


@pytest.mark.parametrize(
    ("d", "s", "h", "share"),
    [
        (2, 5.0, 0.02, 0.48),
        (200, 0.8369, 0.2793, 0.60),
        (10**4, 2.2695, 0.4970, 0.86),
        (10**6, 4.0246, 1.0435, 0.93),
    ],
)
def test_no_smaller_factor_would_do(d, s, h, share):
    given, fall = repeated_bit(d, s + h, s)
    assert share < given / (growth(s + h, s) * fall) <= 1


@dataclasses.dataclass(frozen=True)
class Smaller(ExplicitDTC):
    """The theorem with a share of the factor ``A - 1``."""

    share: float = 1.0
    name = "smaller"

    def terms(self, problem, quantities):
        terms = dict(super().terms(problem, quantities))
        return terms | {"factorisation": self.share * terms["factorisation"]}


def test_a_smaller_factor_is_violated_and_the_factor_holds():
    problem = Problem(Pairs(2, 1), Uniform(), Tweedie(), grids.custom((2.27, 2.25)), start="exact")
    whole, most, less = check(problem, [Smaller(), Smaller(0.5), Smaller(0.45)])
    assert whole.status is not Status.VIOLATED
    assert most.status is not Status.VIOLATED
    assert less.status is Status.VIOLATED
    assert less.rung == "chain"


# Tries to break the theorem, run as a user runs it.

SHAPES = [(2, 1), (2, 4), (3, 3), (4, 2)]


def repeated(tokens, d):
    law = np.zeros((tokens,) * d)
    for a in range(tokens):
        law[(a,) * d] = 1 / tokens
    return law


def even_sum(tokens, d):
    sums = np.indices((tokens,) * d).sum(0) % tokens
    return (sums == 0) / (sums == 0).sum()


@st.composite
def data_law(draw):
    tokens, d = draw(st.sampled_from(SHAPES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["rough", "sparse", "smooth", "repeated", "parity", "rare"]))
    if kind == "repeated":
        return repeated(tokens, d)
    if kind == "parity":
        return even_sum(tokens, d)
    concentration = {"sparse": 0.05, "rough": 0.3, "smooth": 5.0, "rare": 0.05}[kind]
    # Gamma(c) as Gamma(c+1) U^{1/c}: a sparse law must not underflow to nothing at all.
    logs = np.log(rng.standard_gamma(concentration + 1, tokens**d))
    logs -= rng.standard_exponential(tokens**d) / concentration
    law = np.exp(logs - logs.max())
    law = (law / law.sum()).reshape((tokens,) * d)
    if kind == "rare":
        law = (1 - 1e-4) * law + 1e-4 * repeated(tokens, d)
    return law


@st.composite
def noise_times(draw):
    """A grid: geometric steps of any size down to some ``δ > 0``."""
    times = [draw(st.floats(1e-3, 1.0))]
    for _ in range(draw(st.integers(1, 5))):
        times.append(times[-1] + draw(st.floats(0.02, 2.0)) * min(1.0, times[-1]))
    return grids.custom(times[::-1])


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    data_law(),
    noise_times(),
    st.sampled_from([Tweedie(), Euler(), TauLeaping()]),
    st.sampled_from(["exact", "noise"]),
)
def test_nothing_breaks_the_theorem(law, grid, sampler, start):
    problem = Problem(Table(law), Uniform(), sampler, grid, start=start)
    quantities = Quantities(problem)
    (verdict,) = check(problem, [ExplicitDTC()], quantities)
    if verdict.status is Status.NOT_APPLICABLE:
        assert sampler == Euler()
        assert max((t - s) / -math.expm1(-t) for t, s in grid.intervals()) >= 1
        return
    assert verdict.status in (Status.HOLDS, Status.VACUOUS), str(verdict)
    m, terms = quantities.measurement, verdict.terms
    room = m.chain_floor + 1e-9 * verdict.bound
    assert terms["rounding"] < 1e-9
    assert m.factorisation_kl <= terms["factorisation"] + terms["rounding"] + room
    assert m.marginal_kl <= terms["marginal"] + room
    assert m.clipped == 0


@pytest.mark.parametrize(
    ("sampler", "steps"), [(Tweedie(), 40), (Euler(), 300), (TauLeaping(), 1200)]
)
def test_bound_says_something_for_each_sampler(sampler, steps):
    """Non-vacuous: smaller than what doing nothing gives, with all three parts measured."""
    problem = Problem(
        Table(repeated(2, 4)),
        Uniform(),
        sampler,
        grids.geometric(8.0, 0.1, 0.1).with_steps(steps),
    )
    (verdict,) = check(problem, [ExplicitDTC()])
    assert verdict.status is Status.HOLDS, str(verdict)
    assert (verdict.terms["marginal"] == 0) == (sampler == Tweedie())


def test_a_step_of_any_length_gives_a_verdict():
    """``e^h`` overflows: the bound is infinite, and says so without a warning."""
    grid = grids.custom((900.0, 0.5))
    problem = Problem(Table(repeated(2, 4)), Uniform(), TauLeaping(), grid)
    (verdict,) = check(problem, [ExplicitDTC()])
    assert verdict.status is Status.VACUOUS
    assert verdict.bound == math.inf
