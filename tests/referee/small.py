"""Noises and targets for tests of the referee itself, written out."""

import itertools
import math

import numpy as np


def uniform(S):
    return np.full((S, S), 1 / S) - np.eye(S)


def absorbing(S):
    R = np.zeros((S + 1, S + 1))
    R[:S, S] = 1.0
    return R - np.diag(R.sum(1))


def law_of(weight, S, d):
    q = np.array([weight(x) for x in itertools.product(range(S), repeat=d)], float)
    return (q / q.sum()).reshape((S,) * d)


def potts(S, d, coupling=1.0):
    def weight(x):
        return math.exp(coupling * sum(x[i] == x[(i + 1) % d] for i in range(d)))

    return law_of(weight, S, d)
