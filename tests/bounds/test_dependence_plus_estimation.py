"""dependence_plus_estimation: both parts by hand, and that a random order is another sampler."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from helpers.revealing_problems import agree, masked, referee_law
from referee import reveals

from bounds import DependencePlusEstimation
from harness import grids, output_law
from harness.claims import Trait
from harness.measurement import reveals_in_order
from harness.quantities import Quantities
from harness.regress.traits import verify
from harness.samplers import Confidence, FixedCardinality, FixedOrder
from harness.score import Exact, Perturbed
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import MarkovChain, RandomTable

TABLE = RandomTable(2, 4, seed=1, concentration=0.3)
WRONG = Perturbed(0.4, seed=2)
ORDERS = [((2,), ()), ((1, 2), ()), ((2,), (3, 0, 2, 1)), ((4,), (1, 0, 3, 2))]


def problem(sampler, score=WRONG, target=TABLE):
    return masked(target, sampler, grids.even_reveal(4), score)


def entropy(law):
    kept = law[law > 0]
    return -math.fsum(kept * np.log(kept))


def by_hand(law, blocks):
    """``Σ_r TC(X_{S_r}|X_{C_r})`` by entropies of marginals."""

    def of(places):
        return entropy(law.sum(tuple(set(range(law.ndim)) - set(places))))

    known, total = (), 0.0
    for block in blocks:
        alone = sum(of((*known, i)) - of(known) for i in block)
        total += alone - (of((*known, *block)) - of(known))
        known = (*known, *block)
    return total


@pytest.mark.parametrize(("sizes", "order"), ORDERS)
@pytest.mark.parametrize("score", [Exact(), WRONG], ids=["exact", "wrong"])
def test_the_two_parts_are_all_that_the_output_loses(sizes, order, score):
    case = problem(FixedOrder(sizes, order), score)
    quantities = Quantities(case)
    (verdict,) = check(case, [DependencePlusEstimation()], quantities)
    assert verdict.status is Status.HOLDS, str(verdict)
    places = list(order or range(4))
    ends = np.cumsum([0, *sizes, *[sizes[-1]] * 4]).clip(max=4).tolist()
    blocks = [tuple(sorted(places[a:b])) for a, b in itertools.pairwise(ends) if b > a]
    assert list(reveals_in_order.blocks_of(case)) == blocks
    wanted = by_hand(np.exp(TABLE.log_law()), blocks)
    assert verdict.terms["dependence"] == pytest.approx(wanted, rel=1e-10)
    if score == Exact():
        assert verdict.terms["estimation"] < 1e-25
    else:
        # The rest of the KL, by the referee's output law.
        law, data = referee_law(case, reveals.fixed_order(sizes[:-1], sizes[-1], order)), TABLE
        output = law[(slice(-1),) * 4].ravel()
        q = np.exp(data.log_law()).ravel()
        kl = math.fsum(q * np.log(q / output))
        assert verdict.terms["estimation"] == pytest.approx(kl - wanted, rel=1e-8)


@pytest.mark.parametrize(("sizes", "order"), ORDERS)
def test_an_order_of_its_own_has_the_law_of_the_referee(sizes, order):
    case = problem(FixedOrder(sizes, order))
    law = reveals.fixed_order(sizes[:-1], sizes[-1], order)
    np.testing.assert_allclose(output_law(case), referee_law(case, law), rtol=1e-11, atol=1e-15)


@pytest.mark.slow
def test_a_random_order_is_another_sampler():
    """The mean over orders of the law, whose KL is below the mean of KLs."""
    fixed = [
        output_law(problem(FixedOrder((2,), order), Exact()))
        for order in itertools.permutations(range(4))
    ]
    drawn = problem(FixedCardinality((2,)), Exact())
    np.testing.assert_allclose(output_law(drawn), np.mean(fixed, 0), rtol=1e-11, atol=1e-15)
    quantities = Quantities(drawn)
    each = [
        Quantities(problem(FixedOrder((2,), order), Exact())).rung("output")[0]
        for order in itertools.permutations(range(4))
    ]
    assert quantities.rung("average")[0] == pytest.approx(np.mean(each), rel=1e-10)
    assert quantities.rung("output")[0] < 0.9 * np.mean(each)
    (verdict,) = check(drawn, [DependencePlusEstimation()], quantities)
    assert verdict.status is Status.NOT_APPLICABLE


@dataclasses.dataclass(frozen=True)
class Without(DependencePlusEstimation):
    part: str = ""
    name = "without"

    def terms(self, problem, quantities):
        return {**super().terms(problem, quantities), self.part: 0.0}


@pytest.mark.parametrize("part", ["dependence", "estimation"])
def test_neither_part_can_be_left_out(part):
    whole, less = check(problem(FixedOrder((2,))), [DependencePlusEstimation(), Without(part)])
    assert (whole.status, less.status) == (Status.HOLDS, Status.VIOLATED)


def test_a_chain_is_best_read_with_tokens_far_apart_together():
    """Tokens of a Markov chain tell the less of each other the farther apart they are."""
    chain = MarkovChain(((0.9, 0.1), (0.1, 0.9)), length=4)
    kls = {
        order: Quantities(problem(FixedOrder((2,), order), Exact(), chain)).rung("output")[0]
        for order in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2))
    }
    assert kls[0, 3, 1, 2] < kls[0, 2, 1, 3] < kls[0, 1, 2, 3]


def test_its_trait_is_seen_on_the_law():
    assert verify(Trait.FIXED_ORDER, FixedOrder((2,))).passed
    found = verify(Trait.FIXED_ORDER, Confidence(1))
    assert not found.passed
    assert "between states of equal masks" in found.reason


def test_steps_that_are_too_few_leave_masks_and_are_named():
    case = masked(TABLE, FixedOrder((1,)), grids.even_reveal(3), WRONG)
    (verdict,) = check(case, [DependencePlusEstimation()])
    assert verdict.status is Status.NOT_APPLICABLE
    assert "all tokens revealed" in verdict.reason


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedOrder(()), "sizes must be a tuple"),
        (lambda: FixedOrder((0,)), r"sizes\[0\] must be at least 1"),
        (lambda: FixedOrder((1,), (1, 2)), "order must have every position from 0 on once"),
        (
            lambda: output_law(problem(FixedOrder((1,), (1, 0)))),
            r"order must have 4 positions, as the data have, got \(1, 0\)",
        ),
    ],
)
def test_what_is_no_order_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_in_full_runs_it_agrees_with_the_referee():
    agree(problem(FixedOrder((1, 2))))
