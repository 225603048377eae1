"""Large S: nothing flows to the own class, and pairs in closed form."""

import math

import numpy as np
import pytest

from harness import Problem, grids, measure
from harness.noise import Uniform
from harness.samplers import FrozenScore, Tweedie
from toy_targets import MarkovChain, Pairs


def test_nothing_flows_to_the_own_class():
    """A rounding error there would make the path KL of a sampler without such a rate infinite."""
    target = MarkovChain(
        ((1, 0, 0), (0, 1, 0), (0, 0, 1)), 3, (0.5, 0.5, 0), class_sizes=(1, 1, 4095)
    )
    grid = grids.geometric(6.0, 0.05, kappa=0.5)
    problem = Problem(target, Uniform(), FrozenScore(), grid, start="exact")
    flow = np.concatenate([np.asarray(f) for _, f in problem.reverse_flow(problem.start_law)])
    own = np.asarray(problem.sequences.states())[..., None] == np.arange(3)
    assert not flow[own].any()
    assert (flow[~own] > 0).all()
    m = measure(problem)
    assert m.kl <= m.path_kl < 1


def pair_chain_kl(tokens: int, grid: grids.Grid) -> float:
    """Chain KL of Tweedie from ``q_T``: the sum of ``E TC(X_s|X_t)``, all in closed form."""

    def entropy(kept: float) -> float:
        equal = kept + (1 - kept) / tokens  # both tokens are the clean one with probability kept
        parts = (equal, tokens), (1 - equal, tokens * (tokens - 1))
        return sum(-p * math.log(p / states) for p, states in parts)

    def step(t: float, s: float) -> float:
        now = entropy(math.exp(-2 * t))
        return 2 * (entropy(math.exp(-t - s)) - now) - (entropy(math.exp(-2 * s)) - now)

    return math.fsum(step(t, s) for t, s in grid.intervals())


def test_a_pair_grows_like_log_s():
    grid = grids.geometric(6.0, 0.05, kappa=0.2)
    for tokens in (2, 3, 7, 16):
        m = measure(Problem(Pairs(tokens), Uniform(), Tweedie(), grid, start="exact"))
        assert m.chain_kl == pytest.approx(pair_chain_kl(tokens, grid), rel=1e-11)
    shares = [
        pair_chain_kl(tokens, grid) / (grid.kappa * math.log(tokens))
        for tokens in (16, 256, 4096, 50_257)
    ]
    assert max(shares) / min(shares) < 1.2  # log S, where S itself grew by 3,000
