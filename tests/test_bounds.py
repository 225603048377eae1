"""Every theorem in ``bounds/``: described, refused where it must be, and decided with teeth.

Theorems are found, not listed: a new one is tested by being registered.  It must carry an
``example()`` problem on which it is decided.
"""

import dataclasses
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

import bounds
from bounds.hypotheses import geometric_grid
from harness import Problem, grids
from harness.claims import Claims
from harness.foundation.registry import load, theorems
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import DNDM, Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.theorem import Inequality, Rate, Trust
from harness.verdicts.checks import AXES, check, check_sweep, unmet
from harness.verdicts.verdict import Status
from toy_targets import Pairs, PottsRing, Product, Table

load()
FOLDER = Path(bounds.__file__).parent
HELPERS = {"__init__", "hypotheses"}
OURS = {name: cls for name, cls in theorems.items() if cls.__module__.startswith("bounds.")}
INEQUALITIES = {name: cls for name, cls in OURS.items() if issubclass(cls, Inequality)}
RATES = {name: cls for name, cls in OURS.items() if issubclass(cls, Rate)}
SOURCES = (FOLDER / "sources.bib").read_text(encoding="utf-8")
ENTRIES = {
    entry.group(1): entry.group(0)
    for entry in re.finditer(r"@\w+\{(\w+),\n.*?\n\}\n", SOURCES, re.S)
}


def every(table):
    return pytest.mark.parametrize("cls", table.values(), ids=table.keys())


@dataclasses.dataclass(frozen=True)
class Changed(Inequality):
    """An inequality with its right side multiplied and raised."""

    base: Inequality
    factor: float = 1.0
    extra: float = 0.0
    name = "changed"

    def __post_init__(self):
        for key in ("statement", "bounds_on", "source", "trust"):
            object.__setattr__(self, key, getattr(self.base, key))

    @classmethod
    def example(cls):
        raise NotImplementedError("a copy is tried on the problems of its original")

    def assumptions(self, problem):
        return self.base.assumptions(problem)

    def terms(self, problem, quantities):
        terms = self.base.terms(problem, quantities)
        return {name: self.factor * part for name, part in terms.items()} | {"extra": self.extra}


@dataclasses.dataclass(frozen=True)
class Steeper(Rate):
    """A rate that falls faster along the axis: its form divided by ``axis^power``."""

    base: Rate
    axis: str
    power: float
    name = "steeper"

    def __post_init__(self):
        for key in ("statement", "bounds_on", "source", "trust", "exponents"):
            object.__setattr__(self, key, getattr(self.base, key))

    @classmethod
    def example(cls):
        raise NotImplementedError("a copy is tried on the problems of its original")

    def assumptions(self, problem):
        return self.base.assumptions(problem)

    def form(self, problem, quantities):
        growing = AXES[self.axis](problem, quantities)
        return self.base.form(problem, quantities) * growing**-self.power


@dataclasses.dataclass(frozen=True)
class Undeclared:
    """A sampler that promises nothing."""

    claims = Claims(output_order=1, chain_order=1, traits=frozenset())

    def step(self, score, noise, x, t, s):
        return Euler().step(score, noise, x, t, s)


def change(problem, **fields):
    return dataclasses.replace(problem, **fields)


# Registered, exported, described.


def test_every_file_registers_a_theorem():
    files = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert files
    assert {cls.__module__ for cls in OURS.values()} == {f"bounds.{stem}" for stem in files}


