"""Bad input is refused on construction, by an error that names the thing, the rule, the value."""

import re

import numpy as np
import pytest

from harness.foundation.registry import targets
from toy_targets import (
    DigitPatch,
    MarkovChain,
    OneSite,
    Pairs,
    Parity,
    PottsRing,
    Product,
    RandomTable,
    Table,
    TwoBeliefs,
)

NAN = float("nan")
FAIR = (0.5, 0.5)

BAD = [
    # products
    (lambda: Product(FAIR, 0), ValueError, "length must be at least 1, got 0"),
    (lambda: Product(FAIR, 2.0), TypeError, "length must be an integer, got 2.0"),
    (lambda: Product((0.5, 0.6), 2), ValueError, "token must sum to 1, got a sum of 1.1"),
    (lambda: Product((1.0,), 2), ValueError, "token must be one row of at least 2 probabilities"),
    (lambda: Product("half", 2), TypeError, "token must be numbers, got 'half'"),
    (lambda: Product((0.5, None), 2), TypeError, "token must be numbers, got (0.5, None)"),
    (lambda: Product(((0.5,), FAIR), 2), ValueError, "token must be rows of one length"),
    # Potts rings
    (lambda: PottsRing(3, 3, NAN), ValueError, "coupling must be finite, got nan"),
    (lambda: PottsRing(3, 3, 1.0, np.inf), ValueError, "field must be finite, got inf"),
    (lambda: PottsRing(3, 3, "strong"), TypeError, "coupling must be a number, got 'strong'"),
    (lambda: PottsRing(1, 3, 1.0), ValueError, "tokens must be at least 2, got 1"),
    (lambda: PottsRing(3, 0, 1.0), ValueError, "length must be at least 1, got 0"),
    (lambda: PottsRing(True, 3, 1.0), TypeError, "tokens must be an integer, got True"),
    # parity, pairs
    (lambda: Parity(0), ValueError, "length must be at least 1, got 0"),
    (lambda: Parity("4"), TypeError, "length must be an integer, got '4'"),
    (lambda: Pairs(1, 2), ValueError, "tokens must be at least 2, got 1"),
    (lambda: Pairs(2, 0), ValueError, "pairs must be at least 1, got 0"),
    # Markov chains
    (
        lambda: MarkovChain(((0.5, 0.5), (0.5, 0.4)), 3),
        ValueError,
        "transition row 1 must sum to 1, got a sum of 0.9",
    ),
    (
        lambda: MarkovChain(((1.5, -0.5), FAIR), 3),
        ValueError,
        "transition row 0 must not be negative, got -0.5",
    ),
    (
        lambda: MarkovChain((FAIR, FAIR, FAIR), 3),
        ValueError,
        "transition must be square, got rows of lengths [2, 2, 2]",
    ),
    (lambda: MarkovChain((), 3), ValueError, "transition must be square, got rows of lengths []"),
    (lambda: MarkovChain(0.5, 3), TypeError, "transition must be rows of numbers, got 0.5"),
    (lambda: MarkovChain("ab", 3), TypeError, "transition row 0 must be numbers, got 'a'"),
    (lambda: MarkovChain((FAIR, FAIR), 0), ValueError, "length must be at least 1, got 0"),
    (
        lambda: MarkovChain(((1, 0), (0, 1)), 3),
        ValueError,
        "transition must have one stationary law, got 2 closed groups of tokens; give initial",
    ),
    (
        lambda: MarkovChain((FAIR, FAIR), 3, initial=(0.2, 0.3, 0.5)),
        ValueError,
        "initial must have as many tokens as transition (2), got 3",
    ),
    (
        lambda: MarkovChain((FAIR, FAIR), 3, initial=(0.5, 0.6)),
        ValueError,
        "initial must sum to 1, got a sum of 1.1",
    ),
    (lambda: MarkovChain.binary(3, -0.1), ValueError, "flip must be at least 0, got -0.1"),
    (lambda: MarkovChain.binary(3, 1.1), ValueError, "flip must be at most 1, got 1.1"),
    (lambda: MarkovChain.binary(3, NAN), ValueError, "flip must be finite, got nan"),
    # mixtures
    (
        lambda: TwoBeliefs(FAIR, (0.2, 0.3, 0.5), 2),
        ValueError,
        "second must have as many tokens as first (2), got 3",
    ),
    (lambda: TwoBeliefs(FAIR, FAIR, 2, 1.5), ValueError, "weight must be at most 1, got 1.5"),
    (lambda: TwoBeliefs(FAIR, (1, 1), 2), ValueError, "second must sum to 1, got a sum of 2"),
    (lambda: TwoBeliefs(FAIR, FAIR, 0), ValueError, "length must be at least 1, got 0"),
    (lambda: TwoBeliefs.binary(2, -1), ValueError, "preference must be at least 0, got -1"),
    # random laws
    (lambda: RandomTable(2, 2, -1), ValueError, "seed must be at least 0, got -1"),
    (lambda: RandomTable(2, 2, 0.5), TypeError, "seed must be an integer, got 0.5"),
    (lambda: RandomTable(2, 2, 0, 0), ValueError, "concentration must be at least 1e-06, got 0"),
    (lambda: OneSite(1), ValueError, "tokens must be at least 2, got 1"),
    (lambda: OneSite(15, None), TypeError, "seed must be an integer, got None"),
    # tables
    (
        lambda: Table([[0.5, 0.6], [-0.1, 0]]),
        ValueError,
        "probabilities must not be negative, got -0.1",
    ),
    (lambda: Table([0.5, 0.4]), ValueError, "probabilities must sum to 1, got a sum of 0.9"),
    (lambda: Table([0.5, NAN]), ValueError, "probabilities must be finite, got nan"),
    (lambda: Table(1.0), ValueError, "probabilities must have axes of one length, at least 2"),
    (lambda: Table([1.0]), ValueError, "one for each token, got shape (1,)"),
    (lambda: Table(np.full((2, 3), 1 / 6)), ValueError, "got shape (2, 3)"),
    (lambda: Table([[0.5], [0.25, 0.25]]), ValueError, "probabilities must be rows of one length"),
    (lambda: Table(["a", "b"]), TypeError, "probabilities must be numbers, got ['a', 'b']"),
    (lambda: Table([True, False]), TypeError, "probabilities must be numbers"),
    (lambda: Table([0.5 + 0j, 0.5]), TypeError, "probabilities must be numbers"),
    (lambda: Table([]), ValueError, "probabilities must sum to 1, got a sum of 0"),
    # samples
    (
        lambda: Table.from_samples([[0, -1]]),
        ValueError,
        "samples must not be negative, got -1",
    ),
    (
        lambda: Table.from_samples([[0.0, 1.0]]),
        TypeError,
        "samples must be integers, got dtype float64",
    ),
    (lambda: Table.from_samples([0, 1]), ValueError, "samples must be [n, d] with at least one"),
    (lambda: Table.from_samples(np.zeros((0, 3), int)), ValueError, "got shape (0, 3)"),
    (lambda: Table.from_samples([[0], [1, 2]]), ValueError, "samples must be rows of one length"),
    (
        lambda: Table.from_samples([[0, 3]], tokens=3),
        ValueError,
        "samples must be below tokens=3, got 3",
    ),
    (lambda: Table.from_samples([[0, 0]], tokens=1), ValueError, "tokens must be at least 2"),
    (
        lambda: Table.from_samples([[0, 1] * 20]),
        ValueError,
        "S=2, d=40 has 1.1e12 states, more than max_states=65,536",
    ),
    (
        lambda: Table.from_samples([[0, 1, 1]], max_states=7),
        ValueError,
        "has 8 states, more than max_states=7",
    ),
    (
        lambda: Table.from_samples([[2**62, 2**62]]),
        ValueError,
        "more than max_states=65,536",
    ),
    # digits
    (lambda: DigitPatch(5), ValueError, "size must be at most 4, got 5"),
    (lambda: DigitPatch(0), ValueError, "size must be at least 1, got 0"),
    (lambda: DigitPatch(2.0), TypeError, "size must be an integer, got 2.0"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[case[2] for case in BAD])
def test_refused_with_a_reason(build, error, message):
    with pytest.raises(error, match=re.escape(message)):
        build()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1\n1,x\n", "line 2: a token must be an integer from 0 to 999999999, got 'x'"),
        ("a,b\n0,1\n", "line 1: 'a', 'b' is a header, of which a file of tokens has none: remove"),
        ("0,a\n0,1\n", "line 1: a token must be an integer from 0 to 999999999, got 'a'"),
        ("0,1\n1,-1\n", "line 2: a token must be an integer from 0 to 999999999, got '-1'"),
        ("0,1.0\n", "got '1.0'"),
        ("0,1_0\n", "got '1_0'"),
        ("0,²\n", "got '²'"),
        ("0,1,\n", "line 1: the token in column 3 is missing, got '': every sequence has all its"),
        ("0,1\n1,NA\n", "line 2: the token in column 2 is missing, got 'NA'"),
        ("NA,0\n", "line 1: the token in column 1 is missing, got 'NA'"),
        ("0,1\n3,1\n", "token 2 never appears, though 3 does: number the tokens from 0 without a"),
        ("1,2\n2,1\n", "samples.csv: token 0 never appears, though 2 does"),
        ("0,1\n\n1\n", "line 3: every row must have 2 tokens as the first does, got 1"),
        ("\n", "a .csv file must have at least one row, got none"),
        (",".join("0" * 30), "samples.csv: S=2, d=30 has 1.1e9 states"),
    ],
)
def test_csv_refused_by_line_and_value(tmp_path, text, message):
    path = tmp_path / "samples.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Table.from_file(path)
    assert str(caught.value).startswith(str(path))


