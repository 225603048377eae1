"""A work–precision study: a table of runs with orders, errors and labels, that draws itself."""

import math
import subprocess
import sys

import pandas as pd
import pytest

from harness import Problem, grids, measure, study
from harness.measurement.score_calls import score_calls
from harness.noise import Absorbing, Uniform
from harness.samplers import Euler, MaskedPlugIn, ThetaTrapezoidal, Tweedie
from harness.verdicts.verdict import Status
from toy_targets import Pairs

PAIRS = Pairs(2, 1)
EVEN = [grids.even(1.0, 0.25, steps) for steps in (4, 8, 16)]
TO_DATA = [grids.even(3.0, 0.0, steps) for steps in (4, 8)]
REVEAL = [grids.even_reveal(steps=steps) for steps in (3, 6)]


@pytest.fixture(scope="module")
def found():
    return study([Tweedie(), ThetaTrapezoidal(0.5)], {"pairs": PAIRS}, EVEN[::-1], start="exact")


def test_a_row_is_what_measure_gives_coarse_to_fine(found):
    assert isinstance(found, pd.DataFrame)
    tweedie = found[found["sampler"] == "tweedie"]
    assert tweedie["N"].tolist() == [4, 8, 16]
    problem = Problem(PAIRS, Uniform(), Tweedie(), EVEN[0], start="exact")
    row, measured = tweedie.iloc[0], measure(problem, output_only=True)
    for name in ("kl", "tv", "data_tv", "reverse_kl", "off_support", "entropy_fall"):
        assert row[name] == getattr(measured, name), name
        assert row[f"{name}_floor"] == measured.floors.get(name, 0.0), name
    assert row["uncertainty"] == row["kl_floor"] > 0
    assert (row["target"], row["grid"], row["delta"]) == ("pairs", "even", 0.25)
    assert row["law"] == "q_δ at δ = 0.25 under uniform noise"
    assert row["score_calls"] == score_calls(problem).mean == 4
    assert not found["error"].any()


def test_orders_have_errors_and_labels(found):
    first, second, third = found[found["sampler"] == "tweedie"].to_dict("records")
    assert math.isnan(first["order"])
    assert first["label"] == ""
    assert second["order"] == pytest.approx(math.log2(first["kl"] / second["kl"]))
    assert third["order"] == pytest.approx(2, abs=0.2)
    assert 0 < third["order_error"] < 1e-6
    assert {second["label"], third["label"]} <= {"resolved", "pre-asymptotic"}


def test_two_are_compared_at_equal_calls(found):
    """The θ-trapezoidal rule takes two calls a step: at 8 and 16 calls both were run."""
    name, calls = "theta_trapezoidal", found.set_index(["sampler", "score_calls"])["kl"]
    (verdict,) = found.at_equal_calls(name, "tweedie").values()
    factors = [calls[name, n] / calls["tweedie", n] for n in (8, 16)]
    assert verdict.terms == pytest.approx({"least": min(factors), "largest": max(factors)})
    assert "at 8, 16 score calls" in verdict.reason
    assert verdict.reason.startswith("to q_δ at δ = 0.25, ")
    with pytest.raises(ValueError, match="no sampler of this study named 'twedie'; did you mean"):
        found.at_equal_calls("twedie", name)


def test_a_sampler_may_have_noise_start_and_grids_of_its_own():
    masked = {"sampler": MaskedPlugIn(), "noise": Absorbing(), "start": "mask", "grids": REVEAL}
    kinds = {"even": TO_DATA, "coarse": [grids.even(3.0, 0.0, 2)]}
    both = study({"masked": masked, "tweedie": Tweedie()}, [PAIRS], kinds)
    assert set(both["law"]) == {"the data"}
    names = ["masked", "tweedie, even", "tweedie, coarse"]
    assert list(dict.fromkeys(both.runs)) == names
    (verdict,) = both.at_equal_calls("masked", "tweedie, even").values()
    assert "interpolated in log–log at 4" in verdict.reason
    assert verdict.status is not Status.INCONCLUSIVE
    figure = both.plot("pairs")
    (panel,) = figure.axes
    assert [line.get_label() for line in panel.lines] == names
    assert panel.get_ylabel() == "output KL, nats, to the data"
    assert panel.lines[1].get_ydata().tolist() == both["kl"][both.runs == names[1]].tolist()


