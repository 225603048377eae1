"""The committed curves of the stand-ins: computed again, and told in README as they are."""

import math

import pytest
from rooms import ROOT

pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from real import curves
from real.cases import RIGHT, WRONG

KEPT = curves.kept()
QUICK = (2, 4)


def agree(found, kept):
    for row, other in zip(found, kept, strict=True):
        assert row["found"] == other["found"]
        for key in curves.NUMBERS:
            mine, theirs = float(row[key]), float(other[key])
            assert mine == theirs or math.isclose(mine, theirs, rel_tol=1e-6, abs_tol=1e-12), (
                row["name"],
                key,
                mine,
                theirs,
            )


def test_every_stand_in_has_its_rows():
    assert list(dict.fromkeys(row["name"] for row in KEPT)) == [*RIGHT, *WRONG]


@pytest.mark.parametrize("name", ["by Bayes, leave-one-out", "low confidence"])
def test_a_curve_is_what_it_is(name):
    few = [row for row in KEPT if row["name"] == name and int(row["steps"]) in QUICK]
    agree(curves.rows(name, QUICK), few)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_every_curve_is_what_it_is(name):
    agree(curves.rows(name), [row for row in KEPT if row["name"] == name])


def test_the_tables_are_of_these_rows():
    """README has what is wrong, the page everything."""
    readme, page = (ROOT / name for name in ("README.md", "docs/real-code.md"))
    assert "\n".join(curves.table(WRONG)) in readme.read_text(encoding="utf-8")
    assert "\n".join(curves.table()) in page.read_text(encoding="utf-8")
