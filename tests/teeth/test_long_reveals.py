"""Policies of masks that are right in small tables only: each is killed, and told why."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from harness.foundation.registry import label, load
from harness.regress import checks_of, long_reveals, run
from harness.samplers import Blocks, Confidence, EntropyBound, FixedOrder, Threshold, Tweedie
from teeth.right_samplers.of_masks import LeastSureFirst, OutsideIn, RightToLeft
from teeth.wrong_samplers.long_reveals import CASES, LONG

load()
SAID = {
    "SurestOfEachRun": "right for d ≤ 16; smallest case S=4, d=17, where 17 tokens are masked",
    "OneTooFewSorted": "right for d ≤ 16; smallest case S=4, d=17, 17 calls have probability 0",
    "BudgetOfEachHalf": "nats beside the largest, claimed 0.3",
    "CoinsFarOut": "a mask stays with a probability 0.5 from 0 and 1",
    "ForgetsTheFirst": "a token that is known changes with probability 1",
    "NearbyOnly": "a probability of position",
    "OrderBySureness": "which tokens are revealed differs between states of equal masks",
}
RIGHT = [
    *(Confidence(3, "entropy"), EntropyBound(1.5), EntropyBound(0.0), Threshold(1.0)),
    *(Blocks(5, Confidence(2, "margin")), FixedOrder((5, 2)), OutsideIn(), RightToLeft()),
    LeastSureFirst(),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_killed_and_told_why(case):
    check = run(LONG, checks_of(case.thing)[LONG])
    assert check.passed is False
    assert SAID[case.name] in str(check)


@pytest.mark.parametrize("right", RIGHT, ids=label)
def test_a_right_one_is_right_of_long_sequences(right):
    assert long_reveals.applies(right)
    found = long_reveals.found(right)
    assert found.passed, found


def test_of_one_with_another_kind_of_step_it_is_not_asked():
    assert not long_reveals.applies(Tweedie())
    assert LONG not in checks_of(Tweedie())


def test_the_law_of_a_token_is_that_of_the_listed_mixture():
    """Bayes' rule, once more: over all sequences of three tokens and four positions."""
    score = long_reveals.truth(3, 4)
    x = np.array([[3, 1, 3, 0]] * long_reveals.ROWS)
    every = np.stack(np.meshgrid(*[range(3)] * 4, indexing="ij"), -1).reshape(-1, 4)
    products = score.laws[:, np.arange(4), every].prod(-1)
    law = score.weights @ products
    fits = (every[:, 1] == 1) & (every[:, 3] == 0)
    wanted = [law[fits & (every[:, 2] == b)].sum() / law[fits].sum() for b in range(3)]
    found = np.einsum("k,kb->b", long_reveals._share(score, x)[:, 0], score.laws[:, 2, :3])
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    with_jax: Array = long_reveals.Absorbing().clean_law(score, 0.4, jnp.asarray(x))
    np.testing.assert_allclose(with_jax[0, 2], wanted, rtol=1e-4)  # JAX may be in float32 here
