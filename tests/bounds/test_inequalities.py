"""Inequalities hold where they apply, and copies of them that say more do not."""

import dataclasses
import math

import numpy as np
import pytest
from ours import INEQUALITIES, every

from harness import Problem, grids
from harness.foundation.registry import theorems
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.theorem import Inequality, Side
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import PottsRing, Product, Table


@dataclasses.dataclass(frozen=True)
class Changed(Inequality):
    """An inequality with its right side multiplied and raised."""

    base: Inequality
    factor: float = 1.0
    extra: float = 0.0
    name = "changed"

    def __post_init__(self):
        for key in ("statement", "bounds_on", "source", "trust", "side"):
            object.__setattr__(self, key, getattr(self.base, key))

    @classmethod
    def example(cls):
        raise NotImplementedError("a copy is tried on the problems of its original")

    def assumptions(self, problem):
        return self.base.assumptions(problem)

    def terms(self, problem, quantities):
        terms = self.base.terms(problem, quantities)
        return {name: self.factor * part for name, part in terms.items()} | {"extra": self.extra}


def change(problem, **fields):
    return dataclasses.replace(problem, **fields)


TOLD_LONGER = grids.custom((2.0, 1.0, 0.1), told=(1.1, 0.95))

DELTA = {"grid": grids.even(2.0, 0.0, 4)}
GUESSED = {"score": Perturbed(size=0.3)}
LEFT = {"grid": TOLD_LONGER}


@every(INEQUALITIES)
def test_inequality_holds_and_its_copies_do_not(cls):
    theorem, problem = cls(), cls.example()
    quantities = Quantities(problem)

    def verdict(candidate):
        return check(problem, [candidate], quantities)[0]

    right = verdict(theorem)
    assert right.status is Status.HOLDS
    assert right.rung == cls.bounds_on
    assert right.bound == pytest.approx(math.fsum(right.terms.values()))
    assert all(part >= 0 for part in right.terms.values())
    assert right.terms.get("rounding", 0.0) < 1e-9 * right.bound
    lower, upper = (side in theorem.sides for side in (Side.LOWER, Side.UPPER))
    for name, further in theorem.looser(problem, quantities).items():
        assert (right.bound <= further) if upper else (right.bound >= further), name
    share = right.measured / right.bound
    if upper:
        assert 100 * right.floor < right.measured <= right.bound * (1 + 1e-9)
        assert verdict(Changed(theorem, factor=0.999 * share)).status is Status.VIOLATED
    if lower:
        assert right.measured >= right.bound * (1 - 1e-9) > 100 * right.floor
        assert verdict(Changed(theorem, factor=1.001 * share)).status is Status.VIOLATED
    if not lower:
        assert right.bound < quantities.idle(cls.bounds_on)
        large = verdict(Changed(theorem, extra=quantities.idle(cls.bounds_on)))
        assert large.status is Status.VACUOUS


@pytest.mark.parametrize("sampler", [Tweedie(), Euler(), TauLeaping(), FrozenScore()])
@pytest.mark.parametrize(
    "fields",
    [
        {"start": "noise"},
        DELTA,
        GUESSED,
        LEFT,
        {"noise": RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]]), "start": "noise"},
        {"target": Table(np.eye(3)[:, :, None] * np.ones(3) / 9)},
        {"noise": Absorbing(), "start": "noise"},
        {"noise": Absorbing(), **DELTA},
    ],
    ids=[
        *("noise", "no stopping", "guessed", "left", "non-symmetric", "forbidden"),
        *("masked", "masked, no stopping"),
    ],
)
def test_no_inequality_is_violated(sampler, fields):
    problem = Problem(
        PottsRing(3, 3, 1.0), Uniform(), sampler, grids.even(2.0, 0.1, 4), start="exact"
    )
    verdicts = check(change(problem, **fields), [cls() for cls in INEQUALITIES.values()])
    assert [v for v in verdicts if v.status is Status.VIOLATED] == []
    assert [v for v in verdicts if v.decided]


def test_independent_tokens_are_sampled_without_error_and_the_bounds_know_it():
    problem = Problem(
        Product((0.5, 0.3, 0.2), 3),
        Uniform(),
        Tweedie(),
        grids.even(2.0, 1e-3, 4),  # the last factor A, about 1200, magnifies rounding
        start="exact",
    )
    assert Quantities(problem).measurement.kl < 1e-28  # far below the rounding of an entropy
    for key in ("explicit_dtc", "total_correlation", "chain"):
        (verdict,) = check(problem, [theorems[key]()])
        assert verdict.status is Status.HOLDS, str(verdict)
        assert verdict.bound < 1e-10


def test_looser_bounds_of_explicit_dtc_say_what_they_claim():
    """``c(κ) DTC(X_δ)`` on any grid; linear in κ; the start of the worst case."""
    theorem = theorems["explicit_dtc"]()
    problem = type(theorem).example()
    for grid in (grids.even(3.0, 0.2, 5), problem.grid, grids.custom((3.0, 2.9, 0.3, 0.05))):
        case = change(problem, grid=grid)
        quantities = Quantities(case)
        terms = theorem.terms(case, quantities)
        looser = theorem.looser(case, quantities)
        kappa = grid.kappa
        c = math.exp(kappa) * (1 + (math.exp(kappa) - 1) / (1 - 1 / math.e)) - 1
        start, length = terms["start"], 3
        assert looser["c(κ) DTC(X_δ)"] == pytest.approx(start + c * quantities.dtc(grid.stop))
        assert looser["c(κ) d log S"] == pytest.approx(start + c * length * math.log(3))
        assert looser["e^{-T} d log S + c(κ) d log S"] == pytest.approx(
            (math.exp(-3.0) + c) * length * math.log(3)
        )
        assert math.fsum(terms.values()) <= min(looser.values())
        assert list(looser.values()) == sorted(looser.values())


def test_chain_is_compared_with_the_path_where_the_chain_is_not_summed():
    theorem = theorems["chain"]()
    problem = theorems["zhang_2024_full_support"].example()
    quantities = Quantities(problem)
    known = quantities.measurement
    assert theorem.terms(problem, quantities)["chain"] == known.chain_kl
    quantities.__dict__["measurement"] = dataclasses.replace(known, chain_kl=math.nan)
    terms = theorem.terms(problem, quantities)
    assert terms == {"path": known.path_kl, "quadrature": known.path_floor}
    (verdict,) = check(problem, [theorem], quantities)
    assert verdict.status is Status.HOLDS


def test_an_output_that_misses_sequences_is_vacuous_not_an_error():
    """An infinite KL must leave ``early_stopping_output`` a number."""
    theorem = theorems["early_stopping_output"]()
    problem = type(theorem).example()
    quantities = Quantities(problem)
    infinite = dataclasses.replace(quantities.measurement, kl=math.inf)
    quantities.__dict__["measurement"] = infinite
    (verdict,) = check(problem, [theorem], quantities)
    assert verdict.status is Status.VACUOUS
    assert 1 < verdict.bound < 2
