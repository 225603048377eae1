"""Small programs that draw, their law as traced, and categories to draw from; of any library."""

import itertools

import numpy as np

from harness.traced.backends import backend
from harness.traced.explorer import explore

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


def traced_by(name, code, **how):
    """``(law [9, 9], worlds)`` of ``code(x [n, 2], drawn_from) -> y [n, 2]``."""
    library = backend(name)

    def run(origin, outcomes):
        x = library.tokens(STATES[origin])
        return library.run(outcomes, handed(code, x))

    worlds = explore(run, len(STATES), **how)
    law = np.zeros((len(STATES), len(STATES)))
    y = worlds.output
    np.add.at(law, (worlds.origin, y[:, 0] * S + y[:, 1]), worlds.weight)
    return law, worlds


def handed(code, x):
    """``code`` of ``x``, as a backend runs it."""
    return lambda **sources: code(x, *(hand() for hand in sources.values()))


def drawn_by(name, code, states, each, seed):
    """``[n, 9]`` how often the code itself goes from each of the ``states [n, 2]`` anywhere."""
    library = backend(name)
    x = library.tokens(np.repeat(states, each, 0))
    found = library.draw(seed, lambda **sources: [handed(code, x)(**sources)])
    place = (found[:, 0] * S + found[:, 1]).reshape(len(states), each)
    return np.stack([np.bincount(row, minlength=S**D) for row in place])
