"""What regress says that it will take is of the problems that it runs."""

import math

import pytest

from bounds.dmitriev_2026b import Dmitriev2026b
from bounds.start import StartUniform
from harness.regress import beforehand, cover
from harness.regress.check_outcome import worse
from harness.regress.theorem_checks import TheoremChecks
from harness.regress.theorem_report import Tried
from harness.samplers import Euler
from harness.verdicts.checks import not_applicable, unmet


@pytest.mark.parametrize("theorem", [StartUniform(), Dmitriev2026b()], ids=lambda each: each.name)
def test_all_problems_of_a_theorem_are_counted(theorem, monkeypatch):
    """Those that its checks would measure, which they are kept from here."""
    measured = []
    nothing = not_applicable(theorem, ["not measured"])

    def on(checks, case):
        measured.append(case.problem)
        return nothing

    def along(checks, sampler, name, sweep, problems):
        measured.extend(problems)
        return Tried(sampler, name, sweep.axis, [nothing], [])

    monkeypatch.setattr(TheoremChecks, "_on", on)
    monkeypatch.setattr(TheoremChecks, "_along", along)
    for name, find in TheoremChecks(theorem).all():
        if name.startswith("stands with "):
            find()
    wanted = {each for each in measured if not unmet(theorem, each)}
    assert len(wanted) > 20
    assert wanted == set(beforehand.problems(theorem))


def test_places_of_small_steps_are_counted():
    sizes = {(p.target.space.tokens, p.space.length) for p in beforehand.problems(Euler())}
    assert sizes >= {(p.tokens, p.length) for p in cover.places(Euler())} > {(19, 1), (2, 6)}


@pytest.mark.parametrize(
    ("off", "worst", "is_worse"),
    [
        (2.0, 1.0, True),
        (1.0, 1.0, False),
        (math.nan, 1.0, True),
        (1.0, math.nan, False),
        (math.inf, math.nan, False),
        (math.nan, math.nan, False),
        (math.inf, 1.0, True),
    ],
)
def test_what_is_no_number_is_worst_and_stays(off, worst, is_worse):
    assert worse(off, worst) is is_worse
