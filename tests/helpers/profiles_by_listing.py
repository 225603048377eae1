"""Masked targets, and expected entropies of what is revealed, by listing all subsets."""

import math
from itertools import combinations

import numpy as np
import pytest

from harness import Problem, grids
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from toy_targets import MarkovChain, Parity, PottsRing, RandomTable

SHARES = [0.0, 0.03, 0.4, 0.95, 1.0]
TARGETS = {
    "ring": PottsRing(3, 3, 1.0),
    "one way": MarkovChain(((0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.3, 0.1, 0.6)), length=4),
    "sparse": RandomTable(2, 5, seed=1, concentration=0.05),
    "parity": Parity(4),
    "one token": RandomTable(3, 1, seed=2),
    "two tokens": RandomTable(3, 2, seed=3),
}
EACH = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


def masked(target, grid=None, **fields):
    grid = grid or grids.even_reveal(4)
    return Problem(target, Absorbing(), MaskedPlugIn(), grid, start="mask", **fields)


def repeated(tokens, length):
    same = np.eye(tokens).tolist()
    return MarkovChain(same, length, initial=[1 / tokens] * tokens)


def entropy(law):
    kept = law[law > 0]
    return -math.fsum(kept * np.log(kept))


def mean_entropies(target):
    """``H_k [d + 1]`` by the marginal of every subset."""
    law = np.exp(target.log_law())
    places = range(law.ndim)
    subsets = [list(combinations(places, k)) for k in range(law.ndim + 1)]
    return [
        np.mean([entropy(law.sum(tuple(set(places) - set(kept)))) for kept in size])
        for size in subsets
    ]


def f(target, r):
    """``E H(X_revealed)`` as the sum over sizes."""
    sizes = mean_entropies(target)
    d = len(sizes) - 1
    return sum(math.comb(d, k) * r**k * (1 - r) ** (d - k) * h for k, h in enumerate(sizes))
