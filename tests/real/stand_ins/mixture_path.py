"""A solver of the mixture path: jumps to a drawn clean token at the path's rate.

``posterior(x, t)`` are laws ``[n, d, S]`` of the clean token at ``t`` in [0, 1], where a token is
clean with probability ``t``.
"""

from itertools import pairwise

import torch
from real.stand_ins.drawing import by_multinomial


def sample(posterior, steps, rows, *, length=3, tokens=3, cache=False):
    """``[rows, length]`` from uniform tokens at ``t = 0``; the last step jumps surely.

    ``cache``: the answer is kept while nothing moves, though the time goes on.
    """
    answer = None
    x = torch.randint(tokens, (rows, length))
    grid = torch.linspace(0, 1, steps + 1, dtype=torch.float64).tolist()
    for t, later in pairwise(grid):
        answer = posterior(x, t) if answer is None else answer
        clean = by_multinomial(answer)
        stays = (1 - later) / (1 - t)
        jump = torch.rand(x.shape, dtype=torch.float64) >= stays
        y = torch.where(jump, clean, x)
        answer = answer if cache and (y == x).all() else None
        x = y
    return x


def by_bayes(law, steps, rows, *, length=3, tokens=3):
    """Tokens from ``P(x_s) P(x_t | x_s)``, ``x_s`` a noised clean token of ``law(x, t)``.

    Right where the law is of the token given the *others*: it is weighed by its own one here.
    """
    x = torch.randint(tokens, (rows, length))
    grid = torch.linspace(0, 1, steps + 1, dtype=torch.float64).tolist()
    for t, later in pairwise(grid):
        kept = t / later
        before = later * law(x, t) + (1 - later) / tokens
        own = torch.nn.functional.one_hot(x, tokens).to(before.dtype)
        x = by_multinomial(before * (kept * own + (1 - kept) / tokens))
    return x
