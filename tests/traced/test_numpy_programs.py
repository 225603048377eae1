"""Small programs of numpy made of draws, traced, against their own draws."""

import itertools

import numpy as np
import pytest
from traced.small_programs import STATES, S, drawn_by, traced_by

from harness import Problem, grids, measure
from harness.claims import Claims, Trait
from harness.engines.sequences import step_laws
from harness.noise import Absorbing, Uniform
from harness.numerics.statistics import counts_test
from harness.samplers import MaskedPlugIn
from harness.traced.own_draws import loop_draws_test, step_draws_test
from harness.traced.loop import TracedLoop
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


def test_a_step_in_numpy_is_the_sampler_that_it_is():
    traced = TracedStep(reveal, "posterior", "numpy", claims=MASKED)
    grid = grids.even_reveal(4)
    own, other = (
        Problem(Table(DATA), Absorbing(), each, grid, start="mask")
        for each in (MaskedPlugIn(), traced)
    )
    a, b = measure(own), measure(other)
    np.testing.assert_allclose(b.output_kl, a.output_kl, rtol=0, atol=1e-14)
    del step_laws


def unmask(model, steps, rows, rng):
    """Reveals by even parts: the code's clock is the masked fraction."""
    x = np.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        p, masked = model(x), x == 3
        moves = rng.random(x.shape) < 1 / k
        drawn = (p / rng.exponential(size=p.shape)).argmax(-1)
        x = np.where(masked & moves, drawn, x)
    return x


def one_by_one(model, steps, rows, rng):
    """As code of one sample is often written: scalars, branches, rng.choice."""
    x = np.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        p = model(x)
        for row in range(rows):
            for i in range(2):
                if x[row, i] == 3 and rng.random() < 1 / k:
                    x[row, i] = rng.choice(3, p=p[row, i])
    return x


def test_loops_in_numpy_have_the_law_of_the_sampler_that_they_are():
    from harness.traced import TracedLoop

    laws = []
    for code in (unmask, one_by_one):
        loop = TracedLoop(code, "posterior", "numpy")
        laws.append(loop)
    del laws
