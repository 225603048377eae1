"""Independent tokens by Fourier transforms: against measured problems, and closed forms."""

import math
import re

import jax.numpy as jnp
import numpy as np
import pytest

from harness import Problem, grids, measure
from harness.measurement import product_path
from harness.measurement.product_path import ProductTokens
from harness.noise import Circulant
from harness.samplers import TauLeaping
from toy_targets import Product

TOKEN, TOLD = (0.5, 0.3, 0.15, 0.05), (0.4, 0.2, 0.3, 0.1)
NOISES = {"uniform": Circulant((0, 0.25, 0.25, 0.25)), "directed": Circulant((0, 0.7, 0.3, 0.1))}
STOPPED, TO_DATA = grids.geometric(3.0, 0.05, 0.3), grids.custom((3.0, 1.0, 0.3, 0.0))
EVERY = pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)


@EVERY
@pytest.mark.parametrize("grid", [STOPPED, TO_DATA], ids=["stopped", "to the data"])
def test_it_is_what_is_measured_on_all_sequences(noise, grid):
    m = measure(Problem(Product(TOKEN, 3), noise, TauLeaping("wrap"), grid))
    tokens = ProductTokens([TOKEN], noise, copies=[3])
    found = tokens.paths(grid)
    assert found.path_kl == pytest.approx(m.path_kl, rel=1e-12)
    assert found.start_kl == pytest.approx(m.start_kl, rel=1e-10)
    assert found.score_error == 0
    assert found.steps_kl < found.steps_bound
    assert tokens.output_kl(grid) == pytest.approx(m.kl, rel=1e-11)
    apart = ProductTokens([TOKEN] * 3, noise)
    assert apart.paths(grid).path_kl == pytest.approx(found.path_kl, rel=1e-13)
    assert 1e-16 < found.floor < 1e-12


@EVERY
def test_a_wrong_estimate_is_that_of_the_problem(noise):
    def ratios(t, x):
        law = jnp.asarray(TOLD) @ noise.kernel(t, 4)
        return law / law[x][..., None]

    problem = Problem(Product(TOKEN, 2), noise, TauLeaping("wrap"), STOPPED, ratios)
    m = measure(problem)
    tokens = ProductTokens([TOKEN], noise, [TOLD], [2])
    found = tokens.paths(STOPPED)
    assert m.score_error > 0.01
    assert found.score_error == pytest.approx(m.score_error, rel=1e-11)
    assert found.path_kl == pytest.approx(m.path_kl, rel=1e-11)
    assert tokens.output_kl(STOPPED) == pytest.approx(m.kl, rel=1e-11)


def test_thousands_of_words_under_uniform_noise():
    """``q_t = e^{-t} q + (1 - e^{-t})/S``, all sums by hand."""
    size = 3000
    words = 1 / np.arange(1.0, size + 1)
    words /= words.sum()
    tokens = ProductTokens([words], Circulant(np.r_[0.0, np.full(size - 1, 1 / size)]), copies=[50])
    for t in (0.01, 1.0):
        law = math.exp(-t) * words - math.expm1(-t) / size
        np.testing.assert_allclose(tokens.law(t)[0], law, rtol=1e-9)
        logs = np.log(law)
        assert tokens.kl(t) == pytest.approx(50 * (law @ logs + math.log(size)), rel=1e-10)
        assert tokens.fall(t) == pytest.approx(50 * (law @ logs - logs.mean()), rel=1e-9)
    grid = grids.geometric(6.0, 0.01, 0.2)
    found = tokens.paths(grid)
    whole = tokens.kl(0.01) - tokens.kl(6.0)
    assert found.steps_kl == pytest.approx(
        whole - math.fsum((t - s) * tokens.fall(t) for t, s in grid.intervals()), rel=1e-9
    )
    assert found.steps_kl < found.steps_bound < grid.kappa * (tokens.kl(0.0) - tokens.kl(1.0))
    assert found.steps_bound < grid.kappa * 50 * math.log(size)
    assert found.floor < 1e-6 * found.path_kl


def test_the_identity_for_a_thousand_tokens_of_4096_words():
    """Girsanov's integral by quadrature, as it stands: the word at the begin of a step is the one
    at ``u``, or since drawn afresh, and then the mean of each fixed log-rate is 0.
    """
    size, copies = 4096, 1000
    words = 1 / np.arange(1.0, size + 1)
    words /= words.sum()

    def law(t):
        return math.exp(-t) * words - math.expm1(-t) / size

    def rate(u, t):
        here, fixed = np.log(law(u)), np.log(law(t))
        same = math.exp(u - t)
        gained = law(u) @ here - here.mean()
        return gained - same * (law(u) @ fixed - fixed.mean())

    grid = grids.geometric(6.0, 0.05, 0.2)
    nodes, weights = np.polynomial.legendre.leggauss(6)
    steps = [
        (t - s) / 2 * weights @ [rate((t + s) / 2 + (t - s) / 2 * x, t) for x in nodes]
        for t, s in grid.intervals()
    ]
    noise = Circulant(np.r_[0.0, np.full(size - 1, 1 / size)])
    found = ProductTokens([words], noise, copies=[copies]).paths(grid)
    assert found.steps_kl == pytest.approx(copies * math.fsum(steps), rel=1e-7)
    assert 0.4 < found.steps_kl / found.steps_bound < 0.5


def test_the_output_of_many_words_goes_block_by_block(monkeypatch):
    size = 500
    words = np.random.default_rng(1).dirichlet(np.full(size, 0.5))
    tokens = ProductTokens([words], Circulant(np.r_[0.0, np.full(size - 1, 1 / size)]))
    grid = grids.custom((3.0, 1.0, 0.2))
    whole = tokens.output_kl(grid)
    assert 0 < whole < tokens.paths(grid).path_kl
    monkeypatch.setattr(product_path, "BLOCK", 7 * size)
    assert tokens.output_kl(grid) == pytest.approx(whole, rel=1e-9)


def test_the_floor_covers_what_errors_of_entries_do(monkeypatch):
    tokens = ProductTokens([TOKEN], NOISES["directed"])
    found, law, rng = tokens.paths(STOPPED), tokens.law, np.random.default_rng(2)

    def erring(t, told=False):
        right = law(t, told)
        return right + product_path.ABSOLUTE * right.max() * rng.uniform(-1, 1, right.shape)

    monkeypatch.setattr(tokens, "law", erring)
    moved = max(abs(tokens.paths(STOPPED).path_kl - found.path_kl) for _ in range(20))
    assert found.floor / 300 < moved < found.floor


def test_what_a_transform_would_drown_is_refused():
    walk = np.zeros(64)
    walk[1] = 1.0
    tokens = ProductTokens([np.eye(64)[0]], Circulant(walk))
    with pytest.raises(FloatingPointError, match="too small for a Fourier transform: stop earlier"):
        tokens.kl(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ProductTokens([[0.5, 0.4]], Circulant((0, 1))), "laws must sum to 1, got 0.9"),
        (lambda: ProductTokens([[1.5, -0.5]], Circulant((0, 1))), "rows of probabilities >= 0"),
        (lambda: ProductTokens([TOKEN], Circulant((0, 1))), "2 rates, the target has 4 tokens"),
        (
            lambda: ProductTokens([TOKEN], NOISES["uniform"], [TOLD, TOLD]),
            "estimate must have the shape of laws, (1, 4), got (2, 4)",
        ),
        (
            lambda: ProductTokens([TOKEN], NOISES["uniform"], copies=[0]),
            "copies must be one positive number a law, got [0]",
        ),
    ],
)
def test_what_are_no_tokens(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
