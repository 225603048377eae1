"""Small programs of numpy made of draws, traced, against their own draws."""

import itertools
from contextlib import nullcontext

import numpy as np
from traced.small_programs import STATES, S

from harness import Problem, grids
from harness.claims import Claims
from harness.engines.sequences import step_laws
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from harness.traced.own_draws import step_draws_test
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


PAIRS = list(itertools.product(TOKENS, MOVES))
bits = nullcontext  # numpy has 64 of them


def program(table, token, move):
    def code(x, rng):
        return MOVES[move](x, TOKENS[token](table[x[:, 0] * S + x[:, 1]], rng), rng)

    return code


ASKS = "posterior"
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


LOOPS = unmask, by_mask, one_by_one
