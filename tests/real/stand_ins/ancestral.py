"""Masked ancestral sampling in time: every mask is revealed with the chance that its time has come.

``model(x)`` are probabilities ``[n, d, V]``, the mask's column among them and 0.
"""

import math

import torch
from real.stand_ins.drawing import by_exponentials, nucleus


def even(steps):
    """Chances to be masked, from 1 to 0."""
    return torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()


def eighths(steps):
    """The same in a table of eight values, of which none is 0."""
    return [max(1, math.ceil(8 * u)) / 8 for u in even(steps)]


def above_zero(steps):
    """The same, ending at 0.01."""
    return [max(u, 0.01) for u in even(steps)]


def sample(
    model,
    steps,
    rows,
    *,
    length=3,
    mask=3,
    chances=even,
    cache=None,
    power=1.0,
    top_p=1.0,
    last="drawn",
    eps=0.0,
    mask_weight=0.0,
):
    """``[rows, length]``.

    ``cache``: None, ``"while nothing moves"``, or ``"every other step"``, whatever moved.
    """
    u = chances(steps)
    x = torch.full((rows, length), mask)
    answer = None
    for k in range(steps):
        if answer is None:
            answer = model(x)
        p = answer**power
        p = (
            nucleus(p / p.sum(-1, keepdim=True), top_p)
            if top_p < 1
            else p / p.sum(-1, keepdim=True)
        )
        p = p + eps
        q = p * (u[k] - u[k + 1])
        q[..., mask] = u[k + 1] + mask_weight * (u[k] - u[k + 1])
        drawn = (
            q[..., :mask].argmax(-1) if last == "greedy" and k == steps - 1 else by_exponentials(q)
        )
        y = torch.where(x == mask, drawn, x)
        if cache is None or (cache == "while nothing moves" and (y != x).any()):
            answer = None
        if cache == "every other step" and k % 2:
            answer = None
        x = y
    return x
