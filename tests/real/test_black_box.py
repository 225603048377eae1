"""Code that only draws: right code passes within its budget, each wrong one is named."""

import random

import numpy as np
import pytest
from scipy.stats import binom

from harness.real.black_box import RANDOM, black_box, judge

LAW = np.random.default_rng(0).dirichlet(np.ones(27)).reshape(3, 3, 3)
QUICK = {"rows": 4_000, "batch": 40, "singles": 400, "false_alarm": 0.02}


def states(index):
    return np.stack(np.unravel_index(index, LAW.shape), -1)


def right(count, seed, law=LAW):
    return states(np.random.default_rng(seed).choice(27, count, p=law.ravel()))


def failed(sample, **rest):
    return [test.name for test in black_box(sample, LAW, **{**QUICK, **rest}).failed]


@pytest.mark.slow  # 5 s
def test_right_code_fails_as_often_as_the_budget_says():
    """200 seeds at a budget of 0.2: at most the 1 - 1e-7 quantile; and p-values are not all 1."""
    rng, reports = np.random.default_rng(9), []
    for _ in range(200):
        whole, alone = (states(rng.choice(27, n, p=LAW.ravel())) for n in ((20, 20), 60))
        reports.append(judge(whole, alone, whole[0], LAW, 0.2))
    alarms = sum(bool(report.failed) for report in reports)
    assert alarms <= binom.ppf(1 - 1e-7, 200, 0.2)
    assert alarms >= binom.ppf(1e-7, 200, 0.05)  # a budget that is not used would see nothing


def test_the_report_of_right_code():
    report = black_box(right, LAW)
    assert report.failed == ()
    assert len(report.tests) == RANDOM + 1
    assert report.kl.lower == report.tv.lower == report.outside == 0
    assert report.lines[-1] == (
        "One budget: right code fails one of 8 tests (Holm's rule) or one of 2 limits with "
        "probability 0.001 at most."
    )
    assert sum("would have been seen" in line for line in report.lines) == len(report.tests)
    assert str(report).splitlines() == report.lines
    law = report.tests[0]
    assert (
        law.detectable == "A TV of 0.027, or of 0.02 of one token, would have been seen with 90%."
    )


def test_the_total_variation_that_is_stated_is_seen():
    stated = float(black_box(right, LAW, **QUICK).tests[0].detectable.split()[3].rstrip(","))
    wrong = LAW.copy().ravel()
    wrong[LAW.argmax()] -= stated
    wrong[LAW.ravel().argsort()[-2]] += stated
    seen = sum("law" in failed(lambda n, s: right(n, s, wrong), seed=10**6 * k) for k in range(40))
    assert seen >= binom.ppf(1e-6, 40, 0.9)


def test_a_wrong_law_is_seen_and_bounded():
    wrong = 0.9 * LAW + 0.1 / 27
    report = black_box(lambda n, s: right(n, s, wrong), LAW, false_alarm=0.02)
    assert "law" in [test.name for test in report.failed]
    true_kl, true_tv = (LAW * np.log(LAW / wrong)).sum(), abs(LAW - wrong).sum() / 2
    assert 0 < report.kl.lower <= true_kl <= report.kl.upper
    assert 0 < report.tv.lower <= true_tv <= report.tv.upper


def test_a_token_that_is_off_is_seen_where_whole_rows_tell_too_little():
    """1,024 states and 2,000 draws: its place is named."""
    law = np.random.default_rng(1).dirichlet(np.ones(1024)).reshape((4,) * 5)

    def drawn(count, seed):
        rng = np.random.default_rng(seed)
        rows = np.stack(np.unravel_index(rng.choice(1024, count, p=law.ravel()), law.shape), -1)
        rows[rng.random(count) < 0.1, 2] = 3
        return rows

    told = black_box(drawn, law, rows=2_000, batch=40, singles=10, false_alarm=0.02).tests[0]
    assert told.failed
    assert told.sentence.startswith("chi-square at place 2 ")
    assert told.sentence.endswith("of 2,010 draws, with 3 degrees of freedom")


def test_masks_that_were_left_are_counted():
    def masked(count, seed):
        rows = right(count, seed)
        rows[np.random.default_rng(seed + 7).random(count) < 0.01, 0] = 3
        return rows

    report = black_box(masked, LAW, **QUICK)
    assert {"law", "single states"} <= {test.name for test in report.failed}
    assert report.outside == pytest.approx(0.01, abs=0.008)
    assert any(line.startswith("A share 0.0") for line in report.lines)


def test_rows_that_share_their_randomness_are_named_and_not_called_a_wrong_law():
    """One uniform for a batch, moved on from row to row: each row is right."""

    def even(count, seed):
        rng = np.random.default_rng(seed)
        u = (rng.random() + rng.permutation(count) / count) % 1
        return states(np.minimum(np.searchsorted(LAW.ravel().cumsum(), u), 26))

    report = black_box(even, LAW, **QUICK)
    names = [test.name for test in report.failed]
    assert names == ["rows of a batch", "tokens of a batch"]
    assert report.linked
    assert report.draws == 100 + 400


