"""A slow, independent referee: every sampler's law from its definition, with dense matrices.

For tests, on at most 256 sequences.  It shares no code with the rest of the package: sequences are
listed by ``itertools.product``, marginals come from the exponential of the generator on all of
them, rates from the reversed generator, one-jump laws from small chains with memory; a mistake
would have to be made twice to go unseen.

``q0`` is the data law ``[S]*d``, ``R`` the token generator ``[S, S]``, ``n = S^d``; times decrease;
nats.  ``ratio_error`` multiplies the ratio of every ``(x, i, b)``, except ``b = x^i``: a number, an
array ``[n, d, S]``, or a function of the noise time that returns one.  ``told`` is the step length
that a sampler is told, where it is not ``t - s``.  Where ``q_t(x) = 0`` a sampler stays.
"""

import itertools

import numpy as np
from scipy.linalg import expm, null_space
from scipy.stats import poisson

METHODS = ("tau_leaping", "reject", "clip", "lose", "wrap", "euler", "tweedie", "frozen_score")
RULES = ("reject", "clip", "lose", "wrap")
LABELS = {f"tau_leaping(multiple_jumps={rule})": rule for rule in RULES}
"""Labels of samplers whose method has another name here; all others are called alike."""
MAX_STATES = 256


def states(q0):
    """``[n, d]``: every sequence, in the order of a flattened law."""
    if q0.size > MAX_STATES:
        raise ValueError(f"the referee takes at most {MAX_STATES} sequences, got {q0.size}")
    return np.array(list(itertools.product(range(q0.shape[0]), repeat=q0.ndim)))


def neighbours(q0):
    """``[n, d, S]``: the number of the sequence ``x`` with token ``i`` set to ``b``."""
    number = {tuple(x): k for k, x in enumerate(states(q0).tolist())}
    tokens, slots = range(q0.shape[0]), range(q0.ndim)
    changed = [[[(*x[:i], b, *x[i + 1 :]) for b in tokens] for i in slots] for x in number]
    return np.array([[[number[y] for y in row] for row in rows] for rows in changed])


def generator(R, d):
    """``[n, n]``: the Kronecker sum of ``d`` copies of ``R``."""
    L = np.zeros((1, 1))
    for _ in range(d):
        L = np.kron(L, np.eye(len(R))) + np.kron(np.eye(len(L)), R)
    return L


def kernel(R, d, h):
    """``[n, n]``: the forward kernel over a time ``h``; a rounded zero is not below 0."""
    return np.maximum(expm(h * generator(R, d)), 0.0)


def marginal(q0, R, t):
    """``q_t``, flat ``[n]``."""
    return q0.ravel() @ kernel(R, q0.ndim, t)


def pair_law(q0, R, t, s):
    """``Pr(X_s = y, X_t = x)``, ``[n, n]``, ``y`` down and ``x`` across."""
    return marginal(q0, R, s)[:, None] * kernel(R, q0.ndim, t - s)


def stationary(R):
    """The stationary law ``[S]`` of ``R``.  Raises ValueError unless unique and positive."""
    basis = null_space(R.T)
    law = basis[:, 0] / basis[:, 0].sum() if basis.shape[1] == 1 else np.zeros(len(R))
    if law.min() < 1e-12:
        raise ValueError("R must have a unique positive stationary law")
    return law


def reversal(q0, R, t, s):
    """``q_{s|t}(y|x)``, ``[n, n]`` from ``x`` to ``y``, by Bayes."""
    pair = pair_law(q0, R, t, s).T
    total = pair.sum(1, keepdims=True)
    return np.where(total > 0, pair / np.where(total > 0, total, 1.0), np.eye(q0.size))


def ratios(q0, R, t, ratio_error=None):
    """``s_t(x)_{i,b}``, ``[n, d, S]``, times the error; 1 at ``b = x^i``."""
    q = marginal(q0, R, t)
    here = q[:, None, None]
    ratio = np.where(here > 0, q[neighbours(q0)] / np.where(here > 0, here, 1.0), 0.0)
    if ratio_error is not None:
        ratio = ratio * (ratio_error(t) if callable(ratio_error) else ratio_error)
    return np.where(states(q0)[:, :, None] == np.arange(len(R)), 1.0, ratio)


def reverse_generator(q0, R, t, ratio_error=None):
    """``Q(x, y) = L(y, x) q_t(y)/q_t(x)``, ``[n, n]``; every jump changes one token."""
    L, index = generator(R, q0.ndim), neighbours(q0)
    Q = np.zeros_like(L)
    for (x, i, b), ratio in np.ndenumerate(ratios(q0, R, t, ratio_error)):
        y = index[x, i, b]
        Q[x, y] = L[y, x] * ratio
    np.fill_diagonal(Q, 0.0)
    return Q - np.diag(Q.sum(1))


def token_rates(q0, R, t, ratio_error=None):
    """``r_i(b)``, ``[n, d, S]``, read off the reverse generator; 0 at ``b = x^i``."""
    Q = reverse_generator(q0, R, t, ratio_error)
    np.fill_diagonal(Q, 0.0)
    return np.array([Q[x, y] for x, y in enumerate(neighbours(q0))])