@every(OURS)
def test_theorem_is_exported_and_described(cls):
    assert getattr(bounds, cls.__name__) is cls
    assert cls() == cls()
    assert cls.statement
    assert cls.source
    assert cls.bounds_on in Quantities.RUNGS
    assert cls.trust in Trust
    assert f"Trust: [{cls.trust}]" in cls.__doc__
    assert f"Rung: {cls.bounds_on}" in cls.__doc__
    assert "Assumes" in cls.__doc__
    assert ("Terms:" if issubclass(cls, Inequality) else "Form:") in cls.__doc__
    if cls.trust is Trust.DERIVED:
        assert "Proof." in cls.__doc__
        assert cls.__doc__.rstrip().endswith("∎")
    else:
        assert cls.bibtex is not None
    if cls.trust is Trust.ORDER:
        assert issubclass(cls, Rate), "a constant that nobody has read cannot be checked"
        assert "reconstructed" in cls.statement.lower()
    assert cls.bibtex is None or cls.bibtex in ENTRIES


@every(RATES)
def test_exponents_name_axes(cls):
    assert cls.exponents
    assert set(cls.exponents) <= set(AXES)
    assert all(isinstance(power, str) and power for power in cls.exponents.values())


def test_every_source_is_whole_and_used():
    assert set(ENTRIES) == {cls.bibtex for cls in OURS.values()} - {None}
    assert len(ENTRIES) == SOURCES.count("@")
    for key, entry in ENTRIES.items():
        for field in ("title", "author", "year", "eprint"):
            assert re.search(rf"^  {field} += \{{[^{{}}]+\}},$", entry, re.M) or re.search(
                rf"^  {field} += \{{.+\}},$", entry, re.M
            ), (key, field)


# Refused by name.

TOLD_LONGER = grids.custom((2.0, 1.0, 0.1), told=(1.1, 0.95))
CHANGES = (
    {"noise": CyclicWalk()},
    {"noise": RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])},
    {"score": Perturbed(size=0.3)},
    {"start": "exact"},
    {"grid": grids.even(2.0, 0.0, 4)},
    {"grid": TOLD_LONGER},
    {"grid": grids.custom((9.0, 0.1))},
    {"grid": grids.custom((2.0, 1.0, 0.1))},
    {"grid": grids.custom((9.0, 0.1)), "sampler": Euler()},
    {"sampler": Undeclared()},
    {"target": Product((0.5, 0.3, 0.2), 3)},
    {"target": Table(np.eye(3) / 3)},
    {"target": Product((1 - 2e-100, 1e-100, 1e-100), 3)},
    {"noise": Uniform(), "sampler": Tweedie()},
    {"sampler": DNDM()},
    {"grid": grids.even(2.0, 0.0, 4), "sampler": Euler()},
    {"grid": grids.even_reveal(1)},
    {"grid": grids.even_reveal(3, stop=0.9)},
    {"grid": grids.even(2.0, 0.0, 3), "start": "noise"},
    {"grid": grids.even_reveal(3), "start": "mask", "score": Perturbed(size=0.3)},
    {"grid": TOLD_LONGER, "start": "exact"},
    {"noise": CyclicWalk(), "sampler": Tweedie()},
    {"noise": CyclicWalk(), "sampler": TauLeaping()},
    {
        "noise": Absorbing(),
        "sampler": MaskedPlugIn(),
        "grid": grids.even_reveal(4),
        "start": "mask",
    },
)


@every(OURS)
def test_each_assumption_is_met_by_the_example_and_broken_by_a_change(cls):
    theorem, problem = cls(), cls.example()
    assert unmet(theorem, problem) == []
    broken = set()
    for fields in CHANGES:
        try:
            changed = change(problem, **fields)
        except ValueError:  # a sampler that needs the mask has no problem without
            continue
        missing = unmet(theorem, changed)
        broken |= set(missing)
        if missing:
            (verdict,) = check(changed, [theorem])
            assert verdict.status is Status.NOT_APPLICABLE
            assert not verdict.decided
            assert all(name in verdict.reason for name in missing)
    missed = set(theorem.assumptions(problem)) - broken
    assert not missed, f"no entry of CHANGES breaks {missed}: add one that does"


DELTA = {"grid": grids.even(2.0, 0.0, 4)}
CYCLIC = {"noise": CyclicWalk()}
GUESSED = {"score": Perturbed(size=0.3)}
LEFT = {"grid": TOLD_LONGER}
UNMASKED = {"noise": Uniform(), "sampler": Tweedie()}
ALL_MASKED = {"grid": grids.even_reveal(4), "start": "mask"}


