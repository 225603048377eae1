"""The referee of uniformization, predictor-corrector, D3PM and soft value decoding.

As ``reference``, whose facts of the truth it uses, it shares no code with the samplers.  ``tilt``
is ``e^{r/α}`` of every sequence, up to a factor, for a data law that is a tilted one: the samplers
then have the ratios of ``q0 / tilt``.
"""

import itertools
import math
from functools import partial

import numpy as np
from scipy.integrate import solve_ivp

from referee import reference


def _length(t, s, told):
    return t - s if told is None else told


def uniformization(q0, R, t, s, ratio_error=None, told=None):
    """``dK/du = -K Q_u`` down from ``t``, by a Runge-Kutta method of order 8."""
    n = q0.size

    def change(u, flat):
        return -(flat.reshape(n, n) @ reference.reverse_generator(q0, R, u, ratio_error)).ravel()

    end = t - _length(t, s, told)
    found = solve_ivp(change, (t, end), np.eye(n).ravel(), method="DOP853", rtol=1e-12, atol=1e-14)
    return found.y[:, -1].reshape(n, n)


def truncated_uniformization(most, q0, R, t, s, ratio_error=None, told=None):
    """The same, where the rows of ``Q_u`` with more than ``most(u)`` going out are scaled down."""
    n = q0.size

    def change(u, flat):
        Q = reference.reverse_generator(q0, R, u, ratio_error)
        leave = -np.diag(Q)
        slow = np.array([min(1.0, most(u) / each) if each > 0 else 1.0 for each in leave])
        return -(flat.reshape(n, n) @ (Q * slow[:, None])).ravel()

    end = t - _length(t, s, told)
    given = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14, "max_step": (t - end) / 10}
    found = solve_ivp(change, (t, end), np.eye(n).ravel(), **given)
    return found.y[:, -1].reshape(n, n)


def largest_exit(q0, R, u):
    """``d`` times what a token of any data leaves its value at, at most."""
    P = reference.kernel(R, 1, u)
    away = R - np.diag(np.diag(R))
    seen = [(P[c] @ away)[a] / P[c, a] for c in range(len(R)) for a in range(len(R)) if P[c, a] > 0]
    return q0.ndim * max(seen)


def truncated_at_the_largest(q0, R, t, s, ratio_error=None, told=None):
    """Scaled down to what the truth never exceeds."""

    def most(u):
        return largest_exit(q0, R, u)

    return truncated_uniformization(most, q0, R, t, s, ratio_error, told)


def predictor_corrector(predictor, steps, length, q0, R, t, s, ratio_error=None, told=None):
    """The predictor's matrix, then those of one-jump leaps with forward and reverse rates."""
    h = _length(t, s, told)
    total = reference.step_matrix(q0, R, predictor, t, s, ratio_error, told)
    x, end = reference.states(q0), max(t - h, 0.0)
    rates = reference.token_rates(q0, R, end, ratio_error) + (R - np.diag(np.diag(R)))[x]
    laws = np.empty((*x.shape, len(R)))
    for k, i in np.ndindex(x.shape):
        laws[k, i] = reference.one_jump(rates[k, i], x[k, i], length * h, keep_first=True)
    leap = np.prod([laws[:, i, x[:, i]] for i in range(q0.ndim)], axis=0)
    return total @ np.linalg.matrix_power(leap, steps)


def _base(q0, tilt):
    base = q0 / np.reshape(tilt, q0.shape)
    return base / base.sum()


def _value(q0, R, u, tilt):
    """``E[tilt(X_0) | X_u]`` under the base, by Bayes, flat ``[n]``."""
    base = _base(q0, tilt)
    joint = base.ravel()[:, None] * reference.kernel(R, q0.ndim, u)
    return (np.ravel(tilt) @ joint) / joint.sum(0)


def d3pm(prediction, guidance, q0, R, t, s, ratio_error=None, told=None, tilt=None):
    """``Σ_{x_0} x̂(x_0) P_s(x_0, b) P_h(b, x_i)``, normalised, times the change of the value."""
    h, x, S = _length(t, s, told), reference.states(q0), len(R)
    tilted = tilt is not None
    tilt = np.ones(q0.size) if tilt is None else np.ravel(tilt)
    base = _base(q0, tilt)
    ratio = reference.ratios(base, R, t, ratio_error)
    value = _value(q0, R, t, tilt) if tilted else np.ones(q0.size)
    P = [reference.kernel(R, 1, u) for u in (t, max(t - h, 0.0), h)]
    same, laws = reference.neighbours(q0), np.empty((*x.shape, S))
    for k, i in np.ndindex(x.shape):
        if prediction == "posterior":
            clean = np.linalg.solve(P[0].T, ratio[k, i])  # of the clean token, given the others
            earlier = (clean * P[0][:, x[k, i]]) @ P[1]
        else:
            earlier = np.linalg.solve(P[2].T, ratio[k, i])
        law = np.maximum(earlier * P[2][:, x[k, i]], 0.0)
        law = law / law.sum() * (value[same[k, i]] / value[k]) ** guidance
        laws[k, i] = law / law.sum()
    return np.prod([laws[:, i, x[:, i]] for i in range(q0.ndim)], axis=0)


def soft_value(count, proposal, q0, R, t, s, ratio_error=None, told=None, tilt=None):
    """Every multiset of the other proposals, one by one."""
    tilted = tilt is not None
    tilt = np.ones(q0.size) if tilt is None else np.ravel(tilt)
    rows = reference.step_matrix(_base(q0, tilt), R, proposal, t, s, ratio_error, told)
    end = max(t - _length(t, s, told), 0.0)
    w = _value(q0, R, end, tilt) if tilted else np.ones(q0.size)
    total = np.zeros_like(rows)
    for others in itertools.combinations_with_replacement(range(q0.size), count - 1):
        orders = math.factorial(count - 1) // math.prod(
            math.factorial(others.count(z)) for z in set(others)
        )
        chance = orders * rows[:, list(others)].prod(1)
        total += chance[:, None] * rows * w / (w + w[list(others)].sum())
    return count * total


STEPS = {
    "uniformization": uniformization,
    "truncated_uniformization": truncated_at_the_largest,
    "predictor_corrector": partial(predictor_corrector, "tau_leaping", 1, 1.0),
    "predictor_corrector(predictor=tweedie, corrector_steps=2, corrector_length=0.5)": partial(
        predictor_corrector, "tweedie", 2, 0.5
    ),
    "multinomial_d3pm": partial(d3pm, "leave_one_out", 1.0),
    "multinomial_d3pm(prediction=posterior)": partial(d3pm, "posterior", 1.0),
    "soft_value_decoding": partial(soft_value, 4, "tweedie"),
}
"""``{label of a sampler: step_matrix(q0, R, t, s, ratio_error, told)}``."""
