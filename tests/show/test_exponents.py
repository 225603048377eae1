"""Exponents of what was measured and of what theorems say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness.show import exponents

PI = np.pi  # so that no number has fewer digits than are kept
RESULTS = Path(harness.__file__).parents[1] / "results"


def planted(axis="step", x=(0.4, 0.2, 0.1, 0.05), **columns):
    """Rows of one sweep with ``columns``, functions of the array ``x``."""
    x = np.array(x)
    rows = {"experiment": "planted", "target": "t", "sampler": "euler", "axis": axis, "x": x}
    return pd.DataFrame(rows | {name.replace("__", " "): of(x) for name, of in columns.items()})


def found(rows):
    table = exponents.of_rows(rows)
    return {(row.of, row.rung): row for row in table.itertuples()}


def test_powers_are_found_with_what_theorems_say():
    rows = planted(kl=lambda x: PI * x**2, chain_kl=lambda x: PI * x)
    rows["form liang_2025[O]"] = PI * rows["x"]
    rows["bound explicit_dtc[D]"] = PI * rows["x"] ** 1.5
    powers = {key: row.exponent for key, row in found(rows).items()}
    assert powers == {
        ("measured", "output"): pytest.approx(2),
        ("measured", "chain"): pytest.approx(1),
        ("liang_2025[O]", "output"): pytest.approx(1),
        ("explicit_dtc[D]", "chain"): pytest.approx(1.5),
    }
    assert {row.power_of for row in found(rows).values()} == {"h"}
    assert {row.label for row in found(rows).values()} == {"resolved"}


def test_along_the_start_it_is_a_power_of_what_is_left_of_the_data():
    rows = planted("T", (2.0, 4.0, 6.0, 8.0), kl=lambda t: 2 * np.exp(-2 * t))
    (row,) = found(rows).values()
    assert (row.exponent, row.power_of) == (pytest.approx(2), "e^{-T}")


def test_what_has_not_settled_is_said_and_what_is_0_is_left_out():
    bent = planted(kl=lambda x: PI * (x**2 + 10 * x**4), chain_kl=lambda x: 0 * x)
    assert {key: row.label for key, row in found(bent).items()} == {
        ("measured", "output"): "pre-asymptotic"
    }


def test_the_error_is_that_of_the_digits_that_are_kept():
    rows = planted(kl=lambda x: PI * x**2, chain_kl=lambda x: np.array([4e-9, 2e-9, 1e-9, 5e-10]))
    errors = {key: row.error for key, row in found(rows).items()}
    assert errors["measured", "chain"] > 0.1  # a number of one digit
    rows = planted(kl=lambda x: 1.2345678 * x**2)
    assert 0 < found(rows)["measured", "output"].error < 1e-6


@pytest.mark.parametrize("axis", ["coupling", "epsilon"])
def test_other_axes_have_no_powers(axis):
    assert found(planted(axis, kl=lambda x: x)) == {}


def test_summaries_are_ranges_of_what_has_settled():
    one = exponents.of_rows(planted(kl=lambda x: PI * x**2))
    other = exponents.of_rows(planted(kl=lambda x: PI * x**1.5).assign(target="u"))
    bent = exponents.of_rows(planted(kl=lambda x: PI * (x**2 + 10 * x**4)).assign(target="v"))
    (row,) = exponents.of_samplers(pd.concat([one, other, bent])).to_dict("records")
    assert row == {
        **{"sampler": "euler", "power of": "h", "claimed": "2 and 1", "output": "1.50 to 2.00"},
        **{"average": "-", "chain": "-", "path": "-", "tv": "-", "sweeps": 2},
    }
    rows = planted(kl=lambda x: PI * x**2).assign(**{"form liang_2025[O]": lambda t: PI * t["x"]})
    (row,) = exponents.of_theorems(exponents.of_rows(rows)).to_dict("records")
    assert (row["says"], row["measured"], row["difference"]) == ("1.00", "2.00", "-1.00")
    assert row["declares"] == "1"


def test_each_theorem_is_beside_what_it_bounds():
    """Of the average over reveal sets only where a theorem asks for it; the start is no output."""
    rows = planted(kl=lambda x: PI * x**2, chain_kl=lambda x: PI * x, tv=lambda x: PI * x**1.1)
    assert ("measured", "average") not in found(rows)
    for theorem in ("chen_cong_li_2026[D]", "di4c_2025[D]", "start_uniform[D]", "liang_2025[O]"):
        rows[f"bound {theorem}"] = PI * rows["x"] ** 1.3
    powers = {key: row.exponent for key, row in found(rows).items()}
    assert powers["measured", "average"] == powers["measured", "chain"] == pytest.approx(1)
    assert powers["measured", "tv"] == pytest.approx(1.1)
    beside = {of: rung for of, rung in powers if of != "measured"}
    assert beside == {
        "chen_cong_li_2026[D]": "average",
        "di4c_2025[D]": "tv",
        "liang_2025[O]": "output",
    }


def test_declared_powers_are_those_that_the_theorem_gives():
    assert exponents.declared("liang_2025[O]", "d") == "2"
    assert exponents.declared("dmitriev_2026a[T]", "S") == "log"
    assert exponents.declared("explicit_dtc[D]", "d") == ""  # an inequality gives none
    assert exponents.declared("gone[T]", "d") == ""


def test_the_interval_of_draws_is_part_of_the_error():
    rows = planted("d", (4, 8, 16, 32), chain_kl=lambda x: PI * x)
    exact = found(rows)["measured", "chain"]
    drawn = found(rows.assign(chain_half_width=0.1 * rows["chain_kl"]))["measured", "chain"]
    assert drawn.exponent == exact.exponent
    assert drawn.error == pytest.approx(0.2 / np.log(2), rel=0.05)
    assert (exact.label, drawn.label) == ("resolved", "at-floor")


def test_long_sweeps_are_in_the_table():
    kept = pd.read_csv(RESULTS / "exponents.csv", keep_default_na=False)
    assert {"length_1000", "critical_point", "step_even"} & set(kept["experiment"]) == {
        "length_1000",
        "step_even",
    }  # along a coupling there are no powers


def test_what_is_kept_is_that_of_the_rows():
    """After rows have changed: ``python -m harness.show.exponents``."""
    kept = pd.read_csv(RESULTS / "exponents.csv", keep_default_na=False)
    now = exponents.table(RESULTS)
    keys = [name for name in exponents.TITLES if name not in ("exponent", "error")]
    assert kept[keys].to_dict("records") == now[keys].to_dict("records")
    assert kept["exponent"].to_numpy() == pytest.approx(now["exponent"], rel=6e-3, abs=1e-6)
