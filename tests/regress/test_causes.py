"""What all that is wrong has in common, alone or two together, and what explains wrong rates."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from teeth.parts import leap, likeliest, rates

from harness.claims import Claims
from harness.regress import cover
from harness.regress.causes import _only, told, where
from harness.regress.consistency import Steps
from harness.samplers import MaskedPlugIn, TauLeaping

PLACES = [
    (3, 3, "uniform"),
    (2, 6, "uniform"),
    (2, 5, "cyclic"),
    (4, 3, "cyclic"),
    (4, 2, "uniform"),
]
MORE = [*PLACES, (3, 3, "absorbing"), (2, 5, "absorbing"), (3, 2, "drifting")]
TIMES, KINDS = (0.01, 0.5, 3.0), ("rough", "peaked")


def cases(is_wrong, places=PLACES, kinds=KINDS, gap=lambda wrong: float(wrong), orders=False):
    return [
        SimpleNamespace(
            place=SimpleNamespace(tokens=S, length=d, name=noise),
            t=t,
            kind=kind,
            wrong=is_wrong(S, d, noise, t, kind) and not orders,
            orders=("a term",) * (orders and is_wrong(S, d, noise, t, kind)),
            gap=gap(is_wrong(S, d, noise, t, kind)),
        )
        for S, d, noise in places
        for t, kind in product(TIMES, kinds)
    ]


@pytest.mark.parametrize(
    ("is_wrong", "said"),
    [
        (lambda S, d, noise, t, kind: d == 5, "only for d = 5"),
        (lambda S, d, noise, t, kind: d > 3, "right for d ≤ 3, or right for S ≥ 3"),
        (lambda S, d, noise, t, kind: t < 0.1, "right for t ≥ 0.5"),
        (lambda S, d, noise, t, kind: noise == "cyclic", "only under cyclic noise"),
        (
            lambda S, d, noise, t, kind: S == 4 and d == 3,
            "only for d = 3 and only for S ≥ 4",
        ),
        (
            lambda S, d, noise, t, kind: kind == "peaked" and t > 1,
            "only for t ≥ 3 and only on peaked data",
        ),
        (lambda S, d, noise, t, kind: True, ""),
        (lambda S, d, noise, t, kind: False, ""),
    ],
)
def test_what_tells_right_from_wrong_is_said(is_wrong, said):
    assert where(cases(is_wrong)) == said


KINDS_OF_ALL = ("rough", "zeros", "sticky", "peaked")


@pytest.mark.parametrize(
    ("is_wrong", "said"),
    [
        (lambda S, d, noise, t, kind: noise != "cyclic", "right under cyclic noise"),
        (
            lambda S, d, noise, t, kind: noise != "cyclic" and (d > 2) == (t > 1),
            "",
        ),
        (lambda S, d, noise, t, kind: noise != "cyclic" and t > 1, "right for t ≤ 0.5"),
        (lambda S, d, noise, t, kind: kind != "zeros" and (d > 2) == (t > 1), ""),
        (lambda S, d, noise, t, kind: kind == "rough" and (d > 2) == (t > 1), "only on rough data"),
    ],
)
def test_a_list_of_nearly_all_is_no_cause(is_wrong, said):
    found = where(cases(is_wrong, MORE, KINDS_OF_ALL))
    assert found == said


def seldom(S, d, noise, t, kind):
    return S < 4 and t > 1 and (d == 6 or kind == "rough")


@pytest.mark.parametrize(
    ("gap", "orders", "said"),
    [
        (lambda wrong: float(wrong), False, "right for S ≥ 4, right for t ≤ 0.5"),
        (lambda wrong: 1e-5 if wrong else 0.9e-5, False, ""),
        (lambda wrong: 0.0, True, ""),
    ],
)
def test_a_size_or_time_is_a_bound_only_where_the_defect_is_absent_beyond_it(gap, orders, said):
    assert where(cases(seldom, gap=gap, orders=orders), orders) == said


def only_of_four(S, d, noise, t, kind):
    return S == 4 and t > 0.01 and kind != "zeros"


@pytest.mark.parametrize("orders", [False, True])
def test_one_size_that_tells_all_cases_apart_is_said_of_orders_too(orders):
    """Of the times and data at which orders are asked: not of data with zeros."""
    found = where(
        cases(only_of_four if orders else lambda S, *_: S == 4, kinds=KINDS_OF_ALL, orders=orders),
        orders,
    )
    assert found.startswith("right for S ≤ 3")


@pytest.fixture(scope="module")
def of_masks():
    """The right rates from a mask to five tokens, of which some are rare."""
    place = cover.place("absorbing", 6, 1)
    problem = place.problem(MaskedPlugIn(), place.data["peaked"])
    return next(Steps(MaskedPlugIn())._seen(place, "peaked", problem, (0.1379,)))


def order_of(rates):
    return np.argsort(rates.true[-1, :-1])  # tokens, the rarest first


def scaled(rates, k, factor, rest=1.0):
    found = rest * rates.true
    found[-1, order_of(rates)[k]] *= factor / rest
    return found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda r: 1.001 * r.true, "equals the true rates × 1.001"),
        (lambda r: 0.0 * r.true, "nothing moves"),
        (lambda r: scaled(r, 0, 0.0, 1 + 1e-8), "1 of 6 moves is never made: from _ to "),
        (lambda r: scaled(r, -1, 0.0), "1 of 6 moves is never made: from _ to "),
        (lambda r: scaled(r, 2, 3.0, 1 - 1e-7), "1 of 6 moves is off"),
    ],
)
def test_what_explains_the_rates_does_so_for_rare_moves_too(of_masks, found, said):
    case = replace(of_masks, found=found(of_masks), x=6, y=0)
    assert told(case, [case]).startswith(said)


@dataclass(frozen=True)
class Changed:
    """The rates of a leap under masks, changed by a function of them, asked at one of the time."""

    change: Callable
    asks: Callable = lambda t: t
    claims: ClassVar[Claims] = replace(TauLeaping().claims, needs_mask=True)

    def step(self, score, noise, x, t, s):
        return leap(x, self.change(rates(score, noise, x, self.asks(t))), t - s)


@dataclass(frozen=True)
class Corrected(Changed):
    """Under any noise, and no more is claimed than where it carries ``q_t``."""

    claims: ClassVar[Claims] = replace(TauLeaping().claims, chain_order=0, traits=frozenset())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Corrected(lambda found: 1.001 * found), "equals the true flows × 1.001"),
        (Corrected(lambda found: 0 * found), "nothing moves"),
        (Corrected(lambda found: found, lambda t: 1.25 * t), "right if the score were asked at t="),
        (Corrected(lambda found: found**1.01), ""),
    ],
)
def test_what_explains_where_a_law_is_carried(wrong, said):
    seen = Steps(wrong, places=[cover.place("uniform", 3, 2)]).all
    case = next(each for each in seen if each.wrong)
    assert told(case, [case]).startswith(said)
    assert bool(told(case, [case])) == bool(said)


def test_most_of_the_noises_are_no_cause():
    names = np.array(["uniform", "cyclic", "drifting", "absorbing"])
    assert _only("noise", names, np.array([True, True, False, False])) != ""
    assert _only("noise", names, np.array([True, True, True, False])) == ""


def raised(found):
    """None of those that are made below a small share of all."""
    least = 1e-4 * found.sum(-1, keepdims=True)
    return jnp.where(found > 0, jnp.maximum(found, least), 0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: 1.01 * found, "equals the true rates × 1.01"),
        (raised, ""),
        (partial(likeliest, count=5), "never made: from _ to"),
    ],
)
def test_a_factor_is_a_cause_where_it_explains_all_moves(change, said):
    seen = Steps(Changed(change), places=[cover.place("absorbing", 6, 1)]).all
    wrong = [each for each in seen if each.wrong]
    assert wrong
    found = f"{told(wrong[0], seen)}; {wrong[0]}"
    assert said in found
    assert ("×" in found) == ("×" in said)
