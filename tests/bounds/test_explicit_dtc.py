"""``explicit_dtc``: no smaller factor would do, and random laws and grids break nothing."""

import dataclasses
import math

import numpy as np
import pytest
from by_hand import conditional_total_correlation, dtc, noised
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from bounds import ExplicitDTC
from bounds.explicit_dtc import growth
from harness import Problem, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, TauLeaping, Tweedie
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Pairs, Table

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
