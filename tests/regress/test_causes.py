"""What all that is wrong has in common: one thing alone, or two together, or no more than that."""

from itertools import product
from types import SimpleNamespace

import pytest

from harness.regress.causes import where

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
