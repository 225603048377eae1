"""Tables, from samples and from files, and patches of digits."""

import itertools
import math
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from by_listing import laws_agree
from hypothesis import given
from hypothesis import strategies as st

from harness.space import Sequences
from toy_targets import DigitPatch, Table
from toy_targets.data import make_digits
from toy_targets.digit_patch import binary_digits
from toy_targets.laws import checked_law

# Tables and samples.

SAMPLES = [(0, 2), (1, 1), (0, 2), (2, 0), (0, 2)]
COUNTS = np.array([[0, 0, 3], [0, 1, 0], [1, 0, 0]]) / 5


def test_table_keeps_its_own_read_only_copy():
    mine = np.array([[0.25, 0.25], [0.5, 0.0]])
    table = Table(mine)
    mine[0, 0] = 9
    assert table.probabilities[0, 0] == 0.25
    with pytest.raises(ValueError, match="read-only"):
        table.probabilities[0, 0] = 1
    assert repr(table) == "Table(shape=(2, 2))"
    assert table.log_law()[1, 1] == -np.inf


def test_tables_are_equal_by_content():
    assert Table([0.5, 0.5]) == Table(np.array([0.5, 0.5]))
    assert Table([0.5, 0.5]) != Table([0.25, 0.75])
    assert Table([0.5, 0.5]) != Table([[0.5, 0.0], [0.0, 0.5]])
    assert Table([-0.0, 1]) == Table([0, 1])
    assert hash(Table([-0.0, 1])) == hash(Table([0, 1]))


def test_table_from_samples_counts():
    for samples in (SAMPLES, np.array(SAMPLES, np.uint8), np.array(SAMPLES, np.uint64)):
        assert Table.from_samples(samples) == Table(COUNTS)
    wider = Table.from_samples(SAMPLES, tokens=4)
    assert wider.space == Sequences(4, 2)
    np.testing.assert_array_equal(wider.probabilities[:3, :3], COUNTS)
    assert Table.from_samples([[0, 0]]).space == Sequences(2, 2)


def test_table_from_samples_against_a_counter():
    rows = np.random.default_rng(0).integers(0, 3, size=(500, 4))
    counted = Counter(map(tuple, rows.tolist()))
    laws_agree(Table.from_samples(rows), lambda x: counted[x])


def test_a_parquet_file(tmp_path):
    """A column a position; a null is a missing token; bytes that are none are told."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "samples.parquet"
    pd.DataFrame(SAMPLES, columns=["first", "second"]).to_parquet(path)
    assert Table.from_file(path) == Table(COUNTS)
    for column, message in (
        ([0, None, 1], "row 2: the token in column 'second' is missing"),
        ([0.5, 1.0, 0.0], "column 'second' must hold integer tokens, got Float64"),
        (["a", "b", "a"], "column 'second' must hold integer tokens, got string"),
    ):
        table = pd.DataFrame({"first": [0, 1, 2], "second": pd.Series(column)})
        table.convert_dtypes().to_parquet(path)
        with pytest.raises(ValueError, match=f"samples.parquet.*{message}"):
            Table.from_file(path)
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"samples\.parquet: not a readable \.parquet file"):
        Table.from_file(path)


def test_a_parquet_file_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    (tmp_path / "samples.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"read by pyarrow, which is not installed: leapcheck\[pa"):
        Table.from_file(tmp_path / "samples.parquet")


def test_table_from_file(tmp_path):
    np.save(tmp_path / "samples.npy", np.array(SAMPLES))
    (tmp_path / "samples.csv").write_text("\ufeff0,2\n1, 1\n\n0,2\r\n2,0\n0,2\n", encoding="utf-8")
    for name in ("samples.npy", "samples.csv"):
        assert Table.from_file(tmp_path / name) == Table(COUNTS)
        assert Table.from_file(str(tmp_path / name), tokens=5).space == Sequences(5, 2)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40).filter(lambda row: sum(row) > 0.1))
def test_checking_a_law_twice_changes_nothing(row):
    law = checked_law("row", np.array(row) / np.sum(row))
    np.testing.assert_array_equal(checked_law("row", law), law)


# Digits.


def test_digits_are_those_of_scikit_learn():
    rows = make_digits.packed_rows()
    with np.load(make_digits.FILE) as data:
        np.testing.assert_array_equal(data["rows"], rows)
    np.testing.assert_array_equal(binary_digits(), make_digits.load_digits().images >= 8)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_digit_patch(size):
    counts = Counter()
    for image in make_digits.load_digits().images:
        ink = [[int(pixel >= 8) for pixel in row] for row in image]
        for top, left in itertools.product(range(9 - size), repeat=2):
            rows = (ink[top + i][left : left + size] for i in range(size))
            counts[tuple(itertools.chain(*rows))] += 1
    log_law = DigitPatch(size).log_law()
    assert log_law.shape == (2,) * size**2
    assert np.isfinite(log_law).sum() == len(counts)
    total = 1797 * (9 - size) ** 2
    for patch, count in counts.items():
        assert log_law[patch] == pytest.approx(math.log(count / total), rel=1e-13)


def test_blank_paper_is_the_commonest_patch():
    for size in (1, 2, 3):
        assert DigitPatch(size).log_law().argmax() == 0
