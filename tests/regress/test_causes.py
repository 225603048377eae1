"""What all that is wrong has in common: one thing alone, or two together, or no more than that."""

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
from harness.regress import causes, cover
from harness.regress.causes import _only, where
from harness.regress.consistency import Steps
from harness.samplers import TauLeaping

PLACES = [
    (3, 3, "uniform"),
    (2, 6, "uniform"),
    (2, 5, "cyclic"),
    (4, 3, "cyclic"),
    (4, 2, "uniform"),
]
TIMES, KINDS = (0.01, 0.5, 3.0), ("rough", "peaked")


def cases(is_wrong):
    return [
        SimpleNamespace(
            place=SimpleNamespace(tokens=S, length=d, name=noise),
            t=t,
            kind=kind,
            wrong=is_wrong(S, d, noise, t, kind),
            orders="",
        )
        for (S, d, noise), t, kind in product(PLACES, TIMES, KINDS)
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


def test_most_of_the_noises_are_no_cause():
    names = np.array(["uniform", "cyclic", "drifting", "absorbing"])
    assert _only("noise", names, np.array([True, True, False, False])) != ""
    assert _only("noise", names, np.array([True, True, True, False])) == ""


@dataclass(frozen=True)
class Changed:
    """The rates of a leap under masks, changed by a function of them."""

    change: Callable
    claims: ClassVar[Claims] = replace(TauLeaping().claims, needs_mask=True)

    def step(self, score, noise, x, t, s):
        return leap(x, self.change(rates(score, noise, x, t)), t - s)


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
    told = f"{causes.told(wrong[0], seen)}; {wrong[0]}"
    assert said in told
    assert ("×" in told) == ("×" in said)
