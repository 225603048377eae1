"""The explorer, without a framework: small programs that ask ``site`` themselves."""

import numpy as np
import pytest

from harness.traced import growing
from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.explorer import batch_size, explore
from harness.traced.outcomes import Outcomes


def law(worlds, states, size):
    found = np.zeros((states, size))
    np.add.at(found, (worlds.origin, worlds.output), worlds.weight)
    return found


CHAIN = np.array([[0.5, 0.25, 0.25], [0.0, 0.125, 0.875], [1.0, 0.0, 0.0]])


def two_steps(origin, outcomes):
    """A Markov chain: the second draw depends on the first."""
    rows = np.arange(len(origin))
    middle = outcomes.site("first", CHAIN[origin], rows)
    return outcomes.site("second", CHAIN[middle], rows)


@pytest.mark.parametrize("one_world", [False, True])
def test_a_chain_of_two_draws_has_the_product_of_its_matrices(one_world):
    worlds = explore(two_steps, 3, one_world=one_world)
    np.testing.assert_array_equal(law(worlds, 3, 3), CHAIN @ CHAIN)
    assert {kind: seen.outcomes for kind, seen in worlds.seen.items()} == {"first": 3, "second": 3}


def test_draws_of_one_site_are_independent_and_in_their_order():
    p = np.array([[0.75, 0.25], [0.5, 0.5]])

    def pair(origin, outcomes):
        rows = np.repeat(np.arange(len(origin)), 2)
        a, b = outcomes.site("pair", np.tile(p, (len(origin), 1)), rows).reshape(-1, 2).T
        return 2 * a + b

    np.testing.assert_array_equal(law(explore(pair, 2), 2, 4), [[0.375, 0.375, 0.125, 0.125]] * 2)


def test_rows_may_draw_at_different_places_and_in_different_numbers():
    def ragged(origin, outcomes):
        rows = np.repeat(np.arange(len(origin)), origin)  # state k draws k coins
        coins = outcomes.site("coin", np.full((len(rows), 2), 0.5), rows)
        total = np.bincount(rows, coins, len(origin)).astype(int)
        late = np.flatnonzero(total == 1)  # and once more where one fell
        total[late] += outcomes.site("late", np.full((len(late), 2), [0.25, 0.75]), late)
        return total

    found = law(explore(ragged, 4), 4, 4)
    np.testing.assert_allclose(found[2], [0.25, 0.125, 0.375 + 0.25, 0])
    np.testing.assert_allclose(found[3], [0.125, 0.375 * 0.25, 0.375 * 0.75 + 0.375, 0.125])


def test_a_prefix_is_replayed_and_not_weighed():
    names: list[str] = []
    first = explore(
        lambda origin, outcomes: outcomes.site("first", CHAIN[origin], np.arange(len(origin))),
        3,
        names=names,
    )
    worlds = explore(
        lambda origin, outcomes: two_steps(first.origin[origin], outcomes),
        len(first.origin),
        prefix=first.forced,
        names=names,
    )
    np.testing.assert_array_equal(law(worlds, len(first.origin), 3), CHAIN[first.output])


def test_too_many_worlds_are_refused_before_they_are_run():
    def many(origin, outcomes):
        rows = np.repeat(np.arange(len(origin)), 20)
        outcomes.site("coin", np.full((len(rows), 2), 0.5), rows)
        raise AssertionError("the site is the last thing that is run")

    with pytest.raises(TooManyWorlds, match=r"a coin opens 3,145,728 more.*1,048,576 each.*1,000"):
        explore(many, 3, cap=1000)


def test_a_loop_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(growing, "SITES", 40)

    def rejecting(origin, outcomes):
        waiting = np.arange(len(origin))
        while len(waiting):
            got = outcomes.site("coin", np.full((len(waiting), 2), 0.5), waiting)
            waiting = waiting[got == 0]
        return origin

    with pytest.raises(Untraceable, match="does not end"):
        explore(rejecting, 1)


def test_a_run_that_remembers_the_run_before_is_found_out():
    calls = []

    def remembers(origin, outcomes):
        calls.append(1)
        rows = np.arange(len(origin))
        return outcomes.site("even" if len(calls) % 2 else "odd", CHAIN[origin], rows)

    with pytest.raises(Untraceable, match="drew a odd where it drew a even"):
        explore(remembers, 3)


@pytest.mark.parametrize("p", [[0.5, 0.4], [1.5, -0.5], [np.nan, 1.0]])
def test_probabilities_that_are_none_are_refused(p):
    def wrong(origin, outcomes):
        return outcomes.site("coin", np.array([p] * len(origin)), np.arange(len(origin)))

    with pytest.raises(Untraceable, match="probabilities of a coin must be at least 0 and sum to"):
        explore(wrong, 2)


def test_rows_that_take_the_draw_of_another_are_coupled():
    """Teeth: every draw is ascribed to the row after its own."""

    def shifted(origin, outcomes):
        rows = np.arange(len(origin))
        got = outcomes.site("token", CHAIN[origin], np.roll(rows, 1))
        return got

    with pytest.raises(Coupled):
        explore(shifted, 3)


def test_a_row_that_sees_the_rest_of_the_batch_is_coupled():
    def counts_the_batch(origin, outcomes):
        rows = np.arange(len(origin))
        got = outcomes.site("token", CHAIN[origin], rows)
        return got + (got.max() > got.min())

    with pytest.raises(Coupled, match=r"and to .* alone"):
        explore(counts_the_batch, 3)
    alone = law(explore(counts_the_batch, 3, one_world=True), 3, 4)
    np.testing.assert_array_equal(alone[:, :3], CHAIN)


def test_batches_are_prime():
    assert [batch_size(n) for n in (1, 101, 102, 2000)] == [101, 101, 103, 2003]


def test_an_outcome_of_probability_zero_is_no_world():
    worlds = explore(two_steps, 3)
    assert len(worlds.origin) == 3 + 2 + 1 + 2 + 1 + 3  # paths of positive probability
    assert isinstance(Outcomes(worlds.forced).rows, int)
