"""Divergences of random laws: their relations, and the digits of KL."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from helpers.random_problems import examples, laws
from hypothesis import given
from hypothesis import strategies as st

from harness.numerics import divergence


def inequalities(q, p, lost):
    """Relations between the five divergences; ``p`` may have lost mass."""
    names = ("kl", "reverse_kl", "tv", "chi2", "hellinger")
    kl, reverse, tv, chi2, hellinger = (getattr(divergence, n)(q, p, lost) for n in names)
    room = 1 + 1e-12
    assert 0 <= tv <= room
    assert tv <= math.sqrt(kl / 2) * room + 1e-15
    assert hellinger**2 <= tv * room + 1e-15
    assert tv <= hellinger * math.sqrt(2 - hellinger**2) * room + 1e-15
    assert 2 * hellinger**2 <= kl * room + 1e-15
    assert reverse <= chi2 * room + 1e-15
    if math.isfinite(chi2):
        assert reverse <= math.log1p(chi2) * room + 1e-15
        assert 4 * tv**2 <= chi2 * room + 1e-15
    else:
        assert reverse == math.inf


@examples(100)
@given(laws(8), laws(8), st.sampled_from([0.0, 1e-9, 0.3]))
def test_divergences_are_ordered(q, p, lost):
    inequalities(q, p * (1 - lost), lost)
    inequalities(q, q * (1 - lost), lost)
    for name in ("kl", "reverse_kl", "tv", "chi2", "hellinger"):
        assert getattr(divergence, name)(q, q) == 0
    assert divergence.tv(q, p) == pytest.approx(divergence.tv(p, q), rel=1e-12)
    assert divergence.hellinger(q, p) == pytest.approx(divergence.hellinger(p, q), rel=1e-12)
    assert divergence.reverse_kl(q, p) == pytest.approx(divergence.kl(p, q), rel=1e-12)


def exact_kl(q, p, lost):
    """``KL`` of the floats given, each side scaled to sum to one, with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        q, p = ([Decimal(float(entry)) for entry in law] for law in (q, p))
        q_sum, p_sum = sum(q), sum(p) + Decimal(lost)
        pairs = [(a / q_sum, b / p_sum) for a, b in zip(q, p, strict=True) if a]
        return float(sum(a * (a / b).ln() for a, b in pairs))


def agrees(q, p, lost=0.0):
    want = exact_kl(q, p, lost)
    tolerance = 1e-12 * want + 1e-14 * math.sqrt(want) + 1e-28
    assert divergence.kl(q, p, lost) == pytest.approx(want, rel=0, abs=tolerance)
    return want


@examples(150)
@given(
    laws(9),
    st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    st.floats(-10.5, 0.0),
    st.sampled_from([0.0, 0.0, 1e-20, 1e-6, 0.2]),
    st.booleans(),
)
def test_kl_has_all_its_digits(q, tilt, log_size, lost, visits):
    """From 1e-20 to 1, where q has zeros that p visits or not, and where mass is lost."""
    p = q * np.exp(10**log_size * np.array(tilt))
    if visits:
        p[q == 0] = 10 ** (2 * log_size)
    agrees(q, p / p.sum() * (1 - lost), lost)


@pytest.mark.parametrize("size", [1e-10, 1e-6, 1e-3, 0.0099, 0.0101, 0.02, 0.1, 0.51, 0.999999])
@pytest.mark.parametrize("cells", [2, 10, 1000])
def test_kl_of_a_relative_change_of_every_entry(cells, size):
    """Also just above the switch from the series, where ``log p - log q`` has few digits left."""
    rng = np.random.default_rng(cells)
    for _ in range(10):
        q = np.repeat(rng.dirichlet(np.ones(cells // 2)) / 2, 2)
        agrees(q, q * np.tile([1 + size, 1 - size], cells // 2))


def test_kl_where_it_is_extreme():
    assert agrees([1e-300, 1.0], [1.0, 1e-300]) == pytest.approx(300 * math.log(10))
    assert agrees([0.5, 0.5], [1e-17, 1.0]) > 18
    assert agrees([1.0, 0.0], [1.0, 1e-25]) == pytest.approx(1e-25)
    assert agrees([1.0, 0.0], [1 - 2**-53, 0.0], lost=2.0**-53) == pytest.approx(2.0**-53)
    assert divergence.kl([0.5, 0.5], [1.0, 0.0]) == math.inf


@examples(60)
@given(laws(6), laws(6), st.floats(0.0, 2.0))
def test_bregman_is_positive_and_homogeneous(a, c, scale):
    gap = divergence.bregman(a, c)
    assert (gap >= 0).all()
    np.testing.assert_array_equal(divergence.bregman(a, a), 0)
    finite = np.isfinite(gap)
    assert (finite | (c == 0)).all()
    scaled = divergence.bregman(scale * a[finite], scale * c[finite])
    if scale > 1e-100:
        np.testing.assert_allclose(scaled, scale * gap[finite], rtol=1e-9, atol=1e-28)
