"""Code of numpy and JAX in few digits: its run in float64 is that of code that asks for float64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness.noise import Absorbing
from harness.real import TracedLoop, examine
from harness.traced.answers import exact_score
from toy_targets import RandomTable

TARGET = RandomTable(3, 2, seed=2)
SCORE = exact_score(np.exp(TARGET.log_law()), Absorbing())
MODEL = {"asks": "logits", "options": {"mask": 3, "outputs": 3, "timed": False}}
ROUNDED = {"float32": 2.0**-24, "float16": 2.0**-11}


def of_numpy(model, steps, rows, rng, kind, cast=lambda x, kind: x.astype(kind), power=1):
    x = np.full((rows, 2), 3)
    for i in range(2):
        logits = power * cast(model(x)[:, i], kind)
        p = np.exp(logits - logits.max(-1, keepdims=True))
        p = np.where(p > 0, p, 0) / np.add.reduce(p, -1, keepdims=True, dtype=kind)
        x[:, i] = np.minimum((np.cumsum(p, -1, dtype=kind) < rng.random((rows, 1))).sum(-1), 2)
    return x


def of_jax(model, steps, rows, key, kind):
    x = jnp.full((rows, 2), 3)
    for i, mine in enumerate(jax.random.split(key)):
        p = jax.nn.softmax(model(x)[:, i].astype(kind), -1)
        u = jax.random.uniform(mine, (rows, 1))
        x = x.at[:, i].set(jnp.minimum((jnp.cumsum(p, -1, dtype=kind) < u).sum(-1), 2))
    return x


def loop(framework, kind, **how):
    code = {"numpy": of_numpy, "jax": of_jax}[framework]
    return TracedLoop(partial(code, kind=kind, **how), framework=framework, steps=(2,), **MODEL)


@pytest.mark.parametrize("kind", ROUNDED)
@pytest.mark.parametrize("framework", ["numpy", "jax"])
def test_the_run_in_float64_has_no_short_number(framework, kind):
    expected = loop("numpy", "float64").law(SCORE, Absorbing(), 2).law
    short = loop(framework, kind)
    assert abs(short.law(SCORE, Absorbing(), 2, in_float64=True).law - expected).max() < 1e-15
    off = abs(short.law(SCORE, Absorbing(), 2).law - expected).max()
    assert ROUNDED[kind] / 100 < off < 20 * ROUNDED[kind]


@pytest.mark.parametrize(("framework", "kind"), [("numpy", "float16"), ("jax", "float32")])
def test_the_precision_is_told(framework, kind):
    found = examine(loop(framework, kind), TARGET, Absorbing(), draws=2_000)
    assert found.good, str(found)
    (told,) = [each for each in found.findings if each.kind == kind]
    assert "in float64 the law of 2 steps is TV" in told.words


def test_no_more_is_excused_than_rounding_explains():
    found = examine(loop("numpy", "float16", power=1.02), TARGET, Absorbing(), draws=2_000)
    assert found.tendency.kind != "exact"
    assert not found.good


def test_what_numpy_makes_in_few_digits_by_itself_is_refused_where_it_meets_a_draw():
    own = loop("numpy", "float32", cast=lambda x, kind: np.asarray(x, kind))
    found = examine(own, TARGET, Absorbing(), draws=2_000)
    (told,) = [each for each in found.findings if each.kind == "float32"]
    assert "it has no run in float64: an array is made in float32" in told.words


def test_jax_of_32_bits_needs_no_setting():
    """As JAX comes, with a model whose precision nobody set."""
    assert jnp.zeros(1).dtype == jnp.float32
    found = examine(loop("jax", None), TARGET, Absorbing(), draws=2_000)
    assert found.points[0].kl == pytest.approx(0, abs=1e-9)
