"""Masks revealed by confidence and Gumbel noise: the surest are kept, the others masked again.

``model(x)`` are logits ``[n, d, V]`` of clean tokens.
"""

import math

import torch
from real.stand_ins.drawing import by_multinomial


def sample(model, steps, rows, *, length=3, mask=3, temperature=4.5):
    """``[rows, length]``; a cosine says how many masks are left, the noise shrinks with them."""
    x = torch.full((rows, length), mask)
    for k in range(steps):
        masked = x == mask
        p = model(x).softmax(-1)
        drawn = torch.where(masked, by_multinomial(p), x)
        share = math.cos(math.pi / 2 * (k + 1) / steps)
        left = math.floor(share * length) if k < steps - 1 else 0
        left = min(left, length - k - 1) if left else 0
        sure = p.gather(-1, drawn.clamp(max=p.shape[-1] - 1)[..., None])[..., 0].log()
        gumbel = -torch.log(-torch.log(torch.rand(sure.shape, dtype=sure.dtype)))
        sure = torch.where(masked, sure + temperature * share * gumbel, torch.inf)
        if left > 0:
            least = sure.topk(left, -1, largest=False).indices
            drawn = drawn.scatter(-1, least, torch.full_like(least, mask))
        x = drawn
    return x
