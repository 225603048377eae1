"""Whole runs on counts against the same runs in 60 digits, from formulas of their own."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from helpers.counts_in_fractions import pushed
from scipy.stats import binom

from harness import Problem, grids, measure, output_law
from harness.foundation import perturbation
from harness.foundation.precision import float64
from harness.noise import CyclicWalk, RateMatrix, Uniform, UniformClasses
from harness.numerics import compositions, convolution
from harness.process.truth import on_counts, refresh_counts
from harness.samplers import Euler, TauLeaping, Tweedie
from harness.space import Counts
from toy_targets import TwoBeliefs

LENGTH, FIRST, SECOND, WEIGHT = 12, 0.999, 0.001, 0.9999
TARGET = TwoBeliefs((1 - FIRST, FIRST), (1 - SECOND, SECOND), LENGTH, WEIGHT)
TIMES = {
    "from noise to data": (6.0, 4.0, 2.5, 1.5, 1.0, 0.6, 0.3, 0.1, 0.03, 0.01),
    "near the data": (0.02, 0.015, 0.01, 0.006, 0.003, 0.001),
    "near the noise": (12.0, 11.0, 10.0, 9.0, 8.0),
}


def sequences_of(t: Decimal) -> list[Decimal]:
    """Probability at ``t`` of one sequence with ``n`` ones: two products, noised."""
    fade, half = (-t).exp(), Decimal("0.5")
    law = []
    for n in range(LENGTH + 1):
        total = Decimal(0)
        for chance, weight in ((FIRST, Decimal(WEIGHT)), (SECOND, 1 - Decimal(WEIGHT))):
            one = half + (Decimal(chance) - half) * fade
            total += weight * one**n * (1 - one) ** (LENGTH - n)
        law.append(total)
    return law


def flip(name: str, ratio: Decimal, h: Decimal) -> Decimal:
    """Probability that a token flips, two tokens and uniform noise; ``ratio`` to the other."""
    if name == "Euler":
        return min(h * ratio / 2, Decimal(1))
    if name == "TauLeaping":
        return 1 - (-h * ratio / 2).exp()
    return (1 - h.exp() + ratio * (1 + h.exp())) / 2 * (1 - (-h).exp()) / 2


def binomial(m: int, chance: Decimal) -> list[Decimal]:
    def power(of: Decimal, times: int) -> Decimal:
        return math.prod([of] * times, start=Decimal(1))  # Decimal has no 0**0

    return [math.comb(m, j) * power(chance, j) * power(1 - chance, m - j) for j in range(m + 1)]


def exact_run(name: str, times: tuple[float, ...]) -> tuple[list[Decimal], Decimal]:
    """Law of the number of ones after the steps, from ``q_T``, and the KL of the truth to it."""
    orders = [math.comb(LENGTH, n) for n in range(LENGTH + 1)]
    law = [c * q for c, q in zip(orders, sequences_of(Decimal(times[0])), strict=True)]
    for t, s in pairwise(times):
        q, h = sequences_of(Decimal(t)), Decimal(t) - Decimal(s)
        after = [Decimal(0)] * (LENGTH + 1)
        for n, mass in enumerate(law):
            up = flip(name, q[n + 1] / q[n], h) if n < LENGTH else Decimal(0)
            down = flip(name, q[n - 1] / q[n], h) if n else Decimal(0)
            for i, rise in enumerate(binomial(LENGTH - n, up)):
                for j, fall in enumerate(binomial(n, down)):
                    after[n + i - j] += mass * rise * fall
        law = after
    truth = [c * q for c, q in zip(orders, sequences_of(Decimal(times[-1])), strict=True)]
    return law, sum((q * (q / p).ln() for q, p in zip(truth, law, strict=True)), Decimal(0))


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize(
    "sampler", [Euler(), TauLeaping(), Tweedie()], ids=lambda s: type(s).__name__
)
def test_a_whole_run_keeps_its_digits(sampler, times):
    """KL to 1e-10 and the rounding of its size, every entry to 1e-11, down to the far tail."""
    problem = Problem(
        TARGET, Uniform(), sampler, grids.custom(times), start="exact", engine="counts"
    )
    with localcontext() as context:
        context.prec = 60
        law, kl = exact_run(type(sampler).__name__, times)
        found = output_law(problem)
        for mine, wanted in zip(found.tolist(), law, strict=True):
            assert abs(Decimal(mine) - wanted) <= wanted * Decimal("1e-11"), (mine, wanted)
        m = measure(problem)
        off = abs(Decimal(m.kl) - kl)
    assert float(off) <= 1e-10 * float(kl) + m.floor, (m.kl, kl)


def test_the_tail_of_such_a_run_is_far():
    with localcontext() as context:
        context.prec = 60
        law, kl = exact_run("Tweedie", TIMES["near the data"])
    assert min(law) < Decimal("1e-12")
    assert kl > 0


@pytest.mark.parametrize(("values", "total"), [(2, 5), (3, 1), (3, 6), (4, 4), (5, 3)])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, 40.0])
def test_tokens_drawn_afresh_are_counted_in_fractions(values, total, t):
    rng = np.random.default_rng(values)
    law = rng.dirichlet(np.full(compositions.size(values, total), 0.1))
    for noise in (Uniform(), UniformClasses(tuple(range(1, values + 1)))):
        with float64():
            kernel = np.asarray(noise.kernel(t, values))
        found = refresh_counts.parts(kernel)
        each = np.broadcast_to(kernel, (len(law), values, values))
        exact = pushed(law, each, total)
        for mine, wanted in zip(
            refresh_counts.push(law, *found, total).tolist(), exact, strict=True
        ):
            assert abs(Fraction(mine) - wanted) <= wanted * Fraction(1, 10**13)


NOISES = [
    Uniform(),
    UniformClasses((1, 5, 2)),
    CyclicWalk(),
    RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]]),
    RateMatrix([[-2 / 3, 1 / 3, 1 / 3], [1 / 3, -2 / 3, 1 / 3], [1 / 3, 1 / 3, -2 / 3]]),
]


@pytest.mark.parametrize("noise", NOISES, ids=repr)
@pytest.mark.parametrize("t", [1e-6, 0.3, 40.0])
def test_a_noise_that_says_so_draws_tokens_afresh(noise, t):
    """Off the diagonal all entries of a column are alike, and no token stays less than that."""
    with float64():
        kernel = np.asarray(noise.kernel(t, 3))
    keep, drawn = refresh_counts.parts(kernel)
    alike = np.allclose(np.diag(keep) + drawn, kernel, rtol=1e-12, atol=0)
    assert alike or not noise.draws_afresh
    assert isinstance(noise, Uniform | UniformClasses) is noise.draws_afresh


@pytest.mark.parametrize("noise", NOISES, ids=repr)
@pytest.mark.parametrize("seed", ["", "1"])
def test_the_form_of_the_push_does_not_hang_on_the_last_digits(monkeypatch, noise, seed):
    """With rounding errors, whose columns differ, the code runs that runs without."""
    monkeypatch.setenv(perturbation.VARIABLE, seed)
    taken = []
    for module in (refresh_counts, convolution):
        push = module.push
        monkeypatch.setattr(
            module, "push", lambda *a, push=push, of=module: taken.append(of) or push(*a)
        )
    space = Counts(3, 6)
    law = np.full(space.size, 1 / space.size)
    with float64():
        on_counts.spread(space, noise, law, np.asarray(noise.kernel(0.3, 3)))
        kernel = perturbation.perturbed("kernel", np.asarray(noise.kernel(0.3, 3)))
    on_counts.spread(space, noise, law, kernel)
    assert taken == 2 * [refresh_counts if noise.draws_afresh else convolution]


def test_the_general_push_says_the_same_as_one_of_its_own():
    rng = np.random.default_rng(5)
    law = rng.dirichlet(np.full(compositions.size(3, 30), 0.05))
    with float64():
        kernel = np.asarray(Uniform().kernel(0.02, 3))
    found = refresh_counts.parts(kernel)
    np.testing.assert_allclose(
        refresh_counts.push(law, *found, 30), convolution.push(law, kernel, 30), rtol=1e-12
    )


def test_counts_whose_orders_have_no_float():
    """2,000 tokens have up to 1e600 orders: their law is that of two binomials all the same."""
    target = TwoBeliefs((0.5, 0.5), (0.25, 0.75), 2000, 0.5)
    law = Problem(target, Uniform(), Tweedie(), grids.custom((0.2, 0.1))).data_law
    n = np.arange(2001)
    wanted = (binom.pmf(n, 2000, 0.5) + binom.pmf(n, 2000, 0.75)) / 2
    np.testing.assert_allclose(law, wanted, rtol=1e-9, atol=1e-280)


@pytest.mark.parametrize(("values", "total"), [(400, 3000), (8, 1000)])
def test_a_space_of_more_states_than_floats_is_refused_too(values, total):
    with pytest.raises(ValueError, match=rf"S={values}, d={total} has .* bytes and .* flops"):
        Counts(values, total).refuse_above(10**9)