def test_a_law_that_depends_on_the_batch_is_named():
    other = np.roll(LAW.ravel(), 1).reshape(LAW.shape)
    found = failed(lambda n, s: right(n, s, LAW if n > 1 else other))
    assert "batch size" in found


def test_later_rows_of_a_batch_that_are_others_are_named():
    flat = np.full((3, 3, 3), 1 / 27)

    def aging(count, seed):
        early, late = right(count, seed), right(count, seed + 10**6, flat)
        return np.where(np.arange(count)[:, None] < count / 2, early, late)

    assert "place in the batch" in failed(aging)


def test_calls_that_change_the_code_are_named():
    flat = np.full((3, 3, 3), 1 / 27)
    assert "order of calls" in failed(lambda n, s: right(n, s, LAW if s < 50 else flat))


def test_seeds_that_overlap_are_named():
    """A seed for each row, ``seed + row``: the next batch has all rows but one again."""

    def overlapping(count, seed):
        return np.concatenate([right(1, seed + k) for k in range(count)])

    report = black_box(overlapping, LAW, **QUICK)
    (told,) = [test for test in report.failed if test.name == "different seeds"]
    assert told.sentence == "seed number 1 repeats the rows of seed number 0, moved by 1 row"


def of_python(count, law):
    return states(np.array(random.choices(range(27), law.ravel(), k=count)))


def of_numpy(count, law):
    return states(np.random.choice(27, count, p=law.ravel()))  # noqa: NPY002 (the global generator is tried)


def of_its_own():
    rng = np.random.default_rng(3)
    return lambda count, law: states(rng.choice(27, count, p=law.ravel()))


@pytest.mark.parametrize(
    ("draws", "source"),
    [
        (of_python, "from its seed: it drew from random. Its law"),
        (of_numpy, "from its seed: it drew from numpy.random. Its law"),
        (of_its_own(), "from its seed. Its law may be right"),
    ],
)
def test_a_seed_that_is_not_used_is_noted_and_is_no_wrong_law(draws, source):
    """The global generators are seeded here, so that a test of the law is the same each time."""
    seldom = {**QUICK, "false_alarm": 1e-3}
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002 (the global generator is tried)
    report = black_box(lambda n, s: draws(n, LAW), LAW, **seldom)
    (told,) = [test for test in report.tests if test.note]
    assert (report.failed, told.name) == ((), "same seed")
    assert source in told.sentence
    assert report.lines[0].startswith("note    same seed: the first seed gave")
    wrong = black_box(lambda n, s: draws(n, 0.7 * LAW + 0.3 / 27), LAW, **QUICK)
    assert "law" in [test.name for test in wrong.failed]


def test_one_seed_for_all_calls_is_named():
    ignored = black_box(lambda n, s: right(n, 0), LAW, **QUICK)
    assert "different seeds" in [test.name for test in ignored.failed]
    assert not any(test.note for test in ignored.tests)


@pytest.mark.parametrize(("first", "wrong"), [(100, 0.0), (30, 0.0), (30, 0.3)])
def test_seeds_that_repeat_do_not_hide_what_else_is_there(first, wrong):
    """All calls with a seed below ``first`` are one; of 100 calls that leaves 1, or 71."""

    def repeating(count, seed):
        rows = right(count, max(seed, first))
        rows[np.random.default_rng([seed, 1] if seed > first else 1).random(count) < wrong] = 0
        return rows

    report = black_box(repeating, LAW, **QUICK)
    names = [test.name for test in report.failed]
    assert names == (["law", "single states"] if wrong else []) + ["different seeds"]
    assert report.repeated == (99 if first == 100 else 30)
    assert f"{report.repeated} calls gave the rows of another one" in str(report)
    untold = [test.name for test in report.tests if not test.told]
    assert len(untold) == (4 if first == 100 else 0)
    assert [line[:6] for line in report.lines[: len(names)]] == ["FAILED"] * len(names)


@pytest.mark.parametrize(
    ("sample", "rest", "error", "told"),
    [
        (lambda n, s: right(n, s) * 1.0, {}, TypeError, "must be integer tokens, got float64"),
        (
            lambda n, s: right(n, s)[:, :2],
            {},
            ValueError,
            r"40 draws must give \[40, 3\], got \[40",
        ),
        (right, {"batch": 1}, ValueError, "batch must be at least 2, got 1"),
        (right, {"rows": 50}, ValueError, "rows must be at least 80, got 50"),
        (right, {"singles": 0}, ValueError, "singles must be at least 1, got 0"),
        (right, {"false_alarm": 1e-6}, ValueError, "allow more false alarms"),
        (right, {"false_alarm": 2.0}, ValueError, "false_alarm must be at most 1, got 2"),
    ],
)
def test_bad_input_is_named(sample, rest, error, told):
    with pytest.raises(error, match=told):
        failed(sample, **rest)
