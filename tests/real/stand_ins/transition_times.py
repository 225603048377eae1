"""Each token is written once, at a transition time that is drawn beforehand.

``model(x)`` are probabilities ``[n, d, V]`` of clean tokens.
"""

import torch
from real.stand_ins.drawing import by_multinomial


def sample(model, steps, rows, *, length=3, mask=3, shared=False):
    """``[rows, length]``; ``shared``: one draw of the times serves the whole batch."""
    x = torch.full((rows, length), mask)
    shape = (length,) if shared else (rows, length)
    times = torch.randint(steps, shape).expand(rows, length)
    for k in range(steps):
        due = times == k
        drawn = by_multinomial(model(x))
        x = torch.where(due & (x == mask), drawn, x)
    return x


def sample_of_the_first(model, steps, rows, *, length=3, mask=3):
    """The same, the model asked of the first row alone, as if all were alike."""

    def alike(x):
        return model(x[:1]).expand(rows, -1, -1)

    return sample(alike, steps, rows, length=length, mask=mask)