def test_other_files_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        Table.from_file(tmp_path / "none.csv")
    with pytest.raises(
        ValueError, match=r"in a \.npy, \.csv or \.parquet file, got 'samples\.txt'"
    ):
        Table.from_file("samples.txt")
    (tmp_path / "latin.csv").write_bytes(b"0,1\xff\n")
    with pytest.raises(ValueError, match=r"latin\.csv: a \.csv file must be UTF-8 text"):
        Table.from_file(tmp_path / "latin.csv")
    for content in (b"", b"not an array", b"PK\x03\x04"):
        (tmp_path / "bad.npy").write_bytes(content)
        with pytest.raises(ValueError, match=r"bad\.npy: not a readable \.npy array"):
            Table.from_file(tmp_path / "bad.npy")
    np.save(tmp_path / "float.npy", np.zeros((2, 2)))
    with pytest.raises(TypeError, match=r"float\.npy: samples must be integers, got dtype float64"):
        Table.from_file(tmp_path / "float.npy")


def test_samples_are_refused_before_a_table_is_allocated(monkeypatch):
    def allocated(*_):
        raise AssertionError("a table was built")

    monkeypatch.setattr("toy_targets.table.empirical_law", allocated)
    with pytest.raises(ValueError, match="max_states"):
        Table.from_samples([[0] * 20])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"name": "pots_ring"}, "no target named 'pots_ring'; did you mean 'potts_ring'?"),
        ({"name": "marrkov_chain"}, "did you mean 'markov_chain'?"),
        (
            {"name": "potts_ring", "tokens": 2, "lenght": 3, "coupling": 1.0},
            "no field of target 'potts_ring' named 'lenght'; did you mean 'length'?",
        ),
        ({"name": "potts_ring", "tokens": 2}, "target 'potts_ring' needs length, coupling"),
        ({"tokens": 2}, "a target needs a table with a 'name'"),
    ],
)
def test_bad_spec_suggests_the_nearest(spec, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        targets.build(spec)
