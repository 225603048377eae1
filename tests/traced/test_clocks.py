"""Clocks of code against the integrals that define them, and schedules that do not add up."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from harness.traced import clocks
from harness.traced.clocks import (
    CLOCKS,
    Cosine,
    FromNoise,
    Geometric,
    LogLinear,
    OfAlpha,
    OfRate,
    OfTable,
    OfTotal,
    Power,
)
from harness.traced.schedules import check_schedule

ALPHAS = {
    # The signal that is kept, written down once more.
    Power(): lambda t: 1 - t,
    Power(2.5): lambda t: 1 - t**2.5,
    LogLinear(1e-3): lambda t: 1 - (1 - 1e-3) * t,
    Cosine(): lambda t: 1 - math.cos(math.pi / 2 * (1 - t)),
    Geometric(0.01, 3.0): lambda t: math.exp(-(0.01 ** (1 - t)) * 3.0**t),
}


@pytest.mark.parametrize("clock", ALPHAS, ids=str)
@pytest.mark.parametrize("t", [0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_clock_says_what_is_kept(clock, t):
    """Where 1 - α is small, α itself has lost its digits: to 1e-12 absolutely."""
    assert math.exp(-clock(t)) == pytest.approx(ALPHAS[clock](t), abs=1e-12)
    assert OfAlpha(ALPHAS[clock])(t) == pytest.approx(clock(t), rel=1e-9)
    assert FromNoise(clock)(1 - t) == pytest.approx(clock(t), rel=1e-12)


def test_the_ends_of_clocks():
    for clock in (Power(), Power(3.0), LogLinear(0.0), Cosine()):
        assert clock(0.0) == 0
        assert clock(1.0) == math.inf
    assert Geometric(0.01, 3.0)(0.0) == pytest.approx(0.01)
    assert LogLinear(0.01)(1.0) == pytest.approx(-math.log(0.01))
    assert Cosine()(1e-12) == pytest.approx(math.pi / 2 * 1e-12, rel=1e-12)
    assert Cosine()(1 - 2**-40) == pytest.approx(-math.log(2 * (math.pi / 4 * 2**-40) ** 2))


def test_a_rate_is_integrated():
    """Of the log-linear noise the rate is known, and sharp at its end."""
    clock = OfRate(lambda t: 0.999 / (1 - 0.999 * t))
    for t in (0.0, 1e-6, 0.5, 1.0):
        assert clock(t) == pytest.approx(LogLinear(1e-3)(t), rel=1e-9)
    backwards = OfRate(lambda t: 2.0, begin=1.0)
    assert backwards(0.25) == pytest.approx(1.5)
    assert OfTotal(lambda t: 3 * t)(0.5) == 1.5


def test_a_table():
    alphas = np.cumprod(1 - np.linspace(0.1, 1.0, 4))
    clock = OfTable(alphas=alphas)
    assert [clock(k) for k in range(4)] == pytest.approx([*-np.log(alphas[:3]), math.inf])
    assert OfTable(totals=[0.5, 2.0])(1) == 2.0
    with pytest.raises(ValueError, match="has the indices 0 to 3, got 4"):
        clock(4)
    with pytest.raises(ValueError, match=r"has the indices 0 to 3, got 0\.5"):
        clock(0.5)
    for given in ({}, {"alphas": [1.0], "totals": [0.0]}):
        with pytest.raises(ValueError, match="a table has alphas or totals, one of them"):
            OfTable(**given)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: Power()(1.5), r"the clock runs in \[0, 1\], got 1.5"),
        (lambda: Cosine()(-0.1), r"the clock runs in \[0, 1\], got -0.1"),
        (lambda: OfAlpha(lambda t: 1.2)(0.5), r"alpha\(0.5\) must be a probability, got 1.2"),
        (lambda: OfTotal(lambda t: -1.0)(0.5), "total at t=0.5 must be a noise time of at least 0"),
        (lambda: OfTotal(lambda t: math.nan)(0.5), "at least 0, got nan"),
        (lambda: OfTable(alphas=[2.0])(0), r"alphas\[0\] must be a probability, got 2"),
        (lambda: Geometric(1.0, 0.5), "largest must be above 1, got 0.5"),
        (lambda: LogLinear(2.0), "eps must be at most 1, got 2"),
        (lambda: Power(0.0), "exponent must be above 0, got 0"),
    ],
)
def test_bad_clocks_are_named(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_what_a_file_names_can_be_built_and_compared():
    for name, make in CLOCKS.items():
        given = {"alphas": [1.0, 0.5]} if name == "table" else {}
        assert make(**given) == make(**given)
        assert hash(make(**given)) is not None


def found(*given, **rest):
    return {each.name: each for each in check_schedule(*given, **rest)}


def test_a_schedule_that_adds_up_is_silent():
    times = np.linspace(1, 0, 9)
    steps = -np.diff([Power()(t) for t in times])
    assert found(times, Power(), told=steps) == {}
    assert found(1 - times, FromNoise(Power())) == {}
    assert found(times.astype(np.float32), Power(), told=steps.astype(np.float32)) == {}


def test_the_left_rule_is_seen():
    """``σ(t)Δt`` of the log-linear noise: the first step is told 1/eps / N."""
    rate, clock, times = lambda t: 0.999 / (1 - 0.999 * t), LogLinear(1e-3), np.linspace(1, 0, 9)
    (late, off) = check_schedule(times, clock, rate=rate)
    assert (late.name, off.name) == ("starts late", "steps do not add up")
    told = sum(rate(t) / 8 for t in times[:-1])
    assert off.number == pytest.approx(told / clock(1.0) - 1)
    assert off.sentence == (
        f"the steps are told {told:.4g} of noise in all where it is 6.908; the worst is step 1, "
        "told 124.9 for 4.835"
    )
    middle = [quad(rate, s, t)[0] for t, s in pairwise(times)]
    assert list(found(times, clock, rate=rate, told=middle)) == ["starts late"]


def test_an_end_that_is_told_a_finite_step_is_seen():
    off = found([1.0, 0.5, 0.0], Power(), told=[5.0, math.log(2)])["steps do not add up"]
    assert off.number == -1
    assert "the worst is step 1, told 5 for inf" in off.sentence


def test_a_rate_of_another_clock_is_seen():
    rate, times = lambda t: 2.0, [1.0, 0.5, 0.0]
    wrong = found(times, OfTotal(lambda t: t), rate=rate, told=[0.5, 0.5])
    assert wrong["rate is not that of the clock"].number == pytest.approx(1.0)
    assert "it adds up to 1, and the noise time is 0.5" in str(wrong)
    assert "rate is not that of the clock" not in found(times, OfTotal(lambda t: 2 * t), rate=rate)


def test_where_it_ends_and_starts():
    both = found([0.9, 0.5, 0.01], Power())
    assert both["ends early"].number == pytest.approx(-math.log(0.99))
    assert "noise has hit a token with probability 0.01" in both["ends early"].sentence
    assert both["starts late"].number == pytest.approx(-math.log(0.1))
    assert "a share 0.1 of the tokens is still clean" in both["starts late"].sentence


def test_a_rounded_and_a_rising_schedule_are_seen():
    times = np.round(np.linspace(1, 0, 33) * 7) / 7
    rounded = found(times, Power())["rounded"]
    assert rounded.number == 8
    assert rounded.sentence.startswith(
        "25 steps of 32 undo no noise at all: the 33 times have only 8"
    )
    rising = found([1.0, 0.3, 0.5, 0.0], Power())["not monotone"]
    assert rising.number == 1
    assert "1 step of 3 lead to more noise, the first from noise time 0.3567" in rising.sentence


def test_bad_schedules_are_named():
    with pytest.raises(ValueError, match="at least 2 times, got 1"):
        check_schedule([1.0], Power())
    with pytest.raises(ValueError, match="told needs one amount a step, 2, got 1"):
        check_schedule([1.0, 0.5, 0.0], Power(), told=[0.1])


def test_an_integral_has_ten_digits():
    assert clocks.integral(math.exp, 0.0, 1.0) == pytest.approx(math.e - 1, rel=1e-12)
