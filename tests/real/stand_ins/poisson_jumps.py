"""Jumps of ordered tokens: Poisson numbers of them at the rates of a score, added up.

``score_fn(x, t)`` are ratios ``[n, d, S]`` at noise time ``t``.
"""

import torch


def update(score_fn, x, t, dt):
    """Values are added up and cut off at the ends of the alphabet."""
    ratios = score_fn(x, t)
    tokens = ratios.shape[-1]
    rates = (ratios / tokens).scatter(-1, x[..., None], 0.0)
    jumps = torch.poisson(dt * rates)
    by = torch.arange(tokens) - x[..., None]
    return (x + (jumps * by).sum(-1)).clamp(0, tokens - 1).long()
