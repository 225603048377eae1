"""The exact chi-square: uniform p-values at any level and size, and the power that it claims."""

import numpy as np
import pytest
from scipy.stats import binom, chisquare, kstest

from harness.numerics.exact_chi_square import POWER, against_counts, against_law

RNG = np.random.default_rng(5)
LAWS = {
    "27 cells": RNG.dirichlet(np.ones(27)),
    "rare cells": RNG.dirichlet(np.full(60, 0.1)),
    "2 cells": np.array([0.03, 0.97]),
}
FALSE_ALARM = 1e-7  # of each of the tests below


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("draws", [30, 20_000])
def test_p_values_of_right_draws_are_uniform(law, draws):
    """Kolmogorov and Smirnov over 400 samples see a deviation of 0.15 somewhere."""
    rng = np.random.default_rng(draws)
    ours = [against_law(rng.multinomial(draws, law), law, seed=k).p_value for k in range(400)]
    assert kstest(ours, "uniform").pvalue > FALSE_ALARM
    theirs = [
        against_counts(rng.multinomial(draws, law), rng.multinomial(2 * draws, law), seed=k).p_value
        for k in range(400)
    ]
    assert kstest(theirs, "uniform").pvalue > FALSE_ALARM


@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
def test_rare_alarms_are_as_rare_as_they_should_be(level):
    """2,000 samples: between the 1e-7 and 1 - 1e-7 quantiles of the binomial law."""
    law, rng = LAWS["rare cells"], np.random.default_rng(2)
    alarms = sum(
        against_law(rng.multinomial(500, law), law, seed=k).p_value <= level for k in range(2000)
    )
    low, high = binom.ppf([FALSE_ALARM, 1 - FALSE_ALARM], 2000, level)
    assert low <= alarms <= high


def test_with_many_draws_it_is_pearson():
    """Lancaster: within a per cent where every cell expects thousands."""
    law = np.array([0.1, 0.2, 0.3, 0.4])
    counts = np.random.default_rng(1).multinomial(10**6, law) + np.array([900, -300, 0, -600])
    pearson = chisquare(counts, law * counts.sum())
    assert against_law(counts, law).statistic == pytest.approx(pearson.statistic, rel=0.05)


@pytest.mark.parametrize("level", [1e-2, 1e-5])
@pytest.mark.parametrize("draws", [2_000, 50_000])
def test_the_stated_total_variation_is_seen(level, draws):
    """In the direction that is hardest to see, and in another: 200 samples, 90 % and more."""
    law, rng = LAWS["27 cells"], np.random.default_rng(draws)
    stated = against_law(rng.multinomial(draws, law), law).detectable_tv(level)
    assert 0 < stated < 0.25
    sign = np.where(law.cumsum() < 0.5, 1.0, -1.0)  # (q - p) in proportion to p: least chi-square
    hardest = law * sign * stated / (law * (sign > 0)).sum()
    hardest[sign < 0] *= hardest[sign > 0].sum() / -hardest[sign < 0].sum()
    one = np.zeros(27)
    one[law.argmax()], one[law.argsort()[-2]] = -min(stated, law.max()), min(stated, law.max())
    for change in (hardest, one):
        truth = law + change
        assert truth.min() >= 0
        seen = sum(
            against_law(rng.multinomial(draws, truth), law, seed=k).p_value <= level
            for k in range(200)
        )
        assert seen >= binom.ppf(1e-6, 200, POWER)


def test_two_samples_see_what_they_say():
    law, rng, level = LAWS["27 cells"], np.random.default_rng(3), 1e-3
    stated = against_counts(rng.multinomial(5000, law), rng.multinomial(2000, law)).detectable_tv(
        level
    )
    truth = law.copy()
    truth[law.argmax()] -= stated
    truth[law.argsort()[-2]] += stated
    seen = sum(
        against_counts(rng.multinomial(5000, truth), rng.multinomial(2000, law), seed=k).p_value
        <= level
        for k in range(200)
    )
    assert seen >= binom.ppf(1e-6, 200, POWER)


def test_a_draw_that_cannot_be_is_seen_at_once():
    found = against_law(np.array([500, 500, 1]), np.array([0.5, 0.5, 0.0]))
    assert (found.p_value, found.statistic) == (0.0, np.inf)


def test_rare_cells_are_merged_and_that_is_said():
    law = np.array([0.6, 0.3, 0.05, 0.04, 0.01])
    found = against_law(np.array([60, 30, 5, 4, 1]), law)
    assert (found.degrees, found.merged) == (3, pytest.approx(0.05))  # 5, and 4 with 1
    found = against_law(np.array([60, 30, 5, 4, 0]), law * [1, 1, 1, 1, 0] + [0.01, 0, 0, 0, 0])
    assert (found.degrees, found.merged) == (2, pytest.approx(0.09))  # 4 alone is too rare
    few = against_law(np.array([1, 0, 0, 0, 0]), law)
    assert (few.degrees, few.merged, few.detectable_tv(0.1)) == (1, pytest.approx(0.4), 1.0)
    sure = against_law(np.array([7]), np.array([1.0]))
    assert (sure.degrees, sure.p_value, sure.detectable_tv(0.1)) == (0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("counts", "law", "told"),
    [
        ([1, 2, 3], [0.5, 0.5], "counts must have shape"),
        ([0, 0], [0.5, 0.5], "with at least one draw"),
        ([-1, 2], [0.5, 0.5], "of at least 0"),
        ([1.5, 2.0], [0.5, 0.5], "must be whole numbers"),
        ([1, 2], [0.5, 0.6], r"sum to 1, got sum 1\.1"),
    ],
)
def test_bad_counts_are_named(counts, law, told):
    with pytest.raises(ValueError, match=told):
        against_law(np.array(counts), np.array(law))
