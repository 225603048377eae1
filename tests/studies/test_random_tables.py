"""The study of many random tables: its arithmetic, and the committed summary."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import cost, measure
from harness.foundation.registry import label
from harness.samplers import Confidence, TauLeaping, Tweedie
from harness.show import scale_figure
from harness.studies import scale
from harness.studies.scale import Part, Study

COMMITTED = Path(__file__).parents[2] / "results/scale"
FEW = Study(spaces=((2, 3),), steps=(8, 16, 32), concentrations=(1.0,), seeds=6)


@pytest.fixture(scope="module")
def rows():
    return scale.run(FEW.parts([TauLeaping(), Tweedie()]))


def test_orders_are_those_claimed_and_constants_vary(rows):
    assert list(rows["problems"]) == [18, 18]
    assert list(rows["resolved"]) == [6, 6]
    for _, row in rows.iterrows():
        names = [f"order_{which}" for which in scale.QUANTILES]
        assert list(row[names]) == sorted(row[names])
        assert row["order_median"] == pytest.approx(2.0, abs=0.1)
        assert row["constant_largest"] > 1.05 * row["constant_least"]
    leaping, tweedie = rows["kl_median"]
    assert leaping > tweedie


def test_a_summary_is_that_of_problems_measured_one_by_one(rows):
    part = Part(FEW, Tweedie(), 2, 3)
    kls = np.array([[measure(part.problem(1.0, k, n)).kl for n in FEW.steps] for k in range(6)])
    slopes = np.log2(kls[:, 1] / kls[:, 2])
    found = rows[rows["sampler"] == "tweedie"].iloc[0]
    assert found["order_largest"] == pytest.approx(slopes.max(), rel=1e-6)
    constants = kls[:, 2] / (0.75 / 32) ** 2
    assert found["constant_tenth"] == pytest.approx(np.quantile(constants, 0.1), rel=1e-6)


def test_what_is_at_the_floor_or_has_no_order_is_left_out():
    part = Part(Study(steps=(8, 16, 32)), Tweedie(), 2, 3)
    kls = np.array([[4e-3, 1e-3, 2.5e-4], [4e-3, 1e-3, 1e-16], [0.3, 0.3, 0.3]])
    found = part.summary(kls, np.full((3, 3), 1e-16))
    assert found["resolved"] == 2
    assert (found["order_least"], found["order_largest"]) == pytest.approx((0.0, 2.0))
    assert found["kl_least"] == 0.0
    decoder = Part(Study(steps=(8, 16, 32)), Confidence(), 2, 3)
    assert "constant_median" not in decoder.summary(kls, np.full((3, 3), 1e-16))


def test_what_is_planned_grows_with_the_seeds_but_for_compiling():
    parts = [replace(FEW, seeds=seeds).parts([Tweedie()]) for seeds in (6, 60)]
    (compiling, few), (same, many) = map(scale.planned, parts)
    assert compiling == same
    assert many == pytest.approx(10 * few)
    problem = parts[0][0].problem(1.0, 0, 8)
    assert few > 6 * cost(problem, ("output",)).seconds


@pytest.mark.slow
def test_two_workers_find_the_same(rows):
    again = scale.run(FEW.parts([TauLeaping(), Tweedie()]), jobs=2)
    pd.testing.assert_frame_equal(
        again.drop(columns="cpu_seconds"), rows.drop(columns="cpu_seconds"), rtol=1e-9
    )


def test_the_figure_of_few(rows, tmp_path):
    took = scale_figure.took(FEW, rows, 1, 1.0)
    written = scale_figure.write(tmp_path, rows, took)
    assert [path.name for path in written] == ["summary.csv", "run.csv", "orders.png"]
    assert all(path.stat().st_size for path in written)


def test_the_committed_summary_has_every_sampler():
    found = pd.read_csv(COMMITTED / "summary.csv")
    study, every = Study(), scale.every_sampler()
    assert set(found["sampler"]) == set(map(label, every))
    assert len(found) == len(every) * len(study.spaces) * len(study.concentrations)
    run = pd.read_csv(COMMITTED / "run.csv").iloc[0]
    assert run["problems"] == found["problems"].sum() == len(found) * study.seeds * len(study.steps)
    assert run["planned_hours_of_ten_times"] < 10 * run["planned_hours"]


@pytest.mark.slow
def test_a_committed_row_comes_out_again():
    found = pd.read_csv(COMMITTED / "summary.csv")
    again = pd.DataFrame(Part(Study(), Tweedie(), 2, 3).rows()).set_index("concentration")
    old = found[(found["sampler"] == "tweedie") & (found["S"] == 2) & (found["d"] == 3)]
    for _, row in old.iterrows():
        for name in ("order_least", "order_median", "constant_largest", "kl_median"):
            assert again.loc[row["concentration"], name] == pytest.approx(row[name], rel=1e-3)
