"""Tests of tests: they let true draws pass, and see what they say they see."""

import math

import numpy as np
import pytest

from harness import statistics
from harness.statistics import counts_test, draws_test

RNG = np.random.default_rng(7)
WEIGHTS = 1 + RNG.multinomial(2**14 - 27, RNG.dirichlet(np.full(27, 0.7)))
LAW = (WEIGHTS / 2**14).reshape(3, 3, 3)  # sums to one without rounding, so that nothing is lost
LEVEL = statistics.false_alarm_each(100)


def rejections(truth, law, draws, level, repetitions, seed):
    """How many of many samples from ``truth`` fail the test against ``law``."""
    samples = np.random.default_rng(seed).multinomial(draws, truth.ravel(), repetitions)
    return sum(
        not counts_test(
            k[: law.size].reshape(law.shape), law, level, int(k[law.size :].sum())
        ).passed
        for k in samples
    )


def test_the_budget_is_split():
    assert statistics.false_alarm_each(100) == pytest.approx(1e-8)
    with pytest.raises(ValueError, match="tests must be at least 1, got 0"):
        statistics.false_alarm_each(0)


@pytest.mark.parametrize("draws", [1, 10, 1_000, 1_000_000])
def test_true_draws_pass(draws):
    index = np.random.default_rng(draws).choice(27, draws, p=LAW.ravel())
    x = np.stack(np.unravel_index(index, LAW.shape), 1)
    result = draws_test(x, LAW, LEVEL)
    assert result.passed, result.reason
    assert (result.draws, result.cells, result.false_alarm) == (draws, 27, LEVEL)


@pytest.mark.parametrize("draws", [1_000, 100_000])
def test_the_stated_shift_of_one_cell_is_detected(draws):
    """Power is at least 0.99: of 200, at most 8 misses has probability above 0.9998."""
    up = statistics.detectable_shift(LAW.ravel(), draws, LEVEL)
    for cell in (int(LAW.argmin()), int(LAW.argmax())):
        p = LAW.ravel()
        truth = p * (1 - p[cell] - up[cell]) / (1 - p[cell])
        truth[cell] = p[cell] + up[cell]
        assert rejections(truth, LAW, draws, LEVEL, 200, seed=cell) >= 192


def test_the_stated_shift_is_the_least():
    """A little less than the stated shift is detected a little less than 99 times in 100."""
    up = statistics.detectable_shift(np.array([0.02, 0.98]), 5_000, LEVEL)[0]
    for factor, low, high in ((1.0, 0.98, 1.0), (0.9, 0.5, 0.98), (0.5, 0.0, 0.1)):
        gain = factor * up
        found = rejections(
            np.array([0.02 + gain, 0.98 - gain]), np.array([0.02, 0.98]), 5_000, LEVEL, 400, 3
        )
        assert low <= found / 400 <= high


@pytest.mark.parametrize("cells", [2, 16, 1024])
def test_the_stated_total_variation_is_detected_when_spread_over_all_cells(cells):
    law, draws = np.full(cells, 1 / cells), 20_000
    distance = statistics.detectable_tv(law, draws, LEVEL)
    tilt = np.where(np.arange(cells) % 2, 2.0, -2.0) * distance / cells
    assert abs(tilt).sum() / 2 == pytest.approx(distance)
    assert rejections(law + tilt, law, draws, LEVEL, 200, seed=cells) >= 192


def test_stated_effects_are_in_the_result_and_shrink_with_draws():
    few, many = (counts_test((n * LAW).round().astype(int), LAW, LEVEL, 0) for n in (1e4, 1e6))
    p = np.append(LAW.ravel(), 0.0)
    assert few.detectable_tv == statistics.detectable_tv(p, few.draws, LEVEL)
    assert few.detectable_shift == statistics.detectable_shift(p, few.draws, LEVEL).max()
    assert 9 < few.detectable_tv / many.detectable_tv < 11
    assert 8 < few.detectable_shift / many.detectable_shift < 12
    assert many.tv < 1e-5


def test_one_draw_of_an_impossible_outcome_fails():
    law = np.array([[0.5, 0.0], [0.25, 0.25]])
    assert counts_test(np.array([[500, 0], [250, 250]]), law, LEVEL, 0).passed
    result = counts_test(np.array([[500, 1], [250, 250]]), law, 1e-12, 0)
    assert (result.passed, result.p_value, result.cells) == (False, 0.0, 3)
    assert result.reason.startswith("cell [0, 1] has 1 of 1001 draws, expected 0 ")


def test_lost_draws_are_an_outcome():
    law = np.array([0.5, 0.4])
    x = np.repeat([[0], [1], [-1]], [500, 400, 100], axis=0)
    result = draws_test(x, law, LEVEL)
    assert result.passed
    assert (result.draws, result.cells) == (1000, 3)
    assert not draws_test(x[:900], law, LEVEL).passed
    result = draws_test(x, np.array([0.55, 0.45]), LEVEL)
    assert not result.passed
    assert "cell lost has 100" in result.reason


