"""``update(score_fn, x, t, dt)`` under uniform noise, and the loop around it.

``score_fn(x, t)`` are ratios ``[n, d, S]`` at noise time ``t``.
"""

import math
from itertools import pairwise

import torch
from real.stand_ins.drawing import by_exponentials, by_multinomial, set_own


def euler(score_fn, x, t, dt):
    """A token goes to ``b`` with probability ``dt`` times its rate."""
    ratios = score_fn(x, t)
    return by_multinomial(set_own(dt * ratios / ratios.shape[-1], x))


def analytic(score_fn, x, t, dt):
    """Ratios with the noise of ``dt`` undone, times the chance to come from there."""
    ratios = score_fn(x, t)
    tokens = ratios.shape[-1]
    earlier = ratios + math.expm1(dt) * (ratios - ratios.mean(-1, keepdim=True))
    fresh = -math.expm1(-dt) / tokens
    arrival = torch.full_like(ratios, fresh).scatter_add(
        -1, x[..., None], torch.full((*x.shape, 1), math.exp(-dt), dtype=ratios.dtype)
    )
    return by_exponentials((earlier * arrival).clamp(min=0))


def from_estimate(update):
    """``update`` at the time that the step leads to: the score of a time too early."""

    def late(score_fn, x, t, dt):
        return update(lambda y, u: score_fn(y, u - dt), x, t, dt)

    return late


def sample(score_fn, steps, rows, update, *, length=3, tokens=3, start=4.0, stop=0.05):
    """``[rows, length]`` from uniform noise at ``start`` to ``stop`` in geometric times."""
    x = torch.randint(tokens, (rows, length))
    times = [start * (stop / start) ** (k / steps) for k in range(steps + 1)]
    for t, s in pairwise(times):
        x = update(score_fn, x, t, t - s)
    return x
