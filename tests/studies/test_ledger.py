"""Rows and ledger on disk: what is written is read, and differences are found both ways."""

import math
import tempfile
from pathlib import Path

import pytest
from helpers.random_problems import examples
from hypothesis import given
from hypothesis import strategies as st

from harness.studies import ledger

KEYS = ("case", "value")
numbers = st.one_of(
    st.floats(-1e9, 1e9), st.floats(1e-290, 1e290), st.sampled_from([math.inf, 0.0, 3.0])
)
cases = st.dictionaries(
    st.tuples(st.sampled_from(["a b", 'quoted "x", y', "τ"]), st.sampled_from([1.0, 16.0, 1e-3])),
    st.fixed_dictionaries({"kl": numbers, "status": st.sampled_from(["HOLDS", "VACUOUS"])}),
    min_size=1,
)


def rows_of(table):
    return [
        {"case": case, "value": value, "kl": cells["kl"], "status": cells["status"]}
        for (case, value), cells in table.items()
    ]


@examples(25)
@given(cases, st.data())
def test_rows_round_trip(table, data):
    rows = rows_of(table)
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "made", "rows.csv"), Path(folder, "again.csv")
        ledger.write(path, data.draw(st.permutations(rows)), KEYS)
        read = ledger.read(path)
        assert ledger.differences(rows, read, KEYS) == []
        assert len(read) == len(rows)
        order = [(row["case"], row["value"]) for row in read]
        assert order == sorted(order)
        # Another machine's rounding leaves the file as it is.
        noisy = [{**row, "kl": row["kl"] * (1 + 1e-10)} for row in rows]
        assert ledger.differences(noisy, read, KEYS) == []
        ledger.write(again, ledger.merged(noisy, read, KEYS), KEYS)
        assert again.read_bytes() == path.read_bytes()


@examples(20)
@given(cases, st.data())
def test_differences_are_found_in_either_direction(table, data):
    rows = rows_of(table)
    with tempfile.TemporaryDirectory() as folder:
        ledger.write(Path(folder, "rows.csv"), rows, KEYS)
        read = ledger.read(Path(folder, "rows.csv"))
    one = data.draw(st.integers(0, len(rows) - 1))
    rest = rows[:one] + rows[one + 1 :]
    name = f"{rows[one]['case']} | "
    (line,) = ledger.differences(rest, read, KEYS)
    assert line.startswith(name)
    assert line.endswith(": in the ledger, but not computed")
    (line,) = ledger.differences(rows, ledger.merged(rest, rest, KEYS), KEYS)
    assert line.startswith(name)
    assert line.endswith(": not in the ledger")
    changed = {**rows[one], "kl": rows[one]["kl"] * (1 + 1e-6) + 1e-300, "status": "VIOLATED"}
    lines = ledger.differences([*rest, changed], read, KEYS)
    status = [line for line in lines if ": status is VIOLATED, the ledger has" in line]
    assert len(status) == 1
    if abs(rows[one]["kl"]) not in (0.0, math.inf) and abs(rows[one]["kl"]) > 1e-280:
        assert len(lines) == 2
        merged = ledger.merged([changed], rows, KEYS)
        assert merged == [changed]
        forgiven = {**changed, ledger.FLOORS: {"kl": abs(rows[one]["kl"]) * 2e-6}}
        assert ledger.differences([*rest, forgiven], read, KEYS) == status


def test_a_missing_file_has_no_rows():
    assert ledger.read(Path("no", "such", "rows.csv")) == []


@pytest.mark.parametrize(
    ("value", "stored", "floor", "same"),
    [
        (1.0, 1.0 + 9e-9, 0, True),
        (1.0, 1.0 + 1e-6, 0, False),
        (1e-20, 2e-20, 1e-19, True),
        (1e-20, 2e-20, 0, False),
        (math.inf, math.inf, 0, True),
        (math.inf, 1e300, 0, False),
        (math.nan, math.nan, 0, True),
        ("HOLDS", "HOLDS", 0, True),
        ("HOLDS", "holds", 1, False),
        (True, 1.0, 1, False),
        (0.0, 0.0, 0, True),
        (0.0, 1e-30, 0, False),
        ("", 0.0, 1, False),
    ],
)
def test_when_a_value_agrees(value, stored, floor, same):
    assert ledger.agree(value, stored, floor) is same
