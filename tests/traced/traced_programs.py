"""Small programs of PyTorch that draw, their law as traced, and categories to draw from."""

import itertools

import numpy as np
import pytest

from harness.traced.explorer import explore

pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

from harness.traced.torch import backend

S, D = 3, 2
STATES = np.array(list(itertools.product(range(S), repeat=D)))


def tables(seed=0, zeros=True):
    """``[9, 2, 3]``: a law of each token in every state, some entries 0."""
    r = np.random.default_rng(seed)
    p = r.dirichlet(np.ones(S), size=(len(STATES), D))
    if zeros:
        p[0, 0] = [0.0, 0.25, 0.75]
        p[1, 1] = [0.0, 0.0, 1.0]
        p[2, 0] = [1e-9, 1 - 1e-9, 0.0]
    return p / p.sum(-1, keepdims=True)


def product(p):
    """``[9, 9]`` the law of two independent tokens."""
    return (p[:, 0, :, None] * p[:, 1, None, :]).reshape(len(p), -1)


def traced(code, **how):
    """``(law [9, 9], worlds)`` of ``code(x [n, 2]) -> y [n, 2]``."""

    def run(origin, outcomes):
        x = backend.tokens(STATES[origin])
        return backend.run(outcomes, lambda: code(x))

    worlds = explore(run, len(STATES), **how)
    law = np.zeros((len(STATES), len(STATES)))
    y = worlds.output
    np.add.at(law, (worlds.origin, y[:, 0] * S + y[:, 1]), worlds.weight)
    return law, worlds
