"""Of many cases the largest error is told, with the smallest that fails; of margins, a real one."""

import math
from dataclasses import replace

import pytest

from bounds import Wainwright2026
from harness.regress.check_outcome import Errors, on_each
from harness.verdicts.verdict import Status, of_theorem
from toy_targets import Product


@pytest.mark.parametrize(
    ("offs", "passed", "worst", "case"),
    [
        ((0.1, 0.3, 0.2), True, 0.3, "case 1"),
        ((0.1, 2.0, 5.0), False, 5.0, "case 1"),
        ((0.1, math.nan, 5.0), False, math.nan, "case 1"),
        ((0.1, 2.0, math.nan), False, math.nan, "case 1"),
        ((), True, 0.0, ""),
    ],
)
def test_the_largest_error_is_told_with_the_smallest_case_that_fails(offs, passed, worst, case):
    seen = Errors(1.0)
    for k, off in enumerate(offs):
        seen.see(off, f"case {k}")
    assert (seen.passed, seen.case) == (passed, case)
    assert seen.worst == pytest.approx(worst, nan_ok=True)
    assert seen.found("").reason == (case if passed else f"smallest case {case}")


def test_a_case_that_is_only_rounding_is_not_the_one_that_is_told():
    theorem, problem = Wainwright2026(), Wainwright2026.example()

    def holds(measured, bound, floor):
        found = of_theorem(theorem, Status.HOLDS, f"{measured} <= {bound}")
        floors = {"measured": floor, "bound": floor}
        return type(found)(
            **{**vars(found), "measured": measured, "bound": bound, "floor": floor}
            | {"floors": floors, "terms": {}}
        )

    nothing, something = holds(0.0, 0.0, 1e-17), holds(0.5, 1.0, 1e-17)
    told = on_each(theorem, [problem, problem], [nothing, something])
    assert "0.5 <= 1.0" in told.number


def test_of_many_violations_the_smallest_problem_is_told_first():
    theorem, small = Wainwright2026(), Wainwright2026.example()
    large = replace(small, target=Product((0.5, 0.5), 20))
    told = on_each(
        theorem,
        [large, small],
        [of_theorem(theorem, Status.VIOLATED, text) for text in ("3e-10 > 1e-11", "0.7 > 0.6")],
    )
    assert told.reason == "0.7 > 0.6; worst: 3e-10 > 1e-11"
    assert told.case.problems == [small]
