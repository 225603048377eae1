"""The output KL of decoders by draws: beside exact laws, closed forms, and itself by other sums."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from harness import MonteCarlo, Problem, grids, measure, output_law, simulate, statistics
from harness.foundation.registry import label
from harness.measurement.by_draws import teacher_forcing
from harness.measurement.by_draws.teacher_forcing import estimate_output_kl, walk_sums
from harness.noise import Absorbing, Uniform
from harness.problem.monte_carlo import Estimate
from harness.samplers import (
    Blocks,
    Confidence,
    EntropyBound,
    FixedCardinality,
    MaskedPlugIn,
    Threshold,
    Tweedie,
)
from toy_targets import (
    Arrangements,
    BigramLetters,
    HiddenMarkovChain,
    MarkovChain,
    Pairs,
    Parity,
    PottsRing,
    ProductMixture,
    TwoBeliefs,
)

CHAIN = MarkovChain(((0.7, 0.3), (0.2, 0.8)), 6)
SURE = MarkovChain(((0.99, 0.01), (0.05, 0.95)), 6)
HIDDEN = HiddenMarkovChain.example()
IDS = {"ids": label}


def decoder(target, sampler, steps=None, draws=1024, **rest):
    grid = grids.even_reveal(steps or target.space.length)
    return Problem(
        target, Absorbing(), sampler, grid, start="mask", engine=MonteCarlo(draws), **rest
    )


def exact(problem):
    return measure(dataclasses.replace(problem, engine="enumerated")).kl


CASES = [
    (CHAIN, Confidence(2)),
    (CHAIN, Confidence(3, "entropy")),
    (SURE, Threshold(0.9)),
    (SURE, EntropyBound(0.3)),
    (CHAIN, Blocks(3, Confidence(2, "margin"))),
    (HIDDEN, Confidence(2)),
    (TwoBeliefs.example(), Threshold(0.6)),
    (Arrangements((2, 1, 1)), Confidence(2)),
    (ProductMixture.example(), Confidence(2)),
    (Pairs(2, 2), Confidence(2)),
]


@pytest.mark.parametrize(("target", "sampler"), CASES, **IDS)
def test_the_interval_holds_the_exact_kl(target, sampler):
    """At a confidence that fails once in 1e6; by both sums where there are two."""
    problem = decoder(target, sampler, draws=2048)
    problem = dataclasses.replace(problem, engine=MonteCarlo(2048, confidence=1 - 1e-7))
    found, wanted = estimate_output_kl(problem), exact(problem)
    for each in (found.kl, found.log_ratio):
        assert each.low - 1e-12 <= wanted <= each.high + 1e-12
        assert each.half_width < 0.2
    m = measure(problem)
    assert (m.kl, m.engine, m.draws) == (found.kl.value, "monte_carlo", 2048)
    assert m.floor >= found.kl.half_width


def test_sums_of_total_correlations_vary_less_than_log_ratios():
    """Ten times less where they are known, three times where they are means over each token."""
    for (target, sampler), times in ((CASES[0], 10), (CASES[1], 10), (CASES[5], 3), (CASES[8], 10)):
        found = estimate_output_kl(decoder(target, sampler))
        assert found.kl.half_width < found.log_ratio.half_width / times


@pytest.mark.parametrize(("target", "sampler"), [CASES[0], CASES[5]], **IDS)
def test_intervals_cover(target, sampler):
    """200 runs of 128 draws: of 95 % intervals 10 miss in the mean, 30 with a chance of 1e-7.

    Intervals that are half as wide would miss 65 times.
    """
    problem = decoder(target, sampler, draws=200 * 128)
    sums, wanted = walk_sums(problem), exact(problem)
    for sample in (sums.log_ratio, sums.kl):
        found = [Estimate.of(each, 0.95) for each in sample.reshape(200, 128)]
        assert sum(not each.low <= wanted <= each.high for each in found) < 30


def test_parity_and_permutations_to_all_digits():
    """Parity costs log 2 where the last round shows two; permutations what each round costs."""
    for k, wanted in ((100, 0.0), (151, 1.0), (301, 1.0)):
        found = estimate_output_kl(decoder(Parity(301), Confidence(k), 4, draws=64))
        assert found.kl.value == pytest.approx(wanted * math.log(2), abs=1e-12)
        assert found.log_ratio.value == pytest.approx(wanted * math.log(2), abs=1e-9)
        assert found.rounds.value == -(-301 // k)
    found = estimate_output_kl(decoder(Arrangements.permutation(32), Confidence(8), 4, draws=64))
    wanted = sum(cost(m, 8) for m in (32, 24, 16, 8))
    assert found.kl.value == pytest.approx(wanted, rel=1e-13)
    assert found.log_ratio.value == pytest.approx(wanted, rel=1e-13)


def cost(masks, shown):
    """``log(M^B / (M)_B)``."""
    return shown * math.log(masks) - math.log(math.perm(masks, shown))


@pytest.mark.parametrize(
    ("length", "best"), [(8, (3, 2, 2, 1)), (16, (6, 5, 3, 2)), (32, (12, 9, 7, 4))]
)
def test_the_best_four_rounds_of_a_permutation(length, best):
    """By listing all of them."""

    def whole(sizes):
        left = length - np.cumsum((0, *sizes[:-1]))
        return sum(map(cost, left.tolist(), sizes))

    ends = itertools.combinations(range(1, length), 3)
    every = [tuple(np.diff((0, *each, length)).tolist()) for each in ends]
    assert min(every, key=whole) == best
    if length == 8:
        law, hidden, shown = Arrangements.permutation(8).conditionals(), 8, 0.0
        for size in best:
            x = np.full((1, 8), 8)
            x[0, : 8 - hidden] = np.arange(8 - hidden)
            chosen = (np.arange(8) >= 8 - hidden) & (np.arange(8) < 8 - hidden + size)
            shown += law.total_correlation(x, chosen[None])[0]
            hidden -= size
        assert shown == pytest.approx(whole(best), rel=1e-12)


@pytest.mark.slow
def test_letters_of_256_tokens():
    """Both sums agree, and left to right costs most of the rankings."""
    letters, kls = BigramLetters(256), {}
    for by in ("entropy", "position"):
        found = estimate_output_kl(decoder(letters, Confidence(16, by), 16, draws=128))
        assert abs(found.kl.value - found.log_ratio.value) < found.log_ratio.half_width * 2
        assert found.kl.half_width < 0.05 * found.kl.value
        kls[by] = found.kl.value
    assert kls["entropy"] < kls["position"]


def test_draws_of_a_decoder_follow_its_law():
    """Chains without tables, from all masks."""
    problem = decoder(CHAIN, Confidence(2))
    small = dataclasses.replace(problem, engine="enumerated")
    draws = simulate(problem, key=1, chains=20_000)
    assert statistics.draws_test(draws, output_law(small), statistics.false_alarm_each(20)).passed


def test_masks_that_are_left_make_it_infinite():
    m = measure(decoder(CHAIN, Confidence(2), steps=2, draws=64))
    assert m.kl == m.chain_kl == math.inf
    assert "masks are left" in m.reasons["kl"]


def test_equal_seeds_draw_equal_sequences_in_any_batch(monkeypatch):
    problem = decoder(CHAIN, Confidence(2), draws=100)
    first = walk_sums(problem)
    monkeypatch.setattr(teacher_forcing, "BATCH_ENTRIES", 7 * 18)
    np.testing.assert_array_equal(walk_sums(problem).log_ratio, first.log_ratio)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: decoder(PottsRing(2, 3, 1.0), Confidence()), "known given the others"),
        (lambda: decoder(CHAIN, MaskedPlugIn()), "a function of the unmasked ones; got masked"),
        (lambda: decoder(CHAIN, FixedCardinality()), "a function of the unmasked ones; got fixed"),
        (
            lambda: estimate_output_kl(
                Problem(CHAIN, Uniform(), Tweedie(), grids.even(1.0, 0.1, 2), engine=MonteCarlo())
            ),
            "needs absorbing noise",
        ),
        (
            lambda: estimate_output_kl(
                dataclasses.replace(decoder(CHAIN, Confidence()), engine="enumerated")
            ),
            "an estimate needs engine=MonteCarlo",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# Teeth.


def test_a_walk_that_sees_the_token_it_predicts_is_caught(monkeypatch):
    """It finds every token for sure: the sums no longer agree, nor with the exact KL."""
    problem = decoder(CHAIN, Confidence(2))
    right, step = teacher_forcing._forced, teacher_forcing.step_law_at

    def peeking(p, z, x):
        chosen, _, random, after = right(p, z, x)
        seen = step(problem, problem.score_model, after, *problem.grid.times[:2])
        token = np.take_along_axis(np.asarray(seen.p), np.asarray(x)[..., None], -1)[..., 0]
        return chosen, np.log(np.where(chosen, token, 1.0)).sum(1), random, after

    monkeypatch.setattr(teacher_forcing, "_forced", peeking)
    found = estimate_output_kl(problem)
    assert found.log_ratio.high < 0 < exact(problem)


def test_a_choice_that_is_drawn_is_caught():
    """Whatever a sampler says of itself."""

    @dataclasses.dataclass(frozen=True)
    class Liar(MaskedPlugIn):
        claims = Confidence().claims

    with pytest.raises(ValueError, match="reveals at random"):
        walk_sums(decoder(CHAIN, Liar()))