def one_jump(rate, own, h, keep_first):
    """The law ``[S]`` of a token that jumps at fixed rates ``[S]``; a second jump cancels the first
    or, with ``keep_first``, does not happen.  The chain: not jumped; jumped to ``b``; jumped again.
    """
    S = len(rate)
    A = np.zeros((S + 2, S + 2))
    A[0, 1 : S + 1] = rate
    A[1 : S + 1, S + 1] = 0.0 if keep_first else rate.sum()
    reached = expm(h * (A - np.diag(A.sum(1))))[0]
    law = reached[1 : S + 1].copy()
    law[own] += reached[0] + reached[S + 1]
    return law


def poisson_jumps(rate, own, h, clip):
    """The law of ``own + Σ_b (b - own) N_b``, ``N_b`` Poisson, by convolution on the integers."""
    S = len(rate)
    values, law = np.array([own]), np.ones(1)  # where the token may be, with what probability
    for b in np.flatnonzero(rate):
        counts = np.arange(next(k for k in range(9, 9999) if poisson.sf(k, h * rate[b]) < 1e-30))
        middle = (S - 1) * len(counts)
        jumps = np.zeros(2 * middle + 1)
        jumps[middle + (b - own) * counts] = poisson.pmf(counts, h * rate[b])
        law = np.convolve(law, jumps)
        values = np.arange(len(law)) + values[0] - middle
    inside = (values >= 0) & (values < S) | clip
    return np.bincount(np.clip(values, 0, S - 1)[inside], law[inside], S)


def on_a_ring(rate, own):
    """``[S, S]`` rates: from anywhere by ``c``, modulo ``S``, as from ``own``; ``rate [S]``."""
    S = len(rate)
    G = np.zeros((S, S))
    for a, b in itertools.permutations(range(S), 2):
        G[a, b] = rate[(own + b - a) % S]
    return G


def wrapped_jumps(rate, own, h):
    """The law ``[S]`` of a token that goes on jumping by displacements at the rates of ``own``."""
    G = on_a_ring(rate, own)
    return np.maximum(expm(h * (G - np.diag(G.sum(1))))[own], 0.0)


def token_law(method, own, rate, ratio, h, R):
    """``k_i(·|x)``, ``[S]``, of one token from its own rates and ratios."""
    stay = np.eye(len(R))[own]
    if method in ("tau_leaping", "reject"):
        return one_jump(rate, own, h, keep_first=method == "tau_leaping")
    if method in ("clip", "lose"):
        return poisson_jumps(rate, own, h, clip=method == "clip")
    if method == "wrap":
        return wrapped_jumps(rate, own, h)
    if method == "euler":
        law = np.maximum(stay + h * rate - h * rate.sum() * stay, 0.0)
    elif method == "tweedie":
        P = kernel(R, 1, h)
        law = np.maximum(np.linalg.solve(P.T, ratio) * P[:, own], 0.0)
    else:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    return law / law.sum()


def step_matrix(q0, R, method, t, s, ratio_error=None, told=None) -> np.ndarray:
    """``K(x, y)``, ``[n, n]``, of one step from ``t`` to ``s``; rows of "lose" are below one."""
    if callable(method):  # of another referee
        return np.asarray(method(q0, R, t, s, ratio_error, told))
    h = t - s if told is None else told
    if method == "frozen_score":
        return np.maximum(expm(h * reverse_generator(q0, R, t, ratio_error)), 0.0)
    x = states(q0)
    if method == "tweedie" and ratio_error is None and told is None:
        laws = np.einsum("xy,yib->xib", reversal(q0, R, t, s), np.eye(len(R))[x])
    else:
        q, laws = marginal(q0, R, t), np.eye(len(R))[x]
        ratio, rate = ratios(q0, R, t, ratio_error), token_rates(q0, R, t, ratio_error)
        for k, i in np.ndindex(x.shape):
            if q[k] > 0:
                laws[k, i] = token_law(method, x[k, i], rate[k, i], ratio[k, i], h, R)
    return np.prod([laws[:, i, x[:, i]] for i in range(q0.ndim)], axis=0)


def steps(times, told_steps=None):
    """``(t, s, told)`` of every step."""
    told = [None] * (len(times) - 1) if told_steps is None else told_steps
    return list(zip(times[:-1], times[1:], told, strict=True))


def start_law(q0, R, times, start):
    """``p_0``, flat: "exact" is ``q_T``, "noise" the stationary law, an array itself."""
    if not isinstance(start, str):
        return np.ravel(start)
    if start not in ("noise", "exact"):
        raise ValueError(f"start must be 'noise', 'exact' or a law, got {start!r}")
    return marginal(q0, R, times[0]) if start == "exact" else stationary(R)[states(q0)].prod(1)


def output_law(q0, R, method, times, start="noise", ratio_error=None, told_steps=None):
    """``p_out``, ``[S]*d``; what is missing from one is lost."""
    p = start_law(q0, R, times, start)
    for t, s, told in steps(times, told_steps):
        p = p @ step_matrix(q0, R, method, t, s, ratio_error, told)
    return p.reshape(q0.shape)
