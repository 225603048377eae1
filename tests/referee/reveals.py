"""The referee's own derivation of samplers that reveal masks, and of DNDM: dense, slow, by listing.

As in ``reference``: ``q0`` is the data law ``[S + 1]*d``, the mask its last token, which has
probability 0; ``R`` is the token generator.  A law is found by listing what can happen: subsets,
orders, transition times.  Under a finite clock first hitting is the exponential of its generator.
"""

import itertools
import math

import numpy as np
from scipy.linalg import expm

from referee.masked import coarse_plug_in
from referee.reference import kernel, marginal, states


def clean(q0, ratio_error=None):
    """``Pr(X^i = b | unmasked tokens of x)``, ``[n, d, S]``; uniform where these are impossible."""
    x, mask = states(q0), q0.shape[0] - 1
    found = np.zeros((len(x), q0.ndim, mask))
    for k, row in enumerate(x):
        seen = q0[tuple(slice(None) if a == mask else slice(a, a + 1) for a in row)]
        for i in range(q0.ndim):
            others = tuple(j for j in range(q0.ndim) if j != i)
            law = seen.sum(others)[:mask] if row[i] == mask else np.zeros(mask)
            if ratio_error is not None and row[i] == mask:
                law = law * ratio_error[k, i, :mask]
            found[k, i] = law / law.sum() if law.sum() > 0 else 1 / mask
    return found


def reveal(q0, subset_law, ratio_error=None):
    """``K [n, n]``: a subset ``A`` of the masks is chosen by ``subset_law(k) -> {A: probability}``,
    and each of its tokens is drawn by itself.
    """
    x, laws, S = states(q0), clean(q0, ratio_error), q0.shape[0]
    matrix = np.zeros((len(x), len(x)))
    for k, row in enumerate(x):
        for subset, weight in subset_law(k).items():
            token = [np.eye(S)[a] for a in row]
            for i in subset:
                token[i] = np.append(laws[k, i], 0.0)
            matrix[k] += weight * np.prod([token[i][x[:, i]] for i in range(q0.ndim)], axis=0)
    return matrix


def masked(q0, k):
    return [i for i, a in enumerate(states(q0)[k]) if a == q0.shape[0] - 1]


def stays_masked(t, s):
    return (1 - math.exp(-s)) / (1 - math.exp(-t))


def masked_plug_in(q0, R, t, s, ratio_error=None):
    """Every subset of the masks, each mask in it with the same probability."""
    H = stays_masked(t, s)

    def law(k):
        m = masked(q0, k)
        return {
            A: (1 - H) ** r * H ** (len(m) - r)
            for r in range(len(m) + 1)
            for A in itertools.combinations(m, r)
        }

    return reveal(q0, law, ratio_error)


def fixed_cardinality(sizes, last):
    """``sizes`` first, ``last`` from then on."""

    def step(q0, R, t, s, ratio_error=None):
        levels, left = [], q0.ndim  # numbers of masks after each step
        for size in itertools.chain(sizes, itertools.repeat(last)):
            left = max(0, left - size)
            levels.append(left)
            if left == 0:
                break

        def law(k):
            m = masked(q0, k)
            below = [level for level in levels if level < len(m)]
            subsets = [*itertools.combinations(m, len(m) - max(below) if below else 0)]
            return dict.fromkeys(subsets, 1 / len(subsets))

        return reveal(q0, law, ratio_error)

    return step


def fixed_order(sizes, last, order=None):
    """The masks that come first in ``order``, as many as are due."""

    def step(q0, R, t, s, ratio_error=None):
        levels, left = [], q0.ndim
        for size in itertools.chain(sizes, itertools.repeat(last)):
            left = max(0, left - size)
            levels.append(left)
            if left == 0:
                break

        def law(k):
            m = masked(q0, k)
            below = [level for level in levels if level < len(m)]
            due = len(m) - max(below) if below else 0
            first = [i for i in (order or range(q0.ndim)) if i in m]
            return {tuple(first[:due]): 1.0}

        return reveal(q0, law, ratio_error)

    return step


def rank(by, law, i):
    """What a mask is sorted by, the first first, from its ``law`` and its position ``i``."""
    top = sorted(law, reverse=True)
    return {
        "probability": -top[0],
        "entropy": -sum(a * math.log(a) for a in law if a > 0),
        "margin": top[1] - top[0],
        "position": i,
    }[by]


