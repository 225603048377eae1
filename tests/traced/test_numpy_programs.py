"""Small programs of numpy made of draws, traced, against their own draws."""

import itertools

import numpy as np
import pytest
from traced.small_programs import STATES, S, drawn_by, traced_by

from harness import Problem, grids
from harness.claims import Claims
from harness.engines.exact import output_law
from harness.engines.sequences import step_laws
from harness.noise import Absorbing
from harness.numerics.statistics import counts_test
from harness.samplers import MaskedPlugIn
from harness.traced.answers import exact_score
from harness.traced.loop import TracedLoop
from harness.traced.own_draws import loop_draws_test, step_draws_test
from harness.traced.step import TracedStep
from toy_targets import Table

START, EACH_DRAWS = STATES[[1, 5, 8]], 30_000


def gumbel(p, rng):
    return -np.log(-np.log(rng.random(p.shape)))


def masked_only(p, rng):
    """Draws for what a mask has chosen: rows that are run one by one."""
    chosen, y = rng.binomial(1, 0.6, p.shape[:-1]).astype(bool), p.argmin(-1)
    y[chosen] = (p[chosen] / rng.exponential(size=p[chosen].shape)).argmax(-1)
    return y


TOKENS = {
    "multinomial": lambda p, rng: rng.multinomial(1, p).argmax(-1),
    "Gumbel": lambda p, rng: (np.log(p) + 0.7 * gumbel(p, rng)).argmax(-1),
    "cumulated": lambda p, rng: (rng.random((*p.shape[:-1], 1)) > p.cumsum(-1)[..., :-1]).sum(-1),
    "order": lambda p, rng: np.argsort(-np.log(p) - gumbel(p, rng), axis=-1)[..., 0],
    "eps": lambda p, rng: (p / (1e-3 - np.log(rng.random(p.shape) + 1e-3))).argmax(-1),
    "clamped": lambda p, rng: (
        np.log(p) - np.log(-np.log(np.clip(rng.random(p.shape), 0.2, 0.9)))
    ).argmax(-1),
    "counts": lambda p, rng: np.minimum(rng.poisson(p[..., 0] * 2), 2),
    "masked only": masked_only,
}  # fmt: skip


def one_position(x, y, rng):
    place = rng.random(x.shape).argmax(-1)[:, None]
    moved = x.copy()
    np.put_along_axis(moved, place, np.take_along_axis(y, place, 1), 1)
    return moved


MOVES = {
    "all": lambda x, y, rng: y,
    "one or both": lambda x, y, rng: np.where(rng.random((len(x), 1)) < 0.5, x, y),
    "one position": one_position,
    "by confidence": lambda x, y, rng: np.where(gumbel(x, rng) + x > 0.5, x, y),
}


@pytest.mark.parametrize(("token", "move"), list(itertools.product(TOKENS, MOVES)))
def test_the_law_of_a_program_is_that_of_its_draws(token, move):
    """1e-9 false alarms each; a total variation of 0.02 is seen."""
    table = np.random.default_rng([len(token), len(move)]).dirichlet(np.ones(S), (9, 2))

    def code(x, rng):
        return MOVES[move](x, TOKENS[token](table[x[:, 0] * S + x[:, 1]], rng), rng)

    law, _ = traced_by("numpy", code, one_world=token == "masked only")
    counted = drawn_by("numpy", code, START, EACH_DRAWS, seed=7)
    index = START[:, 0] * S + START[:, 1]
    test = counts_test(counted, law[index] / len(START), 1e-9, lost=0)
    assert test.passed, test.reason


DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3)))
DATA /= DATA.sum()
MASKED = Claims(2, 1, MaskedPlugIn.claims.traits, needs_mask=True, starts_masked=True)


def reveal(model, x, t, s, rng):
    """A masked token stays so with probability (1 - e^-s)/(1 - e^-t), else it is drawn."""
    p, masked = model(x), x == 3
    stays = rng.random(x.shape) < np.expm1(-s) / np.expm1(-t)
    return np.where(masked & ~stays, rng.multinomial(1, p).argmax(-1), x)


def problem(sampler, steps):
    grid = grids.even_reveal(steps)
    return Problem(Table(DATA), Absorbing(), sampler, grid, start="mask")


def test_a_step_in_numpy_is_the_sampler_that_it_is():
    traced = TracedStep(reveal, "posterior", "numpy", claims=MASKED)
    known, code = problem(MaskedPlugIn(), 4), problem(traced, 4)
    for t, s in known.grid.intervals():
        wanted, found = (step_laws.step_law(each, t, s) for each in (known, code))
        np.testing.assert_allclose(found.p, wanted.p, rtol=1e-12, atol=4e-15)
    run = traced.run(code.score_model, code.noise, code.sequences.states(), 1.0, 0.5)
    assert step_draws_test(run, run.seen(), 20_000, 3, 1e-9).passed


def unmask(model, steps, rows, rng):
    """Each mask goes with the probability of an even reveal, to a draw from the posterior."""
    x = np.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        p = model(x)
        moves = (x == 3) & (rng.random(x.shape) < 1 / k)
        x = np.where(moves, (p / rng.exponential(size=p.shape)).argmax(-1), x)
    return x


def by_mask(model, steps, rows, rng):
    """The same, drawn for what a mask has chosen."""
    x = np.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        p = model(x)
        moves = (x == 3) & (rng.random(x.shape) < 1 / k)
        x[moves] = rng.multinomial(1, p[moves]).argmax(-1)
    return x


def one_by_one(model, steps, rows, rng):
    """The same, as code of one sample is often written: numbers, branches, rng.choice."""
    x = np.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        p = model(x)
        for row, i in itertools.product(range(rows), range(2)):
            if x[row, i] == 3 and rng.random() < 1 / k:
                x[row, i] = rng.choice(4, p=p[row, i])
    return x


@pytest.mark.parametrize("code", [unmask, by_mask, one_by_one], ids=lambda code: code.__name__)
def test_a_loop_in_numpy_is_the_sampler_that_it_is(code):
    score, steps = exact_score(DATA, Absorbing()), 3
    loop = TracedLoop(code, "posterior", "numpy")
    found = loop.law(score, Absorbing(), steps)
    wanted = np.asarray(output_law(problem(MaskedPlugIn(), steps)))
    np.testing.assert_allclose(found.law, wanted, rtol=1e-11, atol=1e-15)
    assert bool(found.coupled) == (code is not unmask)
    run = loop.run(score, Absorbing(), steps)
    assert loop_draws_test(run, found, 2_000, 7, 1e-9).passed