@pytest.mark.parametrize(
    ("key", "fields", "missing"),
    [
        ("chain", CYCLIC | DELTA | GUESSED, set()),
        ("start_uniform", CYCLIC, {"uniform noise"}),
        ("start_uniform", DELTA | GUESSED, set()),
        ("early_stopping", DELTA, {"δ > 0"}),
        ("early_stopping", CYCLIC | GUESSED, set()),
        ("early_stopping_output", DELTA, {"δ > 0"}),
        ("total_correlation", CYCLIC | DELTA, set()),
        ("total_correlation", GUESSED, {"exact score"}),
        ("total_correlation", LEFT, {"true step lengths"}),
        ("total_correlation", {"sampler": Euler()}, {"exact token marginals"}),
        (
            "total_correlation",
            {"sampler": FrozenScore()},
            {"independent tokens", "exact token marginals"},
        ),
        ("explicit_dtc", CYCLIC, {"uniform noise"}),
        ("explicit_dtc", DELTA, {"δ > 0"}),
        ("explicit_dtc", GUESSED, {"exact score"}),
        ("explicit_dtc", LEFT, {"true step lengths"}),
        ("explicit_dtc", {"score": Perturbed(size=0.0)}, set()),
        ("explicit_dtc", {"sampler": Euler()}, set()),
        ("explicit_dtc", {"sampler": TauLeaping()}, set()),
        (
            "explicit_dtc",
            {"sampler": TauLeaping(multiple_jumps="reject")},
            {
                "exact token marginals or token law linear in the rates or "
                "token law of one-jump tau-leaping"
            },
        ),
        (
            "explicit_dtc",
            {"sampler": Euler(), "grid": grids.even(3.0, 0.1, 2)},
            {"h < 1 - e^{-t} for Euler"},
        ),
        ("liang_2025", CYCLIC, {"uniform noise"}),
        ("liang_2025", DELTA, {"δ > 0"}),
        ("liang_2025", GUESSED, set()),
        ("liang_2025", {"sampler": Tweedie()}, set()),
        ("liang_2025", {"sampler": TauLeaping()}, set()),
        ("zhang_2024_early_stopping", DELTA, {"δ > 0"}),
        ("zhang_2024_early_stopping", CYCLIC, {"uniform noise"}),
        (
            "zhang_2024_early_stopping",
            {"sampler": Euler()},
            {"generator frozen at the start of the step"},
        ),
        ("zhang_2024_full_support", {"target": Table(np.eye(2) / 2)}, {"full support"}),
        ("dmitriev_2026a", {"sampler": TauLeaping()}, {"token law of tau-leaping modulo S"}),
        ("dmitriev_2026a", {"sampler": TauLeaping("lose")}, {"token law of tau-leaping modulo S"}),
        ("dmitriev_2026a", GUESSED | DELTA, set()),
        ("dmitriev_2026a_one_jump", {"sampler": Euler()}, {"token law of one-jump tau-leaping"}),
        (
            "dmitriev_2026a_one_jump",
            {"sampler": TauLeaping("wrap")},
            {"token law of one-jump tau-leaping"},
        ),
        ("dmitriev_2026a", {"grid": grids.custom((4.0, 0.1))}, {"Δ <= S/e"}),
        ("dmitriev_2026b", {"target": Product((0.5, 0.3, 0.2), 3)}, {"DTC(X_0) > 0"}),
        ("dmitriev_2026b", {"grid": grids.even(2.0, 0.1, 4)}, {"geometric grid"}),
        ("dmitriev_2026b", DELTA, {"geometric grid"}),
        ("dmitriev_2026b", GUESSED, {"exact score"}),
        ("start_absorbing", UNMASKED, {"absorbing noise"}),
        ("start_absorbing", ALL_MASKED, {"T < inf"}),
        ("start_absorbing", GUESSED | DELTA, set()),
        ("explicit_dtc_masked", UNMASKED, {"absorbing noise"}),
        ("explicit_dtc_masked", GUESSED, {"exact score"}),
        ("explicit_dtc_masked", LEFT, {"true step lengths"}),
        ("explicit_dtc_masked", DELTA, set()),
        ("explicit_dtc_masked", ALL_MASKED, set()),
        ("explicit_dtc_masked", {"sampler": Tweedie()}, set()),
        ("explicit_dtc_masked", {"sampler": Euler()}, {"exact token marginals"}),
        ("wainwright_2026", {"sampler": TauLeaping()}, {"exact token marginals"}),
        ("wainwright_2026_odds", UNMASKED, {"absorbing noise"}),
        ("wainwright_2026_optimal", DELTA, {"square-root profile grid"}),
        ("absorb_2025", DELTA, {"δ > 0"}),
        ("absorb_2025", GUESSED, set()),
        ("absorb_2025", {"noise": Uniform()}, {"absorbing noise"}),
        ("absorb_2025", {"sampler": Euler()}, {"token law of one-jump tau-leaping"}),
        ("early_stopping", {"noise": Absorbing()}, set()),
        ("total_correlation", {"noise": Absorbing()}, set()),
        ("explicit_dtc", {"noise": Absorbing()}, {"uniform noise"}),
    ],
)
def test_what_is_missing_is_named(key, fields, missing):
    theorem = theorems[key]()
    assert set(unmet(theorem, change(type(theorem).example(), **fields))) == missing


