"""Random laws, noises, grids and problems, the same in every run."""

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from harness import Problem, grids
from harness.noise import RateMatrix
from harness.space import Sequences
from toy_targets import Table

SPACES = [Sequences(2, 3), Sequences(3, 2)]


def examples(number: int) -> settings:
    """The same examples in every run; a first one may compile."""
    return settings(max_examples=number, derandomize=True, deadline=None, database=None)


positive = st.floats(0.05, 1.0)
weights = st.one_of(positive, positive, st.sampled_from([0.0, 1e-12]))


@st.composite
def laws(draw, size: int) -> np.ndarray:
    """Laws with zeros and rare outcomes among common ones."""
    law = np.array(draw(st.lists(weights, min_size=size, max_size=size)))
    law[draw(st.integers(0, size - 1))] += 1.0
    return law / law.sum()


@st.composite
def generators(draw, tokens: int) -> RateMatrix:
    """Irreducible: every token leads to the next one; other rates may be 0."""
    rates = np.array(draw(st.lists(weights, min_size=tokens**2, max_size=tokens**2)))
    rates = rates.reshape(tokens, tokens) + 0.1 * np.roll(np.eye(tokens), 1, axis=1)
    np.fill_diagonal(rates, 0.0)
    return RateMatrix(rates - np.diag(rates.sum(1)))


@st.composite
def customs(draw) -> grids.Grid:
    """One to four steps, the last perhaps down to 0."""
    steps = draw(st.lists(st.floats(0.02, 0.8), min_size=1, max_size=4))
    stop = draw(st.one_of(st.just(0.0), st.floats(0.01, 0.5)))
    return grids.custom(tuple(stop + math.fsum(steps[k:]) for k in range(len(steps) + 1)))


@st.composite
def problems(draw, sampler) -> Problem:
    space = draw(st.sampled_from(SPACES))
    return Problem(
        Table(draw(laws(space.size)).reshape(space.shape)),
        draw(generators(space.tokens)),
        sampler,
        draw(customs()),
        start=draw(st.sampled_from(["noise", "exact"])),
    )
