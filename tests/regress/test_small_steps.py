"""Small steps: what is extrapolated is known, and the truth that they are compared with is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.linalg import expm

from harness.claims import Claims
from harness.noise import Absorbing
from harness.regress import cover
from harness.regress.consistency import Steps
from harness.regress.extrapolation import at_zero
from harness.regress.small_steps import (
    HALVINGS,
    ROUNDING,
    Small,
    Truth,
    from_infinity,
    lengths,
    rate_matrix,
    true_rates,
    truth,
)
from harness.samplers import MaskedPlugIn, ThetaRK2, Tweedie


def test_steps_are_of_halved_lengths():
    h = lengths(0.01713)
    assert h[:-1] / h[1:] == pytest.approx(2.0, rel=1e-9)
    assert h[0] < 0.01713 / 500


def test_few_digits_do_not_excuse_a_chance_that_is_lost():
    kernel = np.array([[0.0, 1e-9, 1e-9], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    before, rows = np.array([1.0, 0.0, 0.0]), np.array([[0.0, 0.0, 1e-9]] * 3)
    truth_there = Truth(before[None], before[None], kernel[None])
    small = Small(np.array([0.01]), rows[None], np.zeros((1, 3)), truth_there, rounding=1e-7)
    assert small.floor() == pytest.approx([0.0, ROUNDING / 0.01, 1e-7 / 0.01])


@pytest.mark.parametrize(("name", "size"), [("non-symmetric", (3, 2)), ("absorbing", (2, 2))])
def test_the_truth_is_that_of_matrix_exponentials(name, size):
    place = cover.place(name, *size)
    sampler = MaskedPlugIn() if isinstance(place.noise, Absorbing) else Tweedie()
    problem, (t, s) = place.problem(sampler, place.data["zeros"]), (0.7313, 0.7)
    tokens = problem.sequences.tokens
    rates = rate_matrix(problem)
    both = np.kron(rates, np.eye(tokens)) + np.kron(np.eye(tokens), rates)
    before, after = (problem.data_law @ expm(u * both) for u in (t, s))
    found = truth(problem, [t], [s])
    assert found.before[0] == pytest.approx(before, abs=1e-14)
    joint = after[:, None] * expm((t - s) * both)  # rows: the state at s
    assert found.before[0][:, None] * found.kernel[0] == pytest.approx(joint.T, abs=1e-14)
    # Its generator is the reverse one.
    h = lengths(t)
    steps = truth(problem, np.full(HALVINGS, t), t - h)
    small = Small(h, steps.kernel, np.zeros((HALVINGS, len(before))), steps)
    flows = (steps.before[..., None] * steps.kernel) / h[:, None, None]
    here = flows * ~np.eye(len(before), dtype=bool)
    wanted = before[:, None] * true_rates(problem, t, small)
    assert at_zero(here)[0] == pytest.approx(wanted, abs=1e-9)


def test_from_infinity_steps_reveal_one_mask_of_many():
    ends, h = from_infinity()
    assert np.exp(-ends) == pytest.approx(h)


@pytest.mark.parametrize("kind", cover.KINDS)
@pytest.mark.parametrize("size", [(3, 3), (7, 1), (2, 4)])
def test_data_have_no_symmetry_and_what_their_kind_says(kind, size):
    law = cover.law(kind, *size)
    assert law.sum() == pytest.approx(1.0)
    swapped = law.swapaxes(0, -1)
    assert size[1] == 1 or np.abs(swapped - law).max() > 1e-6
    assert np.abs(np.flip(law) - law).max() > 1e-3
    assert (law == 0).any() == (kind == "zeros" and law.size > 2)
    assert kind != "rough" or law.size == 2 or law.min() < 2 * cover.RARE
    assert kind != "peaked" or law.max() > 0.99


def test_no_time_is_round_and_places_have_all_sizes():
    assert all(round(t, 3) != t or t > 2 for t in cover.TIMES)
    places = cover.places(Tweedie())
    assert {p.tokens for p in places} >= {2, 3, 4, 5, 6, 7}
    assert {p.length for p in places} >= {1, 2, 3, 4, 5, 6}
    assert {p.name for p in places} == {*cover._SIZES}
    sizes = {(p.tokens, p.length) for p in places}
    assert sizes > {(7, 3), (5, 4), (4, 5), (3, 6), (2, 6)}  # no more of a thousand states
    assert len(cover._SIZES) == 5
    assert all(p.name == "absorbing" for p in cover.places(MaskedPlugIn()))
    small = [k for k, place in enumerate(places) if place.tokens**place.length <= cover.MANY]
    tried = [dict(cover.tried(places[k], k)) for k in small]
    assert len(tried) >= 9
    assert all({t for kind in each.values() for t in kind} == set(cover.TIMES) for each in tried)


def test_who_asks_for_more_has_tables_of_four_thousand_states_and_all_times():
    more = [place for place in cover.places(Tweedie(), thorough=True) if place.states > cover.MOST]
    assert {(p.tokens, p.length) for p in more} == {(7, 4), (5, 5), (4, 6)}
    masks = [p for p in cover.places(MaskedPlugIn(), thorough=True) if p.states > cover.MOST]
    assert {(p.tokens, p.length) for p in masks} == {(6, 4), (4, 5), (3, 6)}
    small = cover.place("uniform", 2, 3)
    assert [times for _, times in cover.tried(small, 0, thorough=True)] == [cover.TIMES] * 4
    for place in (*more, *masks):
        assert [len(times) for _, times in cover.tried(place, 0, thorough=True)] == [1]


def test_a_law_that_pairs_states_has_no_small_steps_at_the_largest_places():
    assert Steps(ThetaRK2(), places=[cover.place("uniform", 4, 6)]).all == []


@dataclass(frozen=True)
class UpToFivePositions:
    """Right, but for four tokens at six positions."""

    claims: ClassVar[Claims] = Tweedie.claims

    def step(self, score, noise, x, t, s):
        longer = s - 1e-3 * (t - s) if x.shape[1] > 5 else s
        return Tweedie().step(score, noise, x, t, longer)


@pytest.mark.slow
def test_what_is_wrong_at_the_largest_place_alone_is_seen_there():
    small, large = cover.place("uniform", 4, 5), cover.place("uniform", 4, 6)
    told = Steps(UpToFivePositions(), places=[small, large]).all
    assert [step.wrong for step in told] == [False, True]
