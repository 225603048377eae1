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
        (-1.7741832e-07, -1.774183e-07, 0.9e-14, True),  # written when the floor was 1.1e-14
        (-1.7741832e-07, -1.774183e-07, 0.4e-14, False),
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
        (3.9e-19, 0.0, 1e-19, True),  # was two floors and less, as far as anybody knows
        (3.9e-19, 0.1e-19, 1e-19, False),
        (4.7e-19, 0.0, 1e-19, False),
        ("", 0.0, 1, False),
    ],
)
def test_when_a_value_agrees(value, stored, floor, same):
    assert ledger.agree(value, stored, floor) is same


floors = st.one_of(st.just(0.0), st.floats(-35, 3).map(lambda power: 10.0**power))
rounded = st.lists(
    st.tuples(st.one_of(numbers, st.floats(-40, 3).map(lambda p: 10.0**p)), floors), min_size=1
)


def with_floors(pairs):
    return [
        {"case": "a", "value": float(k), "kl": kl, ledger.FLOORS: {"kl": floor}}
        for k, (kl, floor) in enumerate(pairs)
    ]


@examples(100)
@given(rounded, st.floats(-1, 1))
def test_merging_writes_what_a_fresh_run_writes(pairs, nudge):
    """From an empty folder, after itself and after another machine's run: the same file."""
    rows = with_floors(pairs)
    noisy = [
        {**row, "kl": row["kl"] + nudge * floor, ledger.FLOORS: {"kl": floor * (1 + 0.1 * nudge)}}
        for row, (_, floor) in zip(rows, pairs, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        ledger.write(path, rows, KEYS)
        fresh = path.read_bytes()
        for again in (rows, noisy):
            ledger.write(path, ledger.merged(again, ledger.read(path), KEYS), KEYS)
            assert path.read_bytes() == fresh


def test_digits_below_the_floor_are_written_anew():
    """What an older version stored, whatever it agrees with."""
    row = {"case": "a", "value": 1.0, "kl": 8.1e-29, ledger.FLOORS: {"kl": 1e-28}}
    (found,) = ledger.merged([row], [{"case": "a", "value": 1.0, "kl": 1e-28}], KEYS)
    assert ledger._text(found["kl"], found[ledger.FLOORS]["kl"]) == "0"


def test_nothing_is_made_0_that_is_above_its_floor(tmp_path):
    path = tmp_path / "rows.csv"
    ledger.write(path, with_floors([(9.9e-29, 1.1e-29), (8.07e-29, 1e-28)]), KEYS)
    assert [row["kl"] for row in ledger.read(path)] == [1e-28, 0.0]


@pytest.mark.parametrize(
    ("prose", "stored", "floor", "same"),
    [
        ("0.123456 <= 0.5, 24.69% of the bound", "0.123457 <= 0.5, 24.70% of the bound", 0, True),
        ("0.123456 <= 0.5, 24.69% of the bound", "0.123459 <= 0.5, 24.69% of the bound", 0, False),
        ("0.123456 <= 0.5", "0.123459 <= 0.5", 2e-6, True),
        ("0 <= 0.5", "2e-28 <= 0.5", 1e-28, True),
        ("slopes +0.100, -0.250~, largest 3", "slopes +0.101, -0.250~, largest 3", 0, True),
        ("slopes +0.100~, largest 3", "slopes +0.100, largest 3", 0, False),
        ("bound inf >= 1", "bound inf >= 1", 0, True),
        ("bound inf >= 1", "bound 3 >= 1", 0, False),
        ("S=4 needs 46 steps", "S=5 needs 46 steps", 0, False),
        ("with 4,096 draws", "with 5,096 draws", 0, False),
        ("not met: S >= 2", "not met", 0, False),
    ],
)
def test_when_prose_says_the_same(prose, stored, floor, same):
    assert ledger.alike(prose, stored, floor) is same


@pytest.mark.parametrize(
    ("status", "reason", "kept"),
    [
        ("HOLDS", "0.10000 <= 0.300001, tight", True),
        ("HOLDS", "0.10000 <= 0.300001, loose", False),
        ("VIOLATED", "0.10000 <= 0.300001, tight", False),
    ],
)
def test_prose_stays_with_the_numbers_that_it_speaks_of(status, reason, kept):
    old = {"case": "a", "value": 1.0, "status": "HOLDS", "reason": "0.10000 <= 0.300000, tight"}
    new = {**old, "points": "", "status": status, "reason": reason, ledger.FLOORS: {"kl": 0.0}}
    (found,) = ledger.merged([new], [old], KEYS)
    assert found["reason"] == (old if kept else new)["reason"]


def test_columns_of_a_new_ledger_do_not_hang_on_its_first_line(tmp_path):
    rows = [{"name": "a", "slope": 1.0, "reason": "so"}, {"name": "b", "axis": "d", "bound": 2.0}]
    for k, order in enumerate((rows, rows[::-1])):
        ledger.write(tmp_path / f"{k}.csv", order, ("name",))
    found = [(tmp_path / f"{k}.csv").read_text() for k in (0, 1)]
    assert found[0] == found[1]
    assert found[0].splitlines()[0] == "name,axis,reason,bound,slope"
