"""The referee of the two-stage samplers: every pair of states, every number of jumps, one by one.

As ``reference``, whose facts of the truth it uses, it shares no code with the samplers.  Rates may
be negative where there is no clamp; then so may the law of the second stage.
"""

import itertools
from functools import partial

import numpy as np

from referee import reference

JUMPS = 80  # of one displacement in one leap, at most: means are of order one


def _poisson(mean):
    """``[JUMPS]`` ``e^{-m} m^k / k!``, which is a signed measure for negative ``m``."""
    terms = np.cumprod([1.0, *(mean / np.arange(1, JUMPS))])
    return np.exp(-mean) * terms


def _leap(rule, here, moves, h, S):
    """``[S + 1]`` law of one token at ``here``, lost last; ``moves``: ``{displacement: rate}``."""
    law = np.zeros(S + 1)
    if rule in ("one_jump", "reject"):
        rate = np.array([moves.get(b - here, 0.0) if b != here else 0.0 for b in range(S)])
        law[:S] = reference.one_jump(rate, here, h, keep_first=rule == "one_jump")
        return law
    reach = (S - 1) * JUMPS
    total = np.ones(1)
    for by, rate in moves.items():
        if rate == 0:
            continue
        jumps = np.zeros(2 * reach + 1)
        jumps[reach + by * np.arange(JUMPS)] = _poisson(h * rate)
        total = np.convolve(total, jumps)
        middle = len(total) // 2
        if middle > reach:  # further than that nothing of size 1e-30 goes
            total = total[middle - reach : middle + reach + 1]
    for value, mass in zip(here + np.arange(len(total)) - len(total) // 2, total, strict=True):
        if 0 <= value < S:
            law[value] += mass
        elif rule == "clip":
            law[min(max(value, 0), S - 1)] += mass
        else:
            law[S] += mass
    return law


def _by_displacement(at, rates):
    return {b - at: rates[b] for b in range(len(rates)) if b != at}


def _seen(jumps, rule, here, at, rates):
    """The rates of a token at ``at``, as they are used at ``here``."""
    S = len(rates)
    if jumps == "displacement":
        moves = _by_displacement(at, rates)
        if rule in ("one_jump", "reject"):  # what leads out of the alphabet cannot be
            moves = {by: rate for by, rate in moves.items() if 0 <= here + by < S}
        return moves
    return {b - here: rates[b] for b in range(S) if b not in (here, at)}


def step_matrix(method, theta, clamp, rule, jumps, q0, R, t, s, ratio_error=None, told=None):
    """``K(x, y)``, ``[n, n]``: a sum over the middle states; rows that lose mass are below one."""
    h = t - s if told is None else told
    x, S = reference.states(q0), len(R)
    n, d = x.shape
    now = reference.token_rates(q0, R, t, ratio_error)
    later = reference.token_rates(q0, R, t - theta * h, ratio_error)
    if method == "trapezoidal":
        a1 = 1 / (2 * theta * (1 - theta))
        length, weights = (1 - theta) * h, (1 - a1, a1)
    else:
        length, weights = h, (1 - 1 / (2 * theta), 1 / (2 * theta))
    K, lost = np.zeros((n, n)), np.zeros(n)
    for k, own in enumerate(x):
        first = [
            _leap(rule, own[i], _by_displacement(own[i], now[k, i]), theta * h, S) for i in range(d)
        ]
        for m, middle in enumerate(x):
            weight = np.prod([first[i][middle[i]] for i in range(d)])
            begin = middle if method == "trapezoidal" else own
            second = []
            for i in range(d):
                total = {}
                for share, at, rates in (
                    (weights[0], own[i], now[k, i]),
                    (weights[1], middle[i], later[m, i]),
                ):
                    for by, rate in _seen(jumps, rule, begin[i], at, rates).items():
                        total[by] = total.get(by, 0.0) + share * rate
                if clamp:
                    total = {by: max(rate, 0.0) for by, rate in total.items()}
                second.append(_leap(rule, begin[i], total, length, S))
            for y, after in enumerate(x):
                K[k, y] += weight * np.prod([second[i][after[i]] for i in range(d)])
            lost[k] += weight * (1 - np.prod([second[i][:S].sum() for i in range(d)]))
        lost[k] += 1 - np.prod([first[i][:S].sum() for i in range(d)])
    if clamp:
        return K
    K, lost = np.maximum(K, 0.0), np.maximum(lost, 0.0)
    return K / (K.sum(1) + lost)[:, None]


def step(*knobs):
    return partial(step_matrix, *knobs)


STEPS = {
    "theta_trapezoidal": step("trapezoidal", 0.5, True, "one_jump", "target"),
    "theta_trapezoidal(clamp=False)": step("trapezoidal", 0.5, False, "one_jump", "target"),
    "theta_trapezoidal(theta=0.3, clamp=False, multiple_jumps=clip, jumps=displacement)": step(
        "trapezoidal", 0.3, False, "clip", "displacement"
    ),
    "theta_trapezoidal(multiple_jumps=lose, jumps=displacement)": step(
        "trapezoidal", 0.5, True, "lose", "displacement"
    ),
    "theta_trapezoidal(theta=0.7, multiple_jumps=reject)": step(
        "trapezoidal", 0.7, True, "reject", "target"
    ),
    "theta_rk2": step("rk2", 0.5, True, "one_jump", "target"),
    "theta_rk2(theta=0.3333333333333333)": step("rk2", 1 / 3, True, "one_jump", "target"),
    "theta_rk2(theta=0.3333333333333333, clamp=False)": step(
        "rk2", 1 / 3, False, "one_jump", "target"
    ),
    "theta_rk2(multiple_jumps=clip, jumps=displacement)": step(
        "rk2", 0.5, True, "clip", "displacement"
    ),
}
"""``{label of a sampler: step_matrix(q0, R, t, s, ratio_error, told)}``."""
METHODS = ("trapezoidal", "rk2")
RULES = ("one_jump", "reject", "clip", "lose")
MATCHES = ("target", "displacement")
ALL = {
    knobs: step(*knobs)
    for knobs in (
        (method, (0.3, 0.5)[(RULES.index(rule) + MATCHES.index(jumps)) % 2], clamp, rule, jumps)
        for method, clamp, rule, jumps in itertools.product(METHODS, (True, False), RULES, MATCHES)
    )
}
"""The same for every combination of knobs, with one θ each, in turns."""
