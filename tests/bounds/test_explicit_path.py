"""``explicit_path`` and its identity: values, simplifications, limits, attempts to break them."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from paths_by_hand import Fall, uniform_rates, walk_rates
from scipy.optimize import minimize

from bounds import ExplicitPath, ExplicitPathIdentity
from harness import Problem, grids
from harness.noise import Absorbing, Circulant, CyclicWalk, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, TauLeaping
from harness.score import Exact, Perturbed
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Parity, PottsRing, RandomTable, TwoBeliefs

WRAP = TauLeaping("wrap")
GRID = grids.geometric(3.0, 0.05, kappa=0.3)
BOTH = (ExplicitPathIdentity(), ExplicitPath())
ONE_WAY = (0.0, 0.7, 0.3)


def verdicts(problem, *theorems):
    return check(problem, theorems or BOTH)


@pytest.mark.parametrize("score", [Exact(), Perturbed(size=1.5, seed=6)], ids=["exact", "wrong"])
@pytest.mark.parametrize(
    ("noise", "rates"),
    [(Uniform(), uniform_rates(3)), (CyclicWalk(), walk_rates(3)), (Circulant(ONE_WAY), ONE_WAY)],
    ids=["uniform", "walk", "one way"],
)
def test_terms_are_those_of_the_statement(noise, rates, score):
    target = RandomTable(3, 2, seed=3)
    fall = Fall(np.exp(target.log_law()), rates, 2)
    for grid in (GRID, grids.custom((2.0, 1.0, 0.3, 0.0))):
        problem = Problem(target, noise, WRAP, grid, score)
        quantities = Quantities(problem)
        same, bound = check(problem, BOTH, quantities)
        assert same.status is Status.HOLDS
        assert same.rung == "path"
        assert bound.status in (Status.HOLDS, Status.VACUOUS)
        error = quantities.score_error
        assert (error > 0.1) is isinstance(score, Perturbed)
        steps = [(t, s) for t, s in grid.intervals() if s > 0]
        falls = math.fsum((t - s) * (fall.fall(s) - fall.fall(t)) for t, s in steps)
        wanted = {"start": fall.kl(grid.start), "score": error, "steps": falls}
        costs = [fall.step(t, s) for t, s in steps]
        if grid.stop == 0:
            wanted["last step"] = fall.kl(0.0) - fall.kl(0.3) - 0.3 * fall.fall(0.3)
            costs.append(wanted["last step"])
        assert bound.terms == pytest.approx(wanted, rel=1e-11)
        assert same.measured == pytest.approx(wanted["start"] + error + math.fsum(costs), rel=1e-11)
        assert abs(same.measured - same.bound) < 1e-5 * same.bound


def test_simplifications_say_what_they_claim():
    theorem, target = ExplicitPath(), PottsRing(3, 3, 1.0)
    fall = Fall(np.exp(target.log_law()), uniform_rates(3), 3)
    for grid in (GRID, grids.even(2.0, 0.2, 4), grids.custom((3.0, 0.5, 0.0))):
        problem = Problem(target, Uniform(), WRAP, grid, Perturbed(size=0.1))
        quantities = Quantities(problem)
        terms = theorem.terms(problem, quantities)
        looser = theorem.looser(problem, quantities)
        steps = [(t, s) for t, s in grid.intervals() if s > 0]
        kappa, longest = max((t - s) / min(1, s) for t, s in steps), max(t - s for t, s in steps)
        beside = terms["score"] + terms.get("last step", 0.0)
        given, stop = terms["start"] + beside, steps[-1][1]
        entropy = 3 * math.log(3)
        assert looser == pytest.approx(
            {
                "κ (KL(q_0‖U) - KL(q_1‖U))": given + kappa * (fall.kl(0.0) - fall.kl(1.0)),
                "Δ φ(δ)": given + longest * fall.fall(stop),
                "Δ d log(1 + S/(e^δ - 1))": (
                    given + longest * 3 * math.log(1 + 3 / (math.exp(stop) - 1))
                ),
                "e^{-T} d log S + κ d log S": (beside + (math.exp(-grid.start) + kappa) * entropy),
            }
        )
        assert math.fsum(terms.values()) <= min(looser.values())
        walked = dataclasses.replace(problem, noise=CyclicWalk())
        few = theorem.looser(walked, Quantities(walked))
        assert set(few) == {"κ (KL(q_0‖U) - KL(q_1‖U))", "Δ φ(δ)"}
    alone = dataclasses.replace(problem, grid=grids.custom((0.5, 0.0)))
    assert theorem.looser(alone, Quantities(alone)) == {}
    assert set(theorem.terms(alone, Quantities(alone))) == {"start", "score", "steps", "last step"}


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        (
            {"noise": RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])},
            "noise by shifts",
        ),
        ({"grid": grids.custom((2.0, 1.0, 0.1), told=(1.1, 0.95))}, "true step lengths"),
        ({"sampler": TauLeaping()}, "token law of tau-leaping modulo S"),
        ({"sampler": Euler(), "noise": Absorbing()}, "noise by shifts"),
    ],
)
def test_what_is_refused_is_named(fields, missing):
    problem = dataclasses.replace(ExplicitPath.example(), start="exact", **fields)
    for verdict in verdicts(problem):
        assert verdict.status is Status.NOT_APPLICABLE
        assert missing in verdict.reason


@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_an_identity_that_is_off_is_seen(factor):
    @dataclasses.dataclass(frozen=True)
    class Off(ExplicitPathIdentity):
        name = "off"

        def terms(self, problem, quantities):
            return {"path": factor * quantities.path_integral}

    (verdict,) = verdicts(Off.example(), Off())
    assert verdict.status is Status.VIOLATED


@pytest.mark.parametrize("target", [PottsRing(3, 2, 1.0), Parity(3)], ids=["ring", "parity"])
def test_the_sharp_limit_on_geometric_grids(target):
    """``Σ D_k/κ -> ½ [δφ(δ) + KL(q_δ‖U) - KL(q_1‖U) - φ(T)]`` to 1 %, half the bound in the end."""
    tokens, length = target.space.tokens, target.space.length
    fall = Fall(np.exp(target.log_law()), uniform_rates(tokens), length)
    for stop in (0.1, 1e-3):
        grid = grids.geometric(6.0, stop, kappa=0.01)
        found = math.fsum(fall.step(t, s) for t, s in grid.intervals()) / 0.01
        ends = fall.kl(stop) - fall.kl(1.0) + stop * fall.fall(stop) - fall.fall(6.0)
        assert found == pytest.approx(ends / 2, rel=0.01)
    share = found / (fall.kl(0.0) - fall.kl(1.0))
    assert 0.47 < share < 0.5


def worst_share(logits, tokens, length, rates, times):
    """How much of the bound of a step, and of the sum on a grid, a law takes."""
    law = np.exp(logits - logits.max())
    fall = Fall((law / law.sum()).reshape((tokens,) * length), rates, length)
    steps = list(itertools.pairwise(times))
    costs = np.array([fall.step(t, s) for t, s in steps])
    falls = np.array([(t - s) * (fall.fall(s) - fall.fall(t)) for t, s in steps])
    if falls.min() < 1e-6:  # nearly uniform: what is left is rounding
        return 0.0
    kappa = max((t - s) / min(1.0, s) for t, s in steps)
    of_grid = costs.sum() / (kappa * (fall.kl(1e-9) - fall.kl(1.0)))
    return max((costs / falls).max(), of_grid)


@pytest.mark.parametrize("kind", ["uniform", "walk", "any"])
def test_the_worst_law_that_a_search_finds_keeps_the_bound(kind):
    """Laws, rates and grids that are random, then climbed from: small targets stay below ½.

    A needle in a long sequence comes near 1; see the study.
    """
    rng = np.random.default_rng({"uniform": 1, "walk": 2, "any": 3}[kind])
    worst = 0.0
    for tokens, length in ((2, 1), (2, 3), (4, 1)):
        rates = {"uniform": uniform_rates, "walk": walk_rates}.get(
            kind, lambda size: np.r_[0.0, rng.exponential(size=size - 1) ** 2]
        )(tokens)
        times = np.r_[np.sort(rng.uniform(0.05, 1.5, 3))[::-1]]
        starts = 4.0 * rng.standard_normal((30, tokens**length))
        shares = [worst_share(each, tokens, length, rates, times) for each in starts]
        begin = starts[int(np.argmax(shares))]
        climbed = minimize(
            lambda z, *fixed: -worst_share(z, *fixed),
            begin,
            args=(tokens, length, rates, times),
            method="Nelder-Mead",
            options={"maxfev": 150},
        )
        assert -climbed.fun >= max(shares)
        worst = max(worst, -climbed.fun)
    assert 0.2 < worst < 0.501


def test_long_sequences_on_counts():
    """Two beliefs of 200 bits: the bound is decided where no path can be integrated."""
    target = TwoBeliefs((0.9, 0.1), (0.2, 0.8), length=200)
    problem = Problem(target, Uniform(), WRAP, grids.geometric(8.0, 0.01, 0.2), start="exact")
    same, bound = verdicts(problem)
    assert same.status is Status.INCONCLUSIVE
    assert same.reason == "not measured here: path"
    assert bound.status is Status.HOLDS
    assert 0.4 < bound.measured / bound.bound < 1.0
