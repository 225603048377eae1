"""The referee's divergences and the rungs between them and theorems: sums and integrals in full.

As ``reference``, whose facts of the truth and step laws it uses; nats.
"""

import math

import numpy as np
from scipy.integrate import quad

from referee.reference import (
    marginal,
    neighbours,
    on_a_ring,
    pair_law,
    ratios,
    reversal,
    start_law,
    states,
    step_matrix,
    steps,
    token_rates,
)


def rate_gap(a, c):
    """``D(a, c) = a log(a/c) - a + c`` of arrays, at least 0; infinite where only ``c`` is 0."""
    a, c = np.broadcast_arrays(a, c)
    both = (a > 0) & (c > 0)
    change = np.where(both, c - a, 0.0) / np.where(both, a, 1.0)
    return np.where(both, a * (change - np.log1p(change)), np.where(a > 0, np.inf, c))


def lost_mass(p):
    """``1 - Σ p``, at least 0."""
    return max(0.0, 1.0 - math.fsum(np.ravel(p)))


def kl(q, p, lost=0.0):
    """``KL(q‖p)``, where ``p`` with its ``lost`` mass is a law.  Raises ValueError if it is not.

    Both are normalised; then ``Σ q log(q/p) = Σ D(q, p) + lost``, where nothing cancels.
    """
    q, p = np.ravel(q), np.ravel(p)
    q_sum, p_sum = math.fsum(q), math.fsum([*p, lost])
    if abs(q_sum - 1) > 1e-9 or abs(p_sum - 1) > 1e-9:
        raise ValueError(f"laws must sum to one, got {q_sum} and {p_sum} (lost: {lost})")
    return math.fsum([*rate_gap(q / q_sum, p / p_sum), lost / p_sum])


def tv(q, p):
    """``½ Σ |q - p|``, lost mass counted as one more outcome."""
    gaps = np.ravel(q) - np.ravel(p)
    return (math.fsum(abs(gaps)) + abs(math.fsum(gaps))) / 2


def chain_kl(q0, R, method, times, start="noise", ratio_error=None, told_steps=None):
    """``KL(start) + Σ_k Σ_x q_t(x) KL(q_{s|t}(·|x) ‖ K_k(x, ·))``, summed in full."""
    total = [kl(marginal(q0, R, times[0]), start_law(q0, R, times, start))]
    for t, s, told in steps(times, told_steps):
        q, truth = marginal(q0, R, t), reversal(q0, R, t, s)
        K = step_matrix(q0, R, method, t, s, ratio_error, told)
        for x in np.flatnonzero(q):
            loses = method == "lose" or (callable(method) and lost_mass(K[x]) > 1e-9)
            total.append(q[x] * kl(truth[x], K[x], lost_mass(K[x]) if loses else 0.0))
    return math.fsum(total)


def factorisation_kl(q0, R, times):
    """``Σ_k E TC(X_s | X_t)``: the true step against the product of its own token laws."""
    return chain_kl(q0, R, "tweedie", times, "exact")


def score_error(q0, R, times, ratio_error):
    """``Σ_k (t - s) E_{q_t} Σ_i Σ_{b≠x^i} R(b, x^i) D(s, ŝ)``."""
    total, x = [], states(q0)
    for t, s, _ in steps(times):
        q, seen = marginal(q0, R, t), ratios(q0, R, t, ratio_error)
        for (k, i, b), true in np.ndenumerate(ratios(q0, R, t)):
            if b != x[k, i] and q[k] > 0 and R[b, x[k, i]] > 0:
                total.append((t - s) * q[k] * R[b, x[k, i]] * rate_gap(true, seen[k, i, b]))
    return math.fsum(total)


def rates_in_step(q0, R, method, t, u, ratio_error=None):
    """``Q̂ [n, n, d, S]``: with ``x`` at ``t``, a sampler's rates at ``y`` at time ``u``.

    One-jump τ-leaping and Euler: a token away from ``x^i`` has jumped, and rests.  Wrapped jumps go
    on at the rates of ``x^i``.  Tweedie: the true rate given only the *other* tokens at ``t``.
    """
    x, S, slots = states(q0), len(R), range(q0.ndim)
    if method == "frozen_score":
        return np.broadcast_to(token_rates(q0, R, t, ratio_error), (len(x), *x.shape, S))
    if method == "tweedie" and ratio_error is None:
        joint = np.einsum("yx,yia->xia", pair_law(q0, R, t, u), np.eye(S)[x])
        same = neighbours(q0)
        m = np.stack([joint[same[:, i], i].sum(1) for i in slots], 1)  # X_u^i and the others at t
        now = np.stack([m[:, i, x[:, i]] for i in slots], 2)[..., None]
        jump = (R.T - np.diag(np.diag(R)))[x]
        return jump * m[:, None] / np.where(now > 0, now, np.inf)
    if method not in ("tau_leaping", "wrap", "euler"):
        raise ValueError(f"{method!r} declares no rates inside a step")
    rate = token_rates(q0, R, t, ratio_error)
    if method == "wrap":
        rings = np.array([[on_a_ring(rate[k, i], x[k, i]) for i in slots] for k in range(len(x))])
        return np.stack([rings[:, i, x[:, i]] for i in slots], 2)
    left = 1.0 - (t - u) * rate.sum(-1, keepdims=True) if method == "euler" else np.ones(1)
    if left.min() <= 0:
        raise ValueError("a clipped Euler step declares no rates")
    return (rate / left)[:, None] * (x[:, None] == x)[..., None]


def rate_integral(q0, R, method, times, start, ratio_error, effective):
    """``KL(start) + Σ_k ∫_s^t E Σ_y D(Q←, Q̂) du``, with the declared or the effective ``Q̂``."""
    p = start_law(q0, R, times, start)
    total = [kl(marginal(q0, R, times[0]), p)]
    for t, s, _ in steps(times):

        def density(u, p=p, t=t):
            weights = pair_law(q0, R, t, u).T
            rates = rates_in_step(q0, R, method, t, u, ratio_error)
            if effective:  # E_p[Q̂ | X_u = y]
                joint = p[:, None] * step_matrix(q0, R, method, t, u, ratio_error)
                law = joint.sum(0)[:, None, None]
                rates = np.einsum("xy,xyib->yib", joint, rates) / np.where(law > 0, law, np.inf)
                weights = marginal(q0, R, u)
            gaps = rate_gap(token_rates(q0, R, u), rates).sum((-2, -1))
            return np.sum(weights * np.where(weights > 0, gaps, 0.0))

        if density((t + s) / 2) == np.inf:
            return math.inf
        total.append(quad(density, s, t, epsabs=1e-13, epsrel=1e-9)[0])
        p = p @ step_matrix(q0, R, method, t, s, ratio_error)
    return math.fsum(total)


def path_kl(q0, R, method, times, start="noise", ratio_error=None):
    """``KL(start) + ∫ E Σ_y D(Q←, Q̂) du`` along the true path (Girsanov)."""
    return rate_integral(q0, R, method, times, start, ratio_error, effective=False)


def differential_inequality(q0, R, method, times, start="noise", ratio_error=None):
    """``KL(start) + ∫ E_{q_u} Σ_y D(Q←, E_p[Q̂ | X_u]) du``: the sampler's effective rates."""
    return rate_integral(q0, R, method, times, start, ratio_error, effective=True)
