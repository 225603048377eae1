"""Theorems that say too much on purpose, each caught where the theorem that is right stands."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import pytest
from mistakes import assert_caught

from bounds import Dmitriev2026b, ExplicitDTC, TotalCorrelation
from harness import grids
from harness.foundation.registry import load, samplers, theorems
from harness.noise import CyclicWalk, Noise
from harness.quantities import Quantities
from harness.regress import bank, checks_of, run, theorem_bank
from harness.regress.theorem_checks import TheoremChecks
from harness.samplers import DNDM, Tweedie
from harness.score import Exact
from harness.theorem import Inequality, Rate, Trust
from harness.verdicts import checks
from harness.verdicts.verdict import Status

load()
pytestmark = pytest.mark.usefixtures("small_bank")

RATES = sorted(name for name, cls in theorems.items() if issubclass(cls, Rate))


@dataclass(frozen=True)
class Hundredth(Inequality):
    """``explicit_dtc`` with a hundredth of its right side."""

    name: ClassVar[str] = "hundredth"
    statement: ClassVar[str] = ExplicitDTC.statement
    bounds_on: ClassVar[str] = ExplicitDTC.bounds_on
    source: ClassVar[str] = ExplicitDTC.source
    trust: ClassVar[Trust] = ExplicitDTC.trust
    example = ExplicitDTC.example

    def assumptions(self, problem):
        return ExplicitDTC().assumptions(problem)

    def terms(self, problem, quantities):
        return {k: v / 100 for k, v in ExplicitDTC().terms(problem, quantities).items()}


@dataclass(frozen=True)
class HalfOrderTooFast(Rate):
    """``dmitriev_2026b`` times ``h^0.5`` and divided by ``sqrt(d)`` and ``sqrt(S)``."""

    name: ClassVar[str] = "half_order_too_fast"
    statement: ClassVar[str] = Dmitriev2026b.statement
    bounds_on: ClassVar[str] = Dmitriev2026b.bounds_on
    source: ClassVar[str] = Dmitriev2026b.source
    trust: ClassVar[Trust] = Dmitriev2026b.trust
    exponents: ClassVar[Mapping[str, str]] = Dmitriev2026b.exponents
    example = Dmitriev2026b.example

    def assumptions(self, problem):
        return Dmitriev2026b().assumptions(problem)

    def form(self, problem, quantities):
        size = problem.space.length * problem.space.tokens
        shrunk = math.sqrt(problem.grid.kappa / size)
        return Dmitriev2026b().form(problem, quantities) * shrunk


@pytest.mark.parametrize(
    ("wrong", "right", "check", "status"),
    [
        *(
            pytest.param(
                *(Hundredth, ExplicitDTC, f"stands with {sampler}", Status.VIOLATED),
                marks=pytest.mark.slow,  # 7 s
            )
            for sampler in ("tweedie", "euler")
        ),
        *(
            (HalfOrderTooFast, Dmitriev2026b, f"stands with tweedie along {axis}", "INCONSISTENT")
            for axis in ("step", "d")
        ),
    ],
)
def test_a_wrong_theorem_is_caught(wrong, right, check, status):
    assert run(check, checks_of(right())[check]).passed
    caught = run(check, checks_of(wrong())[check])
    assert_caught(caught)
    assert status in caught.number


def without(cls: type[Rate], part: str) -> Rate:
    """The theorem with a form that does not count the start, or the score, as a source of error."""
    ideal = {"start": {"start": "exact"}, "score": {"score": Exact()}}[part]

    def form(self, problem, quantities):
        blind = replace(problem, **ideal)
        return super(wrong, self).form(blind, Quantities(blind))

    wrong = type(f"{cls.__name__}Without", (cls,), {"form": form, "__doc__": cls.__doc__})
    return wrong()


@cache
def measured(sampler: Any, noise: Noise, sweep: str) -> list[Quantities]:
    return [Quantities(problem) for problem in bank.sweeps(sampler, noise)[sweep]]


ALL_MASKED = {"wainwright_2026_optimal"}  # from there on, by one kind of grid: no start to count


@pytest.mark.parametrize(
    ("part", "sweep"), [("start", "step from noise"), ("score", "step with a wrong score")]
)
@pytest.mark.parametrize("name", RATES)
def test_a_rate_that_leaves_out_an_error_is_caught(name, part, sweep):
    """By every sampler that it is about; one that assumes the exact score or start counts none."""
    theorem, wrong = theorems[name](), without(theorems[name], part)
    example = theorem.example()
    about = [
        sampler
        for sampler in {*(method() for method in samplers.values()), example.sampler}
        if not bank.refusal(sampler, example.noise)
        and not checks.unmet(theorem, bank.sweeps(sampler, example.noise)[sweep][0])
    ]
    assumed = {"start": "a start at q_T", "score": "exact score"}[part]
    exempt = any(name.startswith(assumed) for name in theorem.assumptions(example))
    assert bool(about) is not (exempt or name in ALL_MASKED)
    for sampler in about:
        # What ``leapcheck regress`` does with both along this sweep, measured once for all.
        cases = measured(sampler, example.noise, sweep)
        along = [case.problem for case in cases], bank.SWEEPS[sweep]
        (right,) = checks.check_sweep(*along, [theorem], cases)
        own = type(sampler) is type(example.sampler)
        allowed = (Status.CONSISTENT,) if own else (Status.CONSISTENT, Status.INCONCLUSIVE)
        assert right.status in allowed
        if not wrong.form(cases[-1].problem, cases[-1]):  # nothing is left of it
            with pytest.raises(ValueError, match="must be positive and finite, got 0"):
                checks.check_sweep(*along, [wrong], cases)
            continue
        (caught,) = checks.check_sweep(*along, [wrong], cases)
        assert caught.status is Status.INCONSISTENT


def test_a_schedule_read_at_the_left_end_changes_what_applies():
    """``σ Δt`` for ``∫σ``: the theorem that would fail is not applied, and says why."""
    times, squared = [2.0, 1.5, 1.0, 0.5], lambda tau: tau**2 / 2
    found = {}
    for rule in ("integral", "left"):
        grid = grids.from_schedule(squared, times, rate_rule=rule)
        problem = bank.problem(Tweedie(), bank.FIELD, grid)
        (verdict,) = checks.check(problem, [TotalCorrelation()])
        found[rule] = verdict.status, "true step lengths" in verdict.reason
    assert found == {
        "integral": (Status.HOLDS, False),
        "left": (Status.NOT_APPLICABLE, True),
    }


@dataclass(frozen=True)
class AtMost(Hundredth):
    """Nothing but what a KL is above: asked of a sampler whose longest steps have no law."""

    name: ClassVar[str] = "at_most"
    bounds_on: ClassVar[str] = "output"

    def assumptions(self, problem):
        return {}

    def terms(self, problem, quantities):
        return {"most": 1e6}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("explicit_path_identity", "equality"),
        ("explicit_dtc", "inequality"),
        ("dmitriev_2026b", "rate"),
    ],
)
def test_the_contract_says_of_which_kind_a_theorem_is(name, kind):
    assert TheoremChecks(theorems[name]()).contract()[:2] == (True, kind)


def test_of_a_step_without_a_law_in_float64_a_theorem_says_nothing():
    sampler, tried = DNDM(remembers=True), TheoremChecks(AtMost())
    long, short = (
        bank.problem(sampler, theorem_bank.POINT_OF_EIGHT, grids.custom(times), CyclicWalk())
        for times in ((12.0, 6.0), (8.0, 4.0))
    )
    verdict = tried._on(Quantities(replace(long, start="noise")))
    assert verdict.status is Status.NOT_APPLICABLE
    assert "must sum to 1" in verdict.reason
    assert tried._on(Quantities(replace(short, start="noise"))).status is Status.VACUOUS
