"""The referee's own derivations of masked samplers, as in ``reference``: dense, slow, for tests.

The mask is the last of the ``S + 1`` symbols of ``q0 [S + 1]*d``, on which ``q0`` is 0 wherever one
token is a mask.  ``ratio_error [n, d, S + 1]`` multiplies what the sampler believes about a token.
"""

import itertools
import math

import numpy as np

from referee import reference


def clean_laws(q0, ratio_error=None):
    """``[n, d, S]`` ``Pr(X_0^i = b | the unmasked tokens of x)`` by going through all clean data.

    Uniform where nothing agrees with the unmasked tokens; times the error, as shares.
    """
    x, mask = reference.states(q0), q0.shape[0] - 1
    data = np.flatnonzero((x < mask).all(1))
    laws = np.zeros((len(x), q0.ndim, mask))
    for k, seen in enumerate(x):
        agree = [y for y in data if ((x[y] == seen) | (seen == mask)).all()]
        for y in agree:
            laws[k, np.arange(q0.ndim), x[y]] += q0.ravel()[y]
    if ratio_error is not None:
        laws *= ratio_error[..., :mask]
    total = laws.sum(-1, keepdims=True)
    return np.where(total > 0, laws / np.where(total > 0, total, 1.0), 1.0 / mask)


def token_laws(q0, t, s, ratio_error=None):
    """``[n, d, S + 1]``: a mask stays one with chance ``(1-e^{-s})/(1-e^{-t})``."""
    x, mask = reference.states(q0), q0.shape[0] - 1
    hidden = (1 - math.exp(-s)) / (1 - math.exp(-t))
    shown = (1 - hidden) * clean_laws(q0, ratio_error)
    shown = np.concatenate([shown, np.full((*shown.shape[:2], 1), hidden)], -1)
    return np.where((x == mask)[..., None], shown, np.eye(mask + 1)[x])


def product(laws, x):
    """``K [n, n]`` of tokens that move independently."""
    return np.prod([laws[:, i, x[:, i]] for i in range(x.shape[1])], axis=0)


def plug_in(q0, R, t, s, ratio_error=None, told=None):
    """``K [n, n]``; ``t`` may be inf."""
    s = s if told is None else t - told
    return product(token_laws(q0, t, s, ratio_error), reference.states(q0))


def coarse_plug_in(bits):
    """The same, each token by a race of waits whose uniforms have ``bits`` bits: all are tried."""

    def step(q0, R, t, s, ratio_error=None, told=None):
        s = s if told is None else t - told
        laws = token_laws(q0, t, s, ratio_error)
        wait = -np.log(np.maximum(np.arange(2**bits) / 2**bits, 1e-10))
        waits = np.array(list(itertools.product(wait, repeat=laws.shape[-1])))
        drawn = np.zeros_like(laws)
        for k, i in np.ndindex(laws.shape[:2]):
            wins = np.argmax(laws[k, i] / waits, axis=1)  # the first of those that tie
            drawn[k, i] = np.bincount(wins, minlength=laws.shape[-1]) / len(waits)
        return product(drawn, reference.states(q0))

    return step


STEPS = {"masked_plug_in": plug_in}
"""``{label of the sampler: K(q0, R, t, s, ratio_error, told)}``."""
