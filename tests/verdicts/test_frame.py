"""DataFrames of what was found, and tables in a notebook in which nothing is markup."""

from dataclasses import replace

import pandas as pd
import pytest

from harness import Problem, check, frame, grids, measure, measure_many
from harness.foundation.shown_list import ShownList
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.verdicts.verdict import Status, Verdict
from toy_targets import Pairs

PROBLEM = Problem(Pairs(2, 1), Uniform(), Tweedie(), grids.even(2.0, 0.5, 2))
EVIL = Verdict("<script>x</script>", Status.HOLDS, "output", "D", "1 <= 2 & more", 1.0, 2.0)


def test_a_row_each():
    m = measure(PROBLEM)
    found = frame({"two": m, "four": replace(m, kl=0.5)})
    assert list(found.index) == ["two", "four"]
    assert list(found["kl"]) == [m.kl, 0.5]
    assert "floors" not in found
    assert len(frame(m)) == 1
    verdicts = check(PROBLEM)
    told = frame(verdicts)
    assert list(told["status"]) == [str(verdict.status) for verdict in verdicts]
    assert list(frame({"a": verdicts, "b": verdicts}).index) == ["a"] * len(told) + ["b"] * len(
        told
    )
    assert isinstance(frame([]), pd.DataFrame)


@pytest.mark.parametrize("wrong", [3, "kl", [3], None])
def test_what_is_neither_is_said(wrong):
    with pytest.raises(TypeError, match="a frame must be of measurements or verdicts, got"):
        frame(wrong)


def test_both_in_one_are_said():
    with pytest.raises(ValueError, match="must be of measurements or of verdicts, got both"):
        frame([measure(PROBLEM), EVIL])


def test_notebooks_show_tables_and_escape_every_name():
    verdicts = check(PROBLEM)
    assert isinstance(verdicts, ShownList)
    assert verdicts == list(verdicts)
    assert verdicts._repr_html_().count("<tr>") == len(verdicts) + 1
    for shown in (EVIL, ShownList([EVIL, ValueError("<i>")])):
        page = shown._repr_html_()
        assert "<script>" not in page
        assert "&lt;script&gt;x&lt;/script&gt;" in page
        assert "1 &lt;= 2 &amp; more" in page
    assert "&lt;i&gt;" in ShownList([EVIL, ValueError("<i>")])._repr_html_()
    assert "&lt;script" in frame([EVIL]).to_html()
    (m,) = found = measure_many([PROBLEM])
    assert f"<td>{m.kl:.6g}</td>" in m._repr_html_()
    assert f"<td>{m.kl:.6g}</td>" in found._repr_html_()
