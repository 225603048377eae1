"""Rows of speeds: added below those of before, each with its date and machine."""

import csv
from datetime import date

from harness.bench import kept


def test_rows_are_added(tmp_path):
    path = tmp_path / "new" / "speeds.csv"
    kept.add(path, [kept.Row("a push", 2.34567, "at most 3", "times a product")])
    kept.add(path, [kept.Row("a draw", 0.5, "", "s"), kept.Row("a run", 1e-4, "", "s")])
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == ["a push", "a draw", "a run"]
    assert [row["measured"] for row in rows] == ["2.35", "0.5", "0.0001"]
    assert rows[0]["wanted"] == "at most 3"
    assert {row["date"] for row in rows} == {date.today().isoformat()}
    assert all("cores, jax " in row["machine"] for row in rows)
