"""``sample(model, ..., steps, temperature, remasking, block_length)``: masks revealed in blocks.

``model(x)`` are logits ``[n, d, V]`` of clean tokens.
"""

import torch
from real.stand_ins.drawing import by_gumbel, nucleus


def how_many(masks, steps):
    """``[steps]`` how many of so many masks each step reveals: even, the first ones more."""
    each, more = divmod(masks, steps)
    return [each + (k < more) for k in range(steps)]


def sample(
    model,
    steps,
    rows,
    *,
    length=3,
    mask=3,
    temperature=1.0,
    remasking="random",
    block_length=None,
    top_p=1.0,
    late=0,
    dtype=torch.float64,
):
    """``[rows, length]``; ``late``: blocks begin so many positions too late."""
    block_length = block_length or length
    blocks = length // block_length
    x = torch.full((rows, length), mask)
    for block in range(blocks):
        first = block * block_length + (late if block else 0)
        here = torch.zeros(length, dtype=torch.bool)
        here[first : first + block_length] = True
        left = int(here.sum())
        for count in how_many(left, max(1, steps // blocks)):
            if not count:
                continue
            masked = x == mask
            logits = model(x)
            if top_p < 1:
                logits = nucleus(logits.softmax(-1), top_p).log()
            drawn = by_gumbel(logits, temperature, dtype)
            sure = logits.softmax(-1).gather(-1, drawn[..., None])[..., 0]
            if remasking == "random":
                sure = torch.rand(sure.shape, dtype=sure.dtype)
            sure = torch.where(masked & here, sure, -torch.inf)
            chosen = sure.topk(count, -1).indices
            x = x.scatter(-1, chosen, drawn.gather(-1, chosen))
    return x
