"""Samplers that are wrong at a size, a time or on data that few try, and what is said of them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from mistakes import Wrong, asking, claims, saying, telling

from harness.claims import Claims, Trait
from harness.noise import Absorbing, own_token
from harness.regress import cover, law_limit, run
from harness.regress.law_limit import Output
from harness.regress.step_checks import StepChecks
from harness.regress.symmetry_checks import SymmetryChecks
from harness.samplers import Confidence, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.step import InTurn, Tokens

SMALL, ORDERS = "a small step follows the reverse generator", "a small step has the orders claimed"
LAST, EXACT = "the last step ends at the data", "a step of any length is exact"
ENDS = "no mask is left at the end"
AT_THE_DATA = "from all masked the run ends at the data"
REVEAL = "a reveal follows the data"
ROWS, SYMBOLS = "a state's law is its own", "another naming of tokens renames the law"
ONE_JUMP = TauLeaping()


@pytest.fixture
def few_places(monkeypatch):
    """Two places, under a noise that hides nothing and under absorbing noise."""
    sizes = {"uniform": [], "non-symmetric": [(3, 2)], "cyclic": [], "absorbing": [(3, 2)]}
    monkeypatch.setattr(cover, "_SIZES", sizes)
    monkeypatch.setattr(cover, "_OF_MASKS", ())


def found(sampler, name, checks=StepChecks):
    return run(name, dict(checks(sampler).all())[name])


def forwards(sampler, score, noise, x, t, s):
    rates = noise.reverse_rates(score(t, x), x)
    rates = rates + 1e-4 * noise.forward_rates(x, rates.shape[-1])
    return Tokens.stay_or_move(x, (t - s) * rates, 1 - (t - s) * rates.sum(-1))


def late(score, u, y):
    return score(jnp.maximum(u, 3e-3), y)


@pytest.mark.usefixtures("few_places")
@pytest.mark.parametrize(
    ("bug", "said"),
    [
        (asking(lambda score, u, y: 1.0001 * score(u, y)), "equals the true rates × 1.0001"),
        (forwards, "equals the true rates + 0.0001 × the rates of the noise, forwards"),
        (asking(lambda score, u, y: score(u, y) ** 1.0005), "ratios to the power 1.0005"),
        (asking(lambda score, u, y: jnp.minimum(score(u, y), 20.0)), "no ratio above 20"),
        (asking(late), "right for t ≥ 0.01713"),
        (asking(late), "right if the score were asked at t="),
        (asking(lambda score, u, y: score(u, y).astype(jnp.bfloat16)), "of a rate in"),
        (telling(lambda t, s: jnp.where(t < 4, s, t)), "right for t ≤ 2.371"),
        (
            telling(lambda t, s: t - (t - s) * (1 + 0.002 * jnp.sqrt(t - s))),
            "a rate has a term h^0.5 in",
        ),
    ],
)
def test_wrong_rates_are_told_with_their_cause(bug, said):
    check = found(Wrong(ONE_JUMP, bug), SMALL)
    assert check.passed is False
    assert said in str(check)
    assert "smallest case S=3, d=2" in check.reason


@pytest.mark.usefixtures("few_places")
@pytest.mark.parametrize("sampler", [ONE_JUMP, FrozenScore(), MaskedPlugIn()])
def test_right_ones_pass(sampler):
    checks = [*StepChecks(sampler).all(), *SymmetryChecks(sampler).all()]
    found = [run(*each) for each in checks]
    assert not [str(check) for check in found if not check.passed]


@dataclass(frozen=True)
class FewerAtFive:
    """Right up to four positions: the last one of five never moves."""

    claims: ClassVar[Claims] = ONE_JUMP.claims

    def step(self, score, noise, x, t, s):
        law = ONE_JUMP.step(score, noise, x, t, s)
        stays = (np.arange(x.shape[1]) >= 4)[:, None]
        return Tokens(jnp.where(stays, own_token(x, law.p.shape[-1]), law.p))


def test_a_size_at_which_it_is_right_is_told(monkeypatch):
    monkeypatch.setattr(cover, "_SIZES", {"uniform": [(2, 3), (2, 4), (2, 5)]})
    check = found(FewerAtFive(), SMALL)
    assert check.passed is False
    assert "moves are never made" in check.reason
    assert "right for d ≤ 4" in check.reason


@pytest.mark.usefixtures("few_places")
@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        (claims(ONE_JUMP, output_order=4), "output order 2, claimed 4"),
        (claims(Tweedie(), chain_order=2), "the chain KL falls with order 1"),
    ],
)
def test_a_term_of_a_lower_order_is_told(sampler, said):
    check = found(sampler, ORDERS)
    assert check.passed is False
    assert said in check.reason


def anew(sampler, score, noise, x, t, s):
    """At the data all positions but the first are drawn anew, at once."""
    ratios = score(s, x)
    p = ratios / ratios.sum(-1, keepdims=True)
    turn = (np.arange(x.shape[1]) > 0)[:, None] & (s <= 0)
    law = sampler.step(score, noise, x, t, s)
    return InTurn((law, Tokens(jnp.where(turn, p, own_token(x, p.shape[-1]).astype(p.dtype)))))


def test_what_happens_at_the_data_only_is_seen(monkeypatch):
    monkeypatch.setattr(cover, "_SIZES", {"uniform": [(2, 3)]})
    wrong = Wrong(Tweedie(), anew, Claims(2, 0, {Trait.KEEPS_MASS}, score_calls=2))
    assert found(wrong, SMALL).passed
    check = found(wrong, LAST)
    assert check.passed is False
    assert "too much" in check.reason


def no_number(sampler, score, noise, x, t, s):
    law = sampler.step(score, noise, x, t, s)
    bad = (s <= 0) & (not isinstance(noise, Absorbing))
    return replace(law, p=jnp.where(bad, jnp.nan, law.p))


@pytest.mark.usefixtures("few_places")
def test_what_is_no_number_at_one_place_is_not_forgotten_at_the_next():
    """The noise of the other place, which is tried after it, is absorbing."""
    check = found(Wrong(Tweedie(), no_number), LAST)
    assert check.passed is False
    assert "TV nan" in check.number


@pytest.mark.usefixtures("few_places")
def test_exact_is_asked_of_any_length():
    check = found(claims(MaskedPlugIn(), output_order=np.inf, chain_order=np.inf), EXACT)
    assert check.passed is False
    assert "from t=" in check.reason


@pytest.mark.usefixtures("few_places")
def test_two_tokens_revealed_at_once_are_seen():
    right, both = Confidence(), Confidence(2)
    assert found(right, REVEAL).passed
    check = found(Wrong(both, claimed=replace(right.claims)), REVEAL)
    assert check.passed is False
    assert "from __ to " in check.reason


def no_token_of_two(law, x):
    """Nothing moves where there are two positions."""
    return Tokens(own_token(x, law.p.shape[-1]).astype(float)) if x.shape[1] == 2 else law


@pytest.mark.parametrize("policy", [Confidence(), Confidence(2)])
@pytest.mark.usefixtures("few_places")
def test_masks_that_stay_are_seen_though_an_error_is_claimed(policy):
    assert found(policy, ENDS).passed
    check = found(Wrong(policy, saying(no_token_of_two)), ENDS)
    assert check.passed is False
    assert "with probability 1" in check.number


@pytest.mark.usefixtures("few_places")
def test_a_run_that_ends_elsewhere_is_seen_where_it_is_called_exact():
    check = found(Wrong(Confidence(2), claimed=Confidence().claims), AT_THE_DATA)
    assert check.passed is False
    assert "from the data" in check.number


def of_the_batch(law, x):
    shared = law.p.mean(0, keepdims=True)
    return Tokens((1 - 1e-6) * law.p + 1e-6 * shared)


def last_row_stays(law, x):
    last = (jnp.arange(len(x)) == len(x) - 1)[:, None, None] & (len(x) == 2)
    return Tokens(jnp.where(last, own_token(x, law.p.shape[-1]), law.p))


@pytest.mark.parametrize(
    ("change", "said"), [(of_the_batch, "alone"), (last_row_stays, "two rows")]
)
def test_a_law_that_depends_on_the_batch_is_seen(change, said):
    check = found(Wrong(ONE_JUMP, saying(change)), ROWS, SymmetryChecks)
    assert check.passed is False
    assert said in check.reason


TRACES = []


def later_traces(law, x):
    TRACES.append(len(x))
    return Tokens(law.p) if len(TRACES) == 1 else Tokens(law.p[..., ::-1])


def test_a_law_of_what_ran_before_is_seen():
    TRACES.clear()
    assert found(Wrong(ONE_JUMP, saying(later_traces)), ROWS, SymmetryChecks).passed is False


def test_values_that_are_added_are_seen_unless_said():
    clip = TauLeaping("clip")
    check = found(claims(clip, adds_values=False), SYMBOLS, SymmetryChecks)
    assert check.passed is False
    assert "adds_values" in check.reason
    assert found(clip, SYMBOLS, SymmetryChecks).passed is None


# Output laws that are known.

H = 1.0 / np.array([64.0, 128.0, 256.0, 512.0])[:, None]
STATES = ["00", "01"]


@pytest.mark.parametrize(
    ("off", "stray", "said"),
    [
        (np.array([3.0, -1.0]) * H + 20.0 * H**2, 0.0, ""),
        (3.0 * H**2 + H**3, H[:, 0] ** 2, ""),
        (0.0 * H, 0.0, ""),
        (3.0 * H + [0.0, -4e-5], 0.0, "the law stops 4e-05 short, at state 01"),
        (3.0 * H + [1e-6, 0.0], 0.0, "the law stops 1e-06 above, at state 00"),
        (3.0 * H, 1e-6, "above, in what is lost"),
        (3.0 * H + [0.01, 0.0] * H**0.5, 0.0, "the law has a term h^0.5 at state 00"),
        (np.array([[1.0], [1.0], [5.0], [5.0]]) * H, 0.0, "no limit is seen"),
        (np.inf * H, 0.0, "no numbers"),
    ],
)
def test_a_limit_is_told_from_zero(off, stray, said):
    off, stray = np.broadcast_to(off, (4, 2)), np.broadcast_to(stray, 4)
    judged = law_limit.judged(Output(off, stray, STATES))
    assert judged.passed == (not said)
    assert said in judged.reason


@pytest.mark.parametrize(
    ("stays", "power", "passed"),
    [
        (0.0, 2.0, True),
        (1e-7, 2.0, True),  # hidden by the other, a hundred times as much in the fewest steps
        (4e-5, 2.0, False),
        (0.0, 0.75, False),
    ],
)
@pytest.mark.parametrize("time", [0.05, 0.3])
def test_what_falls_by_no_power_of_the_step_is_no_limit(time, stays, power, passed):
    """Off by what depends on where in its step a time is."""
    h = 1.0 / (64.0 * 2.0 ** np.arange(6))
    off = (3.0 * h + (time / h % 1.0) * h**power + stays)[:, None] * [1.0, -0.5]
    least = Output(off[:4], np.zeros(4), STATES)
    assert not law_limit.judged(least).passed
    with_more = least._replace(finer=lambda: Output(off[4:], np.zeros(2), STATES))
    assert law_limit.judged(with_more).passed is passed


@pytest.mark.parametrize(
    ("off", "stray", "order", "said"),
    [
        (3.0 * H, 0.0, 2, ""),
        (3.0 * H + 1e-3 * H**0.5, 0.0, 2, "a term h^0.5"),
        (3.0 * H**2, 0.0, 4, ""),
        (3.0 * H**2 + 1e-3 * H, 0.0, 4, "output order 2, claimed 4"),
        (3.0 * H, 1e-6 * H[:, 0], 2, "what is lost has a term h^1"),
        (3.0 * H, 1e-6 * H[:, 0], 1, ""),
        (3.0 * H + 1e-6, 0.0, 2, "the law stays 1e-06 of a probability off, at state 00"),
    ],
)
def test_a_lower_order_is_told(off, stray, order, said):
    off, stray = np.broadcast_to(off, (4, 2)), np.broadcast_to(stray, 4)
    told = law_limit.lower_orders(Output(off, stray, STATES), order)
    assert said in told
    assert bool(told) == bool(said)


def test_odd_and_even_lengths_and_all_to_six_are_met():
    sizes = [(place.tokens, place.length) for place in cover.places(Tweedie())]
    assert {length for _, length in sizes} >= set(range(1, 7))
    for tokens in (2, 3):
        assert {length % 2 for s, length in sizes if s == tokens} == {0, 1}