@pytest.mark.parametrize(
    ("law", "draws"),
    [(np.array([0.5, 0.5]), 12), (np.array([0.97, 0.02, 0.01]), 50), (LAW, 40), (LAW * 0.8, 300)],
)
def test_false_alarms_are_within_the_level(law, draws):
    """Of 2000 samples at level 0.05, at most 100 and four standard errors."""
    truth = np.append(law.ravel(), max(0.0, 1 - law.sum()))
    found = rejections(truth, law, draws, 0.05, 2000, seed=draws)
    assert found / 2000 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 2000)


def test_the_level_is_not_wasted():
    """Two statistics, two cells that say the same: a quarter of the level is used, not less."""
    found = rejections(np.array([0.5, 0.5]), np.array([0.5, 0.5]), 1000, 0.2, 2000, seed=1)
    assert 0.02 < found / 2000 < 0.2


def test_an_error_spread_thin_is_seen_by_total_variation_alone():
    cells, draws = 4096, 20_000
    law = np.full(cells, 1 / cells)
    tilted = law * np.where(np.arange(cells) % 2, 1.7, 0.3)
    k = np.random.default_rng(5).multinomial(draws, tilted)
    result = counts_test(k, law, LEVEL, 0)
    assert not result.passed
    assert result.reason.startswith("total variation 0.")


def test_mean_total_variation_is_exact():
    """On two cells: ``E|X/n - p|`` by the full sum."""
    n, p = 17, 0.3
    pmf = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    want = sum(w * abs(k / n - p) for k, w in enumerate(pmf))
    assert statistics.mean_tv(np.array([p, 1 - p]), n) == pytest.approx(want, rel=1e-12)
    assert statistics.mean_tv(np.array([0.0, 1.0]), n) == 0.0
    n, p = 4, 0.25  # np is whole
    want = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) * abs(k / n - p) for k in range(n + 1))
    assert statistics.mean_tv(np.array([p, 1 - p]), n) == pytest.approx(want, rel=1e-12)


def test_the_least_failing_count_is_exact():
    """Bisection agrees with adding up the binomial law."""
    n, p, level = 60, 0.1, 1e-4
    pmf = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    least = next(c for c in range(n + 1) if math.fsum(pmf[c:]) <= level / 8)
    up = statistics.detectable_shift(np.array([p, 1 - p]), n, level)[0]
    reach = [math.comb(n, k) * (p + up) ** k * (1 - p - up) ** (n - k) for k in range(least, n + 1)]
    assert math.fsum(reach) == pytest.approx(0.99, rel=1e-10)


def test_extreme_laws_raise_no_numerical_warning():
    p = np.array([1 - 1e-12, 1e-12 - 1e-200, 1e-200, 0.0])
    for draws in (1, 1_000, 10**9):
        result = counts_test(np.array([draws, 0, 0, 0]), p, LEVEL, 0)
        assert result.passed
        assert 0 < result.detectable_tv <= 1
    assert not counts_test(np.array([10**9, 0, 1, 0]), p, LEVEL, 0).passed
    assert counts_test(np.array([5]), np.array([1 + 2e-16]), LEVEL, 0).passed


@pytest.mark.parametrize(
    ("counts", "law", "lost", "error", "message"),
    [
        ([1.0, 2.0], [0.5, 0.5], 0, TypeError, "counts must be integers, got float64"),
        ([1, 2, 3], [0.5, 0.5], 0, ValueError, r"counts have shape \[3\], the law \[2\]"),
        ([1, 2], [0.7, 0.5], 0, ValueError, "law must be a law, got minimum 0.5 and sum 1.2"),
        ([1, 2], [1.5, -0.5], 0, ValueError, "law must be a law, got minimum -0.5 and sum 1"),
        ([1, -1], [0.5, 0.5], 0, ValueError, "counts must be at least 0"),
        ([0, 0], [0.5, 0.5], 0, ValueError, "at least one draw"),
        ([1, 2], [0.5, 0.5], -1, ValueError, "lost must be at least 0, got -1"),
    ],
)
def test_errors_of_counts(counts, law, lost, error, message):
    with pytest.raises(error, match=message):
        counts_test(np.array(counts), np.array(law), LEVEL, lost)


@pytest.mark.parametrize(
    ("draws", "error", "message"),
    [
        (np.zeros((5, 3)), TypeError, "draws must be integers, got float64"),
        (np.zeros((5, 2), int), ValueError, r"shape \[chains, 3\], got \[5, 2\]"),
        (np.full((5, 3), 3), ValueError, r"tokens of a law of shape \[3, 3, 3\], or lost"),
        (np.array([[0, -1, 0]]), ValueError, "or lost"),
    ],
)
def test_errors_of_draws(draws, error, message):
    with pytest.raises(error, match=message):
        draws_test(draws, LAW, LEVEL)


def test_a_level_is_a_probability():
    with pytest.raises(ValueError, match="false_alarm must be above 0, got 0"):
        counts_test(np.array([1]), np.array([1.0]), 0.0, 0)
