"""Draws that are put off: what nobody looks at has no outcomes, and the law stays what it is."""

import numpy as np
import pytest
from traced.traced_programs import STATES, D, S, tables, traced

from harness.traced.errors import NothingLeft
from harness.traced.later import Later
from harness.traced.outcomes import Forced, Outcomes

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

P = tables(3, zeros=False)
TABLE = torch.from_numpy(P)


def at(x):
    return TABLE[x[:, 0] * S + x[:, 1]]


def tokens(x):
    return torch.multinomial(at(x).reshape(-1, S), 1).reshape(x.shape)


def marginal(p):
    """``[9, 9]`` the first token drawn by ``p [9, 3]``, the second one kept."""
    law = np.zeros((9, 9))
    for k, (_, b) in enumerate(STATES):
        law[k, np.arange(S) * S + b] = p[k]
    return law


def test_what_nobody_looks_at_has_no_outcomes():
    def first_alone(x):
        y, _, coin = tokens(x), torch.rand(x.shape).argmax(-1), torch.rand(x.shape) < 0.5
        assert coin.shape == x.shape
        return torch.stack([y[:, 0], x[:, 1]], 1)

    law, worlds = traced(first_alone)
    np.testing.assert_allclose(law, marginal(P[:, 0]), rtol=1e-14)
    assert len(worlds.origin) == len(STATES) * S


def test_a_comparison_has_two_outcomes_and_what_it_told_is_kept():
    """The second token is 0 where the first draw is at least 1, and else its own one."""

    def code(x):
        y = tokens(x)[:, 0]
        later = y >= 1
        after = y == 2  # given that: a fair question still
        return torch.stack([later.long() + after.long(), torch.where(later, y, x[:, 1])], 1)

    law, worlds = traced(code)
    expected = np.zeros((9, 9))
    for k, (_, b) in enumerate(STATES):
        for v, place in ((0, b), (1, S + 1), (2, 2 * S + 2)):
            expected[k, place] += P[k, 0, v]
    np.testing.assert_allclose(law, expected, rtol=1e-13)
    assert len(worlds.origin) == len(STATES) * 3
    assert "multinomial compared" in worlds.seen


def test_times_that_lie_ahead_are_not_drawn_yet():
    """Of 1,000 times three comparisons ask: four worlds for each token, not a million."""

    def code(x):
        times = torch.randint(1000, x.shape)
        y = torch.full_like(x, 2)
        for k, limit in enumerate((900, 500)):
            y = torch.where(times < limit, 1 - k, y)
        return y

    law, worlds = traced(code)
    each = np.array([0.5, 0.4, 0.1])
    np.testing.assert_allclose(law, np.tile(np.outer(each, each).reshape(-1), (9, 1)), rtol=1e-12)
    assert len(worlds.origin) == 9 * 3**D


def in_views(x):
    """Written into through a view, before and after it is looked at."""
    y = tokens(x)
    first, turned = y[:, 0], y.t()
    first[x[:, 1] == 0] = 2
    turned[1].fill_(1)
    return y


def swapped(x):
    y = tokens(x)
    return (
        y.flip(-1)
        .flip(-1)
        .unsqueeze(0)
        .expand(2, -1, -1)[1]
        .gather(1, torch.arange(D).expand_as(x))
    )


def by_numpy(x):
    return torch.from_numpy(tokens(x).numpy().copy())


def by_python(x):
    return torch.tensor(tokens(x).tolist())


def added_to(x):
    y = tokens(x)
    y += 0
    return y.clamp_(0, 2)


def masked_in(x):
    y = x.clone()
    chosen = torch.ones(x.shape).bool()
    y[chosen] = tokens(x)[chosen]
    return y


@pytest.mark.parametrize("code", [swapped, by_numpy, by_python, added_to, masked_in])
def test_moved_about_it_is_the_same_draw(code):
    law, _ = traced(code)
    plain = (P[:, 0, :, None] * P[:, 1, None, :]).reshape(9, 9)
    np.testing.assert_allclose(law, plain, rtol=1e-13)


def test_views_see_what_is_written():
    law, _ = traced(in_views)
    expected = np.zeros((9, 9))
    for k, (_, b) in enumerate(STATES):
        expected[k, np.arange(S) * S + 1] = np.eye(S)[2] if b == 0 else P[k, 0]
    np.testing.assert_allclose(law, expected, rtol=1e-13)


def test_noise_that_was_compared_is_what_it_was_told_to_be():
    """A comparison that is put off, looked at first by a second one of the same noise."""

    def code(x):
        u = torch.rand(x.shape, dtype=torch.float64)
        low, lower = u < 0.5, u < 0.2
        return torch.where(lower, 0, torch.where(low, 1, 2))

    law, worlds = traced(code)
    each = np.array([0.2, 0.3, 0.5])
    np.testing.assert_allclose(law, np.tile(np.outer(each, each).reshape(-1), (9, 1)), rtol=1e-12)
    assert len(worlds.origin) == 9 * 3**D


@pytest.mark.parametrize("both", [True, False])
def test_and_or_of_what_is_decided_draws_nothing(both):
    def code(x):
        mask, coin = x == 0, torch.rand(x.shape) < 0.25
        return torch.where(mask & coin if both else mask | coin, 1, x)

    law, worlds = traced(code)
    chance = np.where(STATES == 0, 0.25 if both else 1.0, 0.0 if both else 0.25)
    p = np.zeros((9, D, S))
    for k, state in enumerate(STATES):
        for i, v in enumerate(state):
            p[k, i, v] += 1 - chance[k, i]
            p[k, i, 1] += chance[k, i]
    np.testing.assert_allclose(law, (p[:, 0, :, None] * p[:, 1, None, :]).reshape(9, 9), rtol=1e-7)
    drawn = (STATES == 0) == both
    assert len(worlds.origin) == (2 ** drawn.sum(1)).sum()


def test_a_value_is_drawn_once_and_given_what_is_known():
    """By hand: told to be above 0, then asked for its value."""
    outcomes = Outcomes(
        Forced(np.array([[1, 1]]), np.array([[1, 0]], np.int16), np.array([2])),
        ["x", "x compared"],
        weigh=True,
    )
    later = Later(outcomes)
    law = np.array([[0.5, 0.2, 0.3]])
    ids = np.array(later.put_off("x", law.__getitem__, 3, np.zeros(1, int), low=4))
    assert later.compared(ids, "gt", np.array([4.0])).tolist() == [True]
    assert later.values(ids).tolist() == [5]
    assert later.values(ids).tolist() == [5]
    assert later.compared(ids, "eq", np.array([5.0])).tolist() == [True]
    assert outcomes.weight[0] == pytest.approx(0.5 * 0.2 / 0.5)
    with pytest.raises(NothingLeft):  # another draw has nothing to be told
        later.values(np.array(later.put_off("x", law.__getitem__, 3, np.zeros(1, int))))