@pytest.mark.parametrize(
    ("grid", "geometric"),
    [
        (grids.geometric(2.0, 0.1, 0.3), True),
        (grids.geometric(2.0, 0.1, 0.3).with_steps(7), True),
        (grids.custom(grids.geometric(2.0, 0.1, 0.3).times), True),
        (grids.even(5.0, 1.0, 8), True),  # above 1 the two kinds agree
        (grids.even(2.0, 0.1, 8), False),
        (grids.even(2.0, 0.0, 8), False),
        (grids.custom((2.0, 0.5, 0.4)), False),
    ],
)
def test_a_grid_is_geometric_by_its_times(grid, geometric):
    problem = change(theorems["dmitriev_2026b"].example(), grid=grid)
    assert geometric_grid(problem) == {"geometric grid": geometric}


# Inequalities: true, not by being large, and a smaller copy is caught.


@every(INEQUALITIES)
def test_inequality_holds_and_its_copies_do_not(cls):
    theorem, problem = cls(), cls.example()
    quantities = Quantities(problem)

    def verdict(candidate):
        return check(problem, [candidate], quantities)[0]

    right = verdict(theorem)
    assert right.status is Status.HOLDS
    assert right.rung == cls.bounds_on
    assert 100 * right.floor < right.measured <= right.bound * (1 + 1e-9)
    assert right.bound < quantities.idle(cls.bounds_on)
    assert right.bound == pytest.approx(math.fsum(right.terms.values()))
    assert all(part >= 0 for part in right.terms.values())
    assert right.terms.get("rounding", 0.0) < 1e-9 * right.bound
    for name, larger in theorem.looser(problem, quantities).items():
        assert right.bound <= larger, name

    small = verdict(Changed(theorem, factor=0.999 * right.measured / right.bound))
    assert small.status is Status.VIOLATED
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
    assert terms == {"path": known.path_kl, "rounding": known.path_floor}
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


# Rates: the constant does not grow, and for a form that falls a little faster it does.


