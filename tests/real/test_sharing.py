"""Positions that share what they draw: their law is followed, and the sharing is named."""

import itertools
from functools import partial

import numpy as np
import pytest

from harness.noise import Absorbing, Uniform
from harness.numerics.divergence import tv
from harness.real import TracedLoop, examine
from harness.real.sharing_findings import TIMES, TOKENS
from toy_targets import RandomTable

TARGET = RandomTable(3, 3, seed=2)
DATA = np.exp(TARGET.log_law())
MODEL = {"asks": "posterior", "framework": "numpy"}
MASKS = {"options": {"mask": 3, "outputs": 3, "timed": False}}


def faults(found):
    return [finding.kind for finding in found.findings if finding.fault]


def by_uniform(p, rng, shape):
    return np.minimum((p.cumsum(-1) < rng.random(shape)[..., None]).sum(-1), 2)


def in_turn(p, rng, shape):
    """The same uniforms, asked position by position."""
    u = rng.random(shape)
    each = [(p[:, i].cumsum(-1) < u[:, i % shape[1], None]).sum(-1) for i in range(3)]
    return np.minimum(np.stack(each, -1), 2)


def systematic(p, rng, shape):
    """One uniform, moved on by a third from position to position."""
    u = (rng.random(shape) + np.arange(3) / 3) % 1
    return np.minimum((p.cumsum(-1) < u[..., None]).sum(-1), 2)


def by_gumbel(p, rng, shape):
    with np.errstate(divide="ignore"):
        return (np.log(p) + rng.gumbel(size=(*shape, 3))).argmax(-1)


def masked(model, steps, rows, rng, draw, width=3, times=3):
    x = np.full((rows, 3), 3)
    for k in range(steps):
        drawn = draw(model(x), rng, (rows, width))
        due = rng.random((rows, times)) < 1 / (steps - k)
        x = np.where((x == 3) & due, drawn, x)
    return x


def report(steps=(2, 4), **how):
    loop = TracedLoop(partial(masked, **how), steps=steps, name="code", **MODEL, **MASKS)
    return examine(loop, TARGET, Absorbing(), draws=4_000)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"draw": by_uniform}, []),
        ({"draw": by_uniform, "width": 1}, [TOKENS]),
        pytest.param({"draw": in_turn, "width": 1}, [TOKENS], marks=pytest.mark.slow),
        pytest.param({"draw": systematic, "width": 1}, [TOKENS], marks=pytest.mark.slow),
        ({"draw": by_uniform, "times": 1}, [TIMES]),
        ({"draw": by_uniform, "width": 1, "times": 1}, [TOKENS, TIMES]),
        ({"draw": by_gumbel}, []),
        ({"draw": by_gumbel, "times": 1}, [TIMES]),
    ],
)
def test_sharing_is_named_and_nothing_else(how, told):
    found = report(**how)
    assert faults(found) == told
    assert found.good is not bool(told)
    assert found.agreement.passed


def test_the_law_of_a_shared_uniform_is_a_mixture_over_its_intervals():
    """One step: of each position what its quantile function gives at the same uniform."""
    marginals = [DATA.sum(tuple({0, 1, 2} - {i})) for i in range(3)]
    for draw, moved in ((by_uniform, 0.0), (systematic, 1 / 3)):
        cuts = [(p.cumsum() - i * moved) % 1 for i, p in enumerate(marginals)]
        shifts = [(-i * moved) % 1 for i in range(3)]
        edges = np.unique(np.concatenate([*cuts, shifts, [0.0, 1.0]]))
        expected = np.zeros((3, 3, 3))
        for a, b in itertools.pairwise(edges):
            u = [((a + b) / 2 + i * moved) % 1 for i in range(3)]
            x = [min(int((p.cumsum() < v).sum()), 2) for p, v in zip(marginals, u, strict=True)]
            expected[tuple(x)] += b - a
        found = report((1,), draw=draw, width=1)
        assert abs(found.points[0].law - expected).max() < 1e-14
        product = np.einsum("i,j,k->ijk", *marginals)
        (told,) = [each.words for each in found.findings if each.kind == TOKENS]
        assert f"tokens are {tv(expected, product):.3g} in total variation" in told


def test_a_shared_vector_of_a_race_is_refused_and_named():
    found = report((2,), draw=by_gumbel, width=1)
    assert "the same vector of noise stands in several argmaxes" in found.refused
    assert "argmax at" in found.refused
    assert found.wrong[0] == TOKENS
    assert "law" in found.wrong


def test_a_shared_uniform_is_named_without_masks():
    def resampled(model, steps, rows, rng, width):
        x = rng.integers(0, 3, (rows, 3))
        for k in range(steps, 0, -1):
            x0 = by_uniform(model(x, np.full(rows, 0.3 * k)), rng, (rows, width))
            x = np.where(rng.random((rows, 3)) < 0.5, x0, x)
        return x

    for width, told in ((3, False), (1, True)):
        loop = TracedLoop(partial(resampled, width=width), steps=(1,), name="code", **MODEL)
        assert (TOKENS in faults(examine(loop, TARGET, Uniform(), draws=2_000))) is told