def test_rows_that_are_chosen_still_draw(found):
    chosen = found[found["sampler"] == "tweedie"]
    assert len(chosen.plot().axes[0].lines) == 1
    with pytest.raises(ValueError, match="all its columns, got none named target, sampler, grid"):
        found[["kl", "h"]].plot()
    with pytest.raises(ValueError, match="no runs has nothing to draw"):
        found[found["N"] > 99].plot()


def test_at_two_deltas_only_tv_to_the_data_is_one_quantity():
    own = {"sampler": Euler(), "grids": [grids.even(1.0, 0.125, steps) for steps in (4, 8)]}
    samplers = {"tweedie": Tweedie(), "euler": own}
    with pytest.raises(ValueError, match=r"kl must be to one law, got q_δ at δ = 0.25 under unif"):
        study(samplers, [PAIRS], EVEN)
    both = study(samplers, [PAIRS], EVEN, quantity="data_tv")
    assert set(both["law"]) == {"the data"}
    assert both.plot().axes[0].get_ylabel() == "TV to the data"
    (verdict,) = both.at_equal_calls("euler", "tweedie").values()
    assert verdict.reason.startswith("to the data, ")


def test_tables_joined_later_are_not_compared_across_laws(found):
    later = study([Euler()], {"pairs": PAIRS}, [grids.even(1.0, 0.5, 4)], start="exact")
    joined = pd.concat([found, later])
    with pytest.raises(ValueError, match=r"kl on pairs must be to one law, got q_δ at δ = 0\.25"):
        joined.at_equal_calls("euler", "tweedie")


def test_the_chain_kl_is_measured_when_it_is_asked_for():
    table = study([Tweedie()], [PAIRS], EVEN[:2], quantity="chain_kl", start="exact")
    assert (table["chain_kl"] > table["kl"]).all()
    assert (table["uncertainty"] >= table["chain_kl_floor"]).all()
    assert list(table.columns).count("chain_kl") == 1


def test_a_run_that_fails_does_not_stop_the_others(monkeypatch):
    from harness.studies import work_precision

    many = work_precision.measure_many

    def with_one_bad(problems, **asked):
        found = many(problems, **asked)
        return [ValueError("it broke"), *found[1:]]

    monkeypatch.setattr(work_precision, "measure_many", with_one_bad)
    table = study([Tweedie(), Euler()], [PAIRS], EVEN, start="exact")
    assert table["error"].tolist() == ["it broke", *[""] * 5]
    assert table["kl"].isna().tolist() == [True, *[False] * 5]
    assert table["label"].tolist()[1] == "at-floor"
    (verdict,) = table.at_equal_calls("tweedie", "euler").values()
    assert "at 8, 16 score calls" in verdict.reason
    assert len(table.plot().axes[0].lines) == 2


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"samplers": []}, ValueError, "at least one of samplers, got none"),
        ({"samplers": Tweedie()}, TypeError, "samplers must be a sequence, or a table of labels"),
        ({"samplers": [Tweedie(), Tweedie()]}, ValueError, "called, got 'tweedie' twice; a table"),
        ({"targets": 3}, TypeError, "targets must be a sequence, or a table of labels, got 3"),
        ({"grids": []}, ValueError, "at least one grid of each kind, got none"),
        ({"grids": 8}, TypeError, "grids must be a sequence of Grid, or a table of them, got 8"),
        ({"grids": {"a": EVEN, "b": [8]}}, TypeError, r"grids\['b'\]\[0\] must be a Grid, got 8"),
        ({"grids": EVEN[:1] * 2}, ValueError, "tweedie on even: grids of one kind must differ in"),
        ({"quantity": "kll"}, ValueError, "no quantity named 'kll'; did you mean 'kl'"),
        ({"strat": "exact"}, ValueError, "no field of a study named 'strat'; did you mean 'start'"),
        (
            {"samplers": {"x": {"sampler": Tweedie(), "grid": 1}}},
            ValueError,
            "did you mean 'grids'",
        ),
        ({"samplers": {"x": {"noise": Uniform()}}}, TypeError, "missing .* 'sampler'"),
        ({"samplers": {"x": 3}}, TypeError, "study, pairs.* with x on even: a sampler needs step"),
        ({"noise": "uniform"}, TypeError, "tweedie on even: noise must be a Noise, got 'uniform'"),
    ],
)
def test_what_cannot_be_studied_is_said_before_it_is_run(change, error, message):
    given = {"samplers": [Tweedie()], "targets": [PAIRS], "grids": EVEN, **change}
    with pytest.raises(error, match=message):
        study(**given)


def test_the_function_alone_loads_no_table_and_no_figure():
    code = (
        "import sys; from harness import study; assert callable(study); "
        "assert not {'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