def sorted_by(by, laws, masks):
    """The masks by rank; those of equal rank by position."""
    return sorted(masks, key=lambda i: (round(rank(by, laws[i], i), 9), i))


def confidence(count, by="probability"):
    """The ``count`` masks that rank first; the first of equal ones."""
    return policy(lambda laws, masks: sorted_by(by, laws, masks)[:count])


def threshold(least):
    """Those whose largest probability is not below ``least``, and always the surest."""

    def chosen(laws, masks):
        surest = sorted_by("probability", laws, masks)[:1]
        return sorted({*surest, *(i for i in masks if max(laws[i]) >= least - 1e-9)})

    return policy(chosen)


def entropy_bound(gamma):
    """The largest of all sets ``the first j by entropy`` with ``ΣH - max H <= gamma``."""

    def chosen(laws, masks):
        turns = sorted_by("entropy", laws, masks)
        h = [rank("entropy", laws[i], i) for i in turns]
        fits = [j for j in range(len(h) + 1) if sum(h[:j]) - max(h[:j], default=0) <= gamma + 1e-9]
        return turns[: max(fits)]

    return policy(chosen)


def blocks(size, inside):
    """``inside``, told of the masks of the first block that has one."""

    def chosen(laws, masks):
        here = [i for i in masks if i // size == min(masks) // size]
        return inside.chosen(laws, here)

    return policy(chosen)


def policy(chosen):
    """Step by step the masks of ``chosen(laws, masks)``, each from its law."""

    def step(q0, R, t, s, ratio_error=None):
        laws = clean(q0, ratio_error)

        def law(k):
            masks = masked(q0, k)
            return {tuple(chosen(laws[k], masks) if masks else ()): 1.0}

        return reveal(q0, law, ratio_error)

    step.chosen = chosen
    return step


def remasking(share):
    """Listed by which revealed tokens are masked and which masks are shown, token by token.

    How many masks are shown is what leaves each token masked with probability ``1 - e^{-s}``.
    """

    def step(q0, R, t, s, ratio_error=None):
        x, laws, mask = states(q0), clean(q0, ratio_error), q0.shape[0] - 1
        was, wanted = 1 - math.exp(-t), 1 - math.exp(-s)
        most = wanted / (1 - was) if was < 1 else math.inf
        hide = min(share, most)
        stay = (wanted - hide * (1 - was)) / was
        matrix = np.ones((len(x), len(x)))
        for k, row in enumerate(x):
            for i, a in enumerate(row):
                token = np.append((1 - stay) * laws[k, i], stay)
                if a != mask:
                    token = np.zeros(mask + 1)
                    token[[a, mask]] = 1 - hide, hide
                matrix[k] *= token[x[:, i]]
        return matrix

    return step


def first_hitting(q0, R, t, s, ratio_error=None):
    """The chain in which each mask is revealed at rate 1; where its clock is infinite, all of them
    are, in every order.
    """
    x, n = states(q0), q0.size

    def one(k, i):
        return reveal(q0, lambda j: {(i,): 1.0} if j == k else {(): 1.0}, ratio_error)[k]

    rates = np.zeros((n, n))
    for k in range(n):
        for i in masked(q0, k):
            rates[k] += one(k, i)
    if s > 0:
        clock = -math.log(stays_masked(t, s))
        return np.maximum(expm(clock * (rates - np.diag(rates.sum(1)))), 0.0)
    matrix = np.zeros((n, n))
    count = (x == q0.shape[0] - 1).sum(1)
    for k in range(n):
        orders = [*itertools.permutations(masked(q0, k))]
        for order in orders:
            law = np.eye(n)[k]
            for i in order:
                law = law @ np.array([one(j, i) if law[j] > 0 else np.zeros(n) for j in range(n)])
            matrix[k] += law / len(orders)
    assert np.allclose(matrix.sum(1), 1)
    assert not matrix[:, count > 0].any()
    return matrix


def posterior_of_clean(q0, R, t, ratio_error=None):
    """``Pr(X_0^i = b | X_t = x)``, ``[n, d, S]``, by Bayes over all sequences."""
    if ratio_error is not None:
        raise ValueError("the referee knows the exact posterior only")
    joint = q0.ravel()[:, None] * kernel(R, q0.ndim, t)
    one_hot = np.eye(q0.shape[0])[states(q0)]
    return np.einsum("yx,yib->xib", joint, one_hot) / marginal(q0, R, t)[:, None, None]


def with_a_bit(laws):
    """The states of ``(symbol, moved)``, ``[2 S]^d``, with their numbers; ``laws`` at each."""
    d, S = laws.shape[1:]
    symbols = {x: k for k, x in enumerate(itertools.product(range(S), repeat=d))}
    place = {y: k for k, y in enumerate(itertools.product(range(2 * S), repeat=d))}
    return place, {y: laws[symbols[tuple(a // 2 for a in y)]] for y in place}


def dndm(laws, t, s):
    """``K`` on the states of ``(symbol, moved)``, ``[2 S]^d``: those whose time is in the step are
    written together.  ``laws [n, d, S]`` what a token is written as.
    """
    d, S = laws.shape[1:]
    p = 1 - stays_masked(t, s)
    place, known = with_a_bit(laws)
    matrix = np.zeros((len(place), len(place)))
    for state, k in place.items():
        here = known[state]
        waiting = [i for i in range(d) if state[i] % 2 == 0]
        for r in range(len(waiting) + 1):
            for A in itertools.combinations(waiting, r):
                weight = p**r * (1 - p) ** (len(waiting) - r)
                for new in itertools.product(range(S), repeat=r):
                    y = list(state)
                    for i, b in zip(A, new, strict=True):
                        y[i] = 2 * b + 1
                    drawn = math.prod(here[i, b] for i, b in zip(A, new, strict=True))
                    matrix[k, place[tuple(y)]] += weight * drawn
    return matrix


def dndm_with_memory(q0, R, t, s, ratio_error=None):
    return dndm(posterior_of_clean(q0, R, t, ratio_error), t, s)


def dndm_continuous_with_memory(q0, R, t, s, ratio_error=None):
    """A unit clock for each token that has not moved, run for ``-log`` of the chance to stay."""
    S, d = q0.shape[0], q0.ndim
    place, known = with_a_bit(posterior_of_clean(q0, R, t, ratio_error))
    rates = np.zeros((len(place), len(place)))
    for state, k in place.items():
        here = known[state]
        for i in range(d):
            for b in range(S) if state[i] % 2 == 0 else ():
                rates[k, place[(*state[:i], 2 * b + 1, *state[i + 1 :])]] += here[i, b]
    clock = -math.log(stays_masked(t, s))
    return np.maximum(expm(clock * (rates - np.diag(rates.sum(1)))), 0.0)


STEPS = {
    "masked_plug_in": masked_plug_in,
    "gumbel_draws(bits=4)": coarse_plug_in(4),
    "fixed_cardinality": fixed_cardinality((), 1),
    "fixed_cardinality(sizes=(2,))": fixed_cardinality((), 2),
    "fixed_cardinality(sizes=(4,))": fixed_cardinality((), 4),
    "fixed_cardinality(sizes=(1, 2))": fixed_cardinality((1,), 2),
    "fixed_order": fixed_order((), 1),
    "fixed_order(sizes=(2,))": fixed_order((), 2),
    "fixed_order(sizes=(1, 2))": fixed_order((1,), 2),
    "confidence": confidence(1),
    "confidence(k=2)": confidence(2),
    "confidence(k=2, by=entropy)": confidence(2, "entropy"),
    "confidence(k=2, by=margin)": confidence(2, "margin"),
    "confidence(k=2, by=position)": confidence(2, "position"),
    "threshold": threshold(0.9),
    "threshold(probability=0.55)": threshold(0.55),
    "threshold(probability=1.0)": threshold(1.0),
    "entropy_bound": entropy_bound(0.1),
    "entropy_bound(gamma=0.7)": entropy_bound(0.7),
    "entropy_bound(gamma=0.0)": entropy_bound(0.0),
    "blocks": blocks(2, confidence(1)),
    "blocks(inside=confidence(k=2))": blocks(2, confidence(2)),
    "blocks(inside=entropy_bound(gamma=0.7))": blocks(2, entropy_bound(0.7)),
    "remasking": remasking(0.1),
    "remasking(share=1.0)": remasking(1.0),
    "first_hitting": first_hitting,
    "dndm": masked_plug_in,
    "dndm_continuous": first_hitting,
    "dndm(remembers=True)": dndm_with_memory,
    "dndm_continuous(remembers=True)": dndm_continuous_with_memory,
}
"""``step_matrix(q0, R, t, s)`` by the label of a sampler."""
