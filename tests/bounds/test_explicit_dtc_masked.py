"""Theorems on masked samplers: smaller ones are violated, and random laws break none."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn, Tweedie
from harness.verdicts.checks import check, check_sweep
from harness.verdicts.verdict import Status
from toy_targets import MarkovChain, Parity, PottsRing, Product, Table, TwoBeliefs


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
