"""chen_cong_li_2026: the cost of random sets by listing them, its schedules and the best sizes."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from helpers.profiles_by_listing import mean_entropies

from bounds import ChenCongLi2026, ChenCongLi2026Schedule
from bounds.chen_cong_li_2026 import shares
from harness import Problem, grids
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing
from harness.numerics import reveal_sizes
from harness.quantities import Quantities
from harness.samplers import FixedCardinality
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Parity, RandomTable, TwoBeliefs

TABLE = RandomTable(2, 4, seed=1, concentration=0.3)


def problem(target, sizes):
    grid = grids.even_reveal(len(sizes))
    return Problem(target, Absorbing(), FixedCardinality(sizes), grid, start="mask")


def entropy(law):
    kept = law[law > 0]
    return -math.fsum(kept * np.log(kept))


def average_by_listing(law, sizes):
    """Mean over all orders of the KL given the sets, from entropies of subsets."""
    d = law.ndim

    def of(places):
        return entropy(law.sum(tuple(set(range(d)) - set(places))))

    found = []
    for order in itertools.permutations(range(d)):
        ends, total = np.cumsum((0, *sizes)), 0.0
        for a, b in itertools.pairwise(ends.tolist()):
            known, new = order[:a], order[a:b]
            alone = sum(of((*known, i)) - of(known) for i in new)
            total += alone - (of((*known, *new)) - of(known))
        found.append(total)
    return float(np.mean(found))


@pytest.mark.parametrize("target", [TABLE, Parity(4)], ids=["table", "parity"])
@pytest.mark.parametrize("sizes", [(2, 2), (1, 3), (3, 1), (1, 2, 1), (4,)])
def test_the_average_is_that_over_all_orders_and_above_the_output(target, sizes):
    case = problem(target, sizes)
    quantities = Quantities(case)
    (verdict,) = check(case, [ChenCongLi2026()], quantities)
    wanted = average_by_listing(np.exp(target.log_law()), sizes)
    assert verdict.status is Status.HOLDS, str(verdict)
    assert verdict.bound == pytest.approx(wanted, rel=1e-10, abs=1e-14)
    assert quantities.rung("output")[0] <= quantities.rung("average")[0] * (1 + 1e-12) + 1e-14


def test_the_output_is_really_below_and_is_not_the_average():
    @dataclasses.dataclass(frozen=True)
    class OfTheOutput(ChenCongLi2026):
        bounds_on = "output"
        name = "of_the_output"

    case = problem(TABLE, (2, 2))
    quantities = Quantities(case)
    assert quantities.rung("output")[0] < 0.8 * quantities.rung("average")[0]
    right, wrong = check(case, [ChenCongLi2026(), OfTheOutput()], quantities)
    assert (right.status, wrong.status) == (Status.HOLDS, Status.VIOLATED)


def test_z_grows_and_adds_up_to_the_total_correlation():
    entropies = mean_entropies(TABLE)
    z = [entropies[1] + entropies[j - 1] - entropies[j] for j in range(1, 5)]
    assert z == sorted(z)
    profile = RevealProfile.of_sequences(np.exp(TABLE.log_law()))
    assert sum(z) == pytest.approx(float(profile.step_cost(0.0, 1.0)), rel=1e-10)
    assert reveal_sizes.cost(profile.dependence, (4,)) == pytest.approx(sum(z), rel=1e-10)


def compositions(total, parts):
    for cuts in itertools.combinations(range(1, total), parts - 1):
        yield tuple(b - a for a, b in itertools.pairwise((0, *cuts, total)))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_sizes_are_the_best_of_all(seed):
    dependence = np.random.default_rng(seed).exponential(size=7) ** 3
    for rounds in range(1, 9):
        found = reveal_sizes.best(dependence, rounds)
        assert (len(found), sum(found)) == (rounds, 8)
        least = min(reveal_sizes.cost(dependence, sizes) for sizes in compositions(8, rounds))
        assert reveal_sizes.cost(dependence, found) == pytest.approx(least, rel=1e-12, abs=1e-15)
    assert reveal_sizes.cost(dependence, (1,) * 8) == 0.0


def schedule_by_hand(length, share):
    """``N_i = ⌊N_{i-1} + (d - N_{i-1})/ζ⌋`` until it stands still, then singles."""
    known, sizes = 0, []
    while known < length:
        then = math.floor(known + (length - known) / share)
        then = then if then > known else known + 1
        sizes.append(then - known)
        known = then
    return tuple(sizes)


def reversed_by_hand(length, share):
    """``N'_i = ⌈N'_{i-1} (1 - 1/ζ)⌉`` until it stands still, then singles; in reverse order."""
    left, sizes = length, []
    while left:
        then = -((-left * (share - 1)) // share)
        then = then if then < left else left - 1
        sizes.append(left - then)
        left = then
    return tuple(reversed(sizes))


@pytest.mark.parametrize("length", [1, 2, 5, 16, 40, 160])
def test_schedules_are_as_displayed_and_in_few_rounds(length):
    for error in (0.05, 0.5, 3.0):
        for total in (0.0, 0.2, 2.0, 20.0):
            share = 1 + math.ceil(total / error)
            first = FixedCardinality.by_total_correlation(length, total, error).sizes
            other = FixedCardinality.by_dual_total_correlation(length, total, error).sizes
            assert first == schedule_by_hand(length, share)
            assert other == reversed_by_hand(length, share)
            assert len(first) <= 2 + (1 + math.log(length)) * share


@pytest.mark.parametrize("length", [4, 16, 60, 160])
def test_schedules_keep_their_error_on_extreme_dependence(length):
    """Bits that are one, parity, and steps between: each is an extreme of growing ``Z``."""
    for k in {0, 1, length // 2, length - 2}:
        dependence = np.zeros(length - 1)
        dependence[k] = math.log(2)
        z = np.concatenate([[0.0], np.cumsum(dependence)])
        tc = z.sum()
        dtc = length * z[-1] - tc
        for error in (0.1 * tc, 0.5 * tc, 0.1 * dtc, 0.5 * dtc):
            first = FixedCardinality.by_total_correlation(length, tc, error).sizes
            other = FixedCardinality.by_dual_total_correlation(length, dtc, error).sizes
            assert reveal_sizes.cost(dependence, first) <= error
            assert reveal_sizes.cost(dependence, other) <= error


def test_one_token_at_a_time_is_the_schedule_of_any_error():
    for length in (1, 4, 17):
        assert reveal_sizes.falling(length, length + 1) == (1,) * length
        assert reveal_sizes.falling(length, 10**9) == (1,) * length


def test_of_all_schedules_with_these_sizes_the_least_error_is_taken():
    assert shares((2, 1, 1), 4) == {"TC": 2, "DTC": 0}
    assert shares((1, 1, 2), 4) == {"TC": 0, "DTC": 2}
    assert shares((1, 1, 1, 1), 4) == {"TC": 5, "DTC": 5}
    assert shares((2, 2), 4) == {"TC": 0, "DTC": 0}
    same = TwoBeliefs((1.0, 0.0), (0.0, 1.0), 4)
    for sizes, bound in (((2, 1, 1), 3 * math.log(2)), ((1, 1, 2), math.log(2))):
        (verdict,) = check(problem(same, sizes), [ChenCongLi2026Schedule()])
        assert verdict.bound == pytest.approx(bound, rel=1e-9)
        assert verdict.status in (Status.HOLDS, Status.VACUOUS)
    (verdict,) = check(problem(same, (2, 2)), [ChenCongLi2026Schedule()])
    assert verdict.status is Status.NOT_APPLICABLE


def test_the_best_sizes_of_data_are_made_from_its_profile():
    profile = RevealProfile.of_sequences(np.exp(TABLE.log_law()))
    best = FixedCardinality.optimal(profile.dependence, 2)
    costs = {
        sizes: Quantities(problem(TABLE, sizes)).rung("average")[0] for sizes in compositions(4, 2)
    }
    assert best.sizes == min(costs, key=lambda sizes: costs[sizes])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedCardinality.optimal((1.0,), 3), "rounds must be at most d = 2, got 3"),
        (lambda: FixedCardinality.optimal((-1.0,), 1), r"dependence\[0\] must be at least 0"),
        (lambda: FixedCardinality.by_total_correlation(3, 1.0, 0.0), "error must be above 0"),
        (lambda: FixedCardinality.by_total_correlation(3, -1.0, 1.0), "total_correlation must be"),
        (lambda: FixedCardinality.by_dual_total_correlation(0, 1.0, 1.0), "length must be"),
    ],
)
def test_what_no_sizes_can_be_made_of_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
