"""What is the same for code of numpy and of JAX, on the tables of both.

Draws against the law that they mean, programs against their own draws, what is refused.
"""

from contextlib import nullcontext

import numpy as np
import pytest
from traced import (
    test_jax_draws,
    test_jax_programs,
    test_jax_refused,
    test_numpy_draws,
    test_numpy_programs,
    test_numpy_refused,
)
from traced.small_programs import STATES, S, drawn_by, traced_by

from harness.engines.exact import output_law
from harness.foundation.precision import float64
from harness.noise import Absorbing
from harness.numerics.statistics import counts_test
from harness.samplers import MaskedPlugIn
from harness.traced.answers import exact_score
from harness.traced.errors import Coupled, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.own_draws import loop_draws_test

DRAWS = {"numpy": test_numpy_draws, "jax": test_jax_draws}
PROGRAMS = {"numpy": test_numpy_programs, "jax": test_jax_programs}
REFUSED = {"numpy": test_numpy_refused, "jax": test_jax_refused}
FEW = 20 * 2.0**-52
START, EACH_DRAWS = STATES[[1, 5, 8]], 30_000


def cases(modules, table):
    """A case for each entry of a table of both modules."""
    return [
        pytest.param(library, entry, id=f"{library}-{getattr(entry, '__name__', entry)}")
        for library, module in modules.items()
        for entry in getattr(module, table)
    ]


def in_64_bits(library):
    return float64() if library == "jax" else nullcontext()


@pytest.mark.parametrize(("library", "code"), cases(DRAWS, "DRAWS"))
def test_a_draw_has_the_law_that_it_means(library, code):
    with in_64_bits(library):
        law, worlds = traced_by(library, code)
    assert worlds.passes > 1
    np.testing.assert_allclose(law, DRAWS[library].LAW, rtol=0, atol=FEW)


@pytest.mark.parametrize(("library", "name"), cases(DRAWS, "NUMBERS"))
def test_a_whole_number_has_its_law(library, name):
    draw, expected = DRAWS[library].NUMBERS[name]
    with in_64_bits(library):
        stack = DRAWS[library].stack
        law, _ = traced_by(library, lambda x, source: stack([draw(x, source), x[:, 1]], 1))
    atol = 3e-8 if (library, name) == ("jax", "poisson") else FEW  # its rates are float32
    for state, row in zip(STATES, law, strict=True):
        np.testing.assert_allclose(row.reshape(3, 3)[:, state[1]], expected, atol=atol)


@pytest.mark.parametrize(("library", "name"), cases(DRAWS, "ORDERS"))
def test_an_order_is_any_of_them(library, name):
    with in_64_bits(library):
        law, _ = traced_by(library, DRAWS[library].ORDERS[name], one_world=True)
    expected = [0 if a == b else 1 / 6 for a in range(3) for b in range(3)]
    np.testing.assert_allclose(law, np.tile(expected, (9, 1)), atol=FEW)


@pytest.mark.parametrize(("library", "pair"), cases(PROGRAMS, "PAIRS"))
def test_the_law_of_a_program_is_that_of_its_draws(library, pair):
    """1e-9 false alarms each; a total variation of 0.02 is seen."""
    token, move = pair
    table = np.random.default_rng([len(token), len(move)]).dirichlet(np.ones(S), (9, 2))
    with PROGRAMS[library].bits():
        code = PROGRAMS[library].program(table, token, move)
        law, _ = traced_by(library, code, one_world=token == "masked only")
        counted = drawn_by(library, code, START, EACH_DRAWS, seed=7)
    index = START[:, 0] * S + START[:, 1]
    test = counts_test(counted, law[index] / len(START), 1e-9, lost=0)
    assert test.passed, test.reason


@pytest.mark.parametrize(("library", "code"), cases(PROGRAMS, "LOOPS"))
def test_a_loop_is_the_sampler_that_it_is(library, code):
    module, steps = PROGRAMS[library], 2 if library == "jax" else 3
    score = exact_score(module.DATA, Absorbing())
    wanted = np.asarray(output_law(module.problem(MaskedPlugIn(), steps)))
    with module.bits():
        loop = TracedLoop(code, module.ASKS, library)
        found = loop.law(score, Absorbing(), steps)
        run = loop.run(score, Absorbing(), steps)
        assert loop_draws_test(run, found, 2_000, 7, 1e-9).passed
    np.testing.assert_allclose(found.law, wanted, rtol=1e-11, atol=1e-15)
    assert bool(found.coupled) == (code.__name__ in ("by_mask", "one_by_one"))


@pytest.mark.parametrize(("library", "name"), cases(REFUSED, "REFUSED"))
def test_what_cannot_be_followed_is_refused(library, name):
    code, told = REFUSED[library].REFUSED[name]
    with pytest.raises(Untraceable, match=told):
        traced_by(library, code)


@pytest.mark.parametrize(("library", "name"), cases(REFUSED, "COUPLED"))
def test_rows_that_share_draws_or_see_each_other_are_found(library, name):
    code = REFUSED[library].COUPLED[name]
    with pytest.raises(Coupled):
        traced_by(library, code)
    law, _ = traced_by(library, code, one_world=True)
    np.testing.assert_allclose(law.sum(1), 1)