@every(RATES)
def test_rate_is_consistent_and_a_steeper_one_is_not(cls):
    theorem, problem = cls(), cls.example()
    sweep = [
        change(problem, grid=problem.grid.with_steps(steps)) for steps in (24, 48, 96, 192, 384)
    ]
    cases = [Quantities(case) for case in sweep]

    def verdict(candidate):
        return check_sweep(sweep, "step", [candidate], cases)[0]

    right = verdict(theorem)
    assert right.status is Status.CONSISTENT, str(right)
    assert 0 < right.constant < math.inf
    steeper = verdict(Steeper(theorem, "step", power=0.5 - right.slope))
    assert steeper.status is Status.INCONSISTENT
    assert steeper.slope == pytest.approx(0.5, abs=0.01)

    (alone,) = check(sweep[0], [theorem], cases[0])
    assert alone.status is Status.INCONCLUSIVE
    assert alone.constant > 0


@every(RATES)
def test_form_is_positive_wherever_the_rate_applies(cls):
    theorem, example = cls(), cls.example()
    targets = (PottsRing(2, 2, 0.0), Table(np.eye(2) / 2))
    grid = (grids.geometric(2.0, 1.5, 0.1), grids.custom((800.0, 0.5)), grids.even(3.0, 0.0, 2))
    starts = ("exact", "noise")
    for target, times, start in itertools.product(targets, grid, starts):
        try:
            problem = change(example, target=target, grid=times, start=start)
        except ValueError:  # no problem at all: a sampler that needs δ > 0, at 0
            continue
        if not unmet(theorem, problem):
            form = theorem.form(problem, Quantities(problem))
            assert math.isfinite(form)
            assert form > 0


def test_dmitriev_2026b_scales_as_displayed_along_d():
    """Over independent pairs DTC adds up, and so does the error: the needed constant is flat."""
    theorem = theorems["dmitriev_2026b"]()
    problem = type(theorem).example()
    sweep = [change(problem, target=Pairs(2, pairs)) for pairs in (1, 2, 3, 4)]
    cases = [Quantities(case) for case in sweep]
    (right,) = check_sweep(sweep, "d", [theorem], cases)
    assert right.status is Status.CONSISTENT
    assert abs(right.slope) < 1e-6
    (steeper,) = check_sweep(sweep, "d", [Steeper(theorem, "d", 0.2)], cases)
    assert steeper.status is Status.INCONSISTENT


def test_score_error_enters_the_forms_that_have_it():
    for key in ("liang_2025", "zhang_2024_early_stopping", "dmitriev_2026a", "absorb_2025"):
        theorem = theorems[key]()
        problem = type(theorem).example()
        guessed = change(problem, score=Perturbed(score_error=0.5))
        grid, quantities = problem.grid, Quantities(guessed)
        assert quantities.score_error == pytest.approx(0.5, rel=1e-6)
        share = grid.start / (grid.start - grid.stop) if key.startswith("zhang") else 1.0
        added = theorem.form(guessed, quantities) - theorem.form(problem, Quantities(problem))
        assert added == pytest.approx(0.5 * share, rel=1e-6)


def test_zhang_full_support_uses_the_largest_one_token_ratio():
    law = np.array([[0.1, 0.2], [0.3, 0.4]])
    theorem = theorems["zhang_2024_full_support"]()
    problem = change(type(theorem).example(), target=Table(law), grid=grids.custom((2.0, 0.5, 0.0)))
    expected = 2 * 3.0**2 * (1.5**3 + 0.5**3)  # from 0.1 to 0.3 is the largest
    assert theorem.form(problem, Quantities(problem)) == pytest.approx(expected)


def test_zhang_early_stopping_integrates_the_squared_score_bound():
    from scipy.integrate import quad

    theorem = theorems["zhang_2024_early_stopping"]()
    problem = change(type(theorem).example(), grid=grids.custom((3.0, 0.7, 0.1)))
    expected = 3 * sum(
        (t - s) ** 2 * quad(lambda u: (1 + 3 / math.expm1(u)) ** 2, s, t)[0]
        for t, s in problem.grid.intervals()
    )
    assert theorem.form(problem, Quantities(problem)) == pytest.approx(expected, rel=1e-9)
