"""The corpus's right samplers are right: shown by dense matrices, apart from what regress does."""

import pytest
from outside.scans import LeftToRight

from harness import grids
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.problem import Problem
from teeth.corpus import RIGHT_SAMPLERS
from teeth.proof import STEPS, gaps
from teeth.right_samplers.in_other_words import Modest
from teeth.wrong_samplers.small_bias import RatesTooLarge
from toy_targets import RandomTable, Table

pytestmark = pytest.mark.slow  # they are right whatever changes beside them
EXACT = 1e-12
NEARER = 100  # times, what the laws lead to than the last of them
SHORT = 4  # times the step: what still is short beside the noise
NOISES = (CyclicWalk(), RateMatrix([[-1.0, 0.7, 0.3], [0.2, -0.6, 0.4], [0.5, 0.4, -0.9]]))
PEAKED = Table([[[0.7, 0.02], [0.03, 0.05]], [[0.01, 0.04], [0.06, 0.09]]])


def series(sampler, target, noise, start, stop):
    """Of more steps for one that goes so many times as fast as the noise."""
    more = max(1, int(getattr(sampler, "speed", 1)) // SHORT)
    return tuple(
        Problem(target, noise, sampler, grids.even(start, stop, more * n), start="exact")
        for n in STEPS
    )


def revealing(sampler, target):
    return tuple(
        Problem(target, Absorbing(), sampler, grids.even_reveal(n), start="mask") for n in STEPS
    )


def runs(sampler):
    """Two series of problems of different data, noise and times."""
    claims = sampler.claims
    if claims.own_order:
        return [revealing(sampler, RandomTable(2, 3, 5)), revealing(sampler, PEAKED)]
    if claims.needs_mask:
        return [
            series(sampler, RandomTable(2, 3, 5), Absorbing(), 1.3, 0.21),
            series(sampler, PEAKED, Absorbing(), 0.7, 0.05),
        ]
    noises = (Uniform(), Uniform()) if claims.needs_uniform else NOISES
    return [
        series(sampler, RandomTable(3, 3, 5), noises[0], 1.3, 0.31),
        series(sampler, RandomTable(3, 2, 9), noises[1], 0.9, 0.23),
    ]


@pytest.mark.parametrize("case", RIGHT_SAMPLERS, ids=lambda case: case.name)
def test_the_law_it_leads_to_is_the_truth(case):
    """Exact at once; or TV falls like ``h``, or ``h²``, and what it leads to is far nearer."""
    sampler = case.thing
    if sampler == Modest(output_order=0, chain_order=0, inner=Modest().inner):
        sampler = Modest()  # the same law, of which it claims an error
    for problems in runs(sampler):
        order = max(1.0, sampler.claims.output_order / 2)
        if order == float("inf"):
            (tv, *_), _ = gaps(problems[:1], 1)
            assert tv < EXACT
            continue
        found = [gaps(problems, power) for power in (1, 2)]  # some are better than they say
        tvs, limit = found[0][0], min(limit for _, limit in found)
        assert tvs[-1] < EXACT or tvs[-1] < 1.1 * tvs[-2] / 2**order
        assert limit < EXACT or limit < tvs[-1] / NEARER


def test_a_wrong_one_would_be_seen():
    """Two tokens at once; a rate off by five thousandths."""
    tvs, _ = gaps(revealing(LeftToRight(at_once=2), RandomTable(2, 3, 5)), 1)
    assert min(tvs) > 1e-3
    for problems in runs(RatesTooLarge(5e-3)):
        assert all(
            limit > 3 * tvs[-1] / NEARER for tvs, limit in (gaps(problems, 1), gaps(problems, 2))
        )
