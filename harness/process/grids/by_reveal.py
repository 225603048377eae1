"""Grids by the probability ``e^{-t}`` that absorbing noise has left a token clean."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from harness.foundation.validation import real
from harness.numerics import bernstein
from harness.process.grids.grid import Grid, maker, numbers, recipe_of, step_count


@maker()
def reveal(probabilities: Sequence[float]) -> Grid:
    """Increasing ``probabilities [N + 1]``, ``e^{-t}``: that absorbing noise left a token clean.

    From 0, where all are masked (``T = inf``), or more; up to 1 (``δ = 0``) or less.  Raises
    ValueError where they do not increase.
    """
    shares = numbers("probabilities", probabilities, minimum=0, maximum=1)
    for k, (r, more) in enumerate(pairwise(shares)):
        if not r < more:
            raise ValueError(
                f"probabilities must increase, got probabilities[{k}] = {r:g}, "
                f"probabilities[{k + 1}] = {more:g}"
            )
    return Grid(tuple(-math.log(r) + 0.0 if r else math.inf for r in shares))


@maker()
def even_reveal(steps: int, start: float = 0.0, stop: float = 1.0) -> Grid:
    """Reveal probabilities in ``steps`` equal steps from ``start`` up to ``stop``."""
    steps = step_count(steps)
    start = real("start", start, minimum=0)
    stop = real("stop", stop, above=start, maximum=1)
    recipe = recipe_of("even_reveal", steps=steps, start=start, stop=stop)
    return replace(reveal(np.linspace(start, stop, steps + 1).tolist()), recipe=recipe)


@maker()
def cosine(steps: int) -> Grid:
    """``1 - cos(π k / 2N)`` revealed after ``k`` of ``N = steps``: few tokens first, then more.

    Source: Chang et al., MaskGIT, CVPR 2022.
    """
    steps = step_count(steps)
    # 2 sin²(a/2) = 1 - cos a keeps the digits of the first steps.
    shares = 2 * np.sin(np.pi / 4 * np.arange(steps + 1) / steps) ** 2
    shares[-1] = 1.0
    return replace(reveal(shares.tolist()), recipe=recipe_of("cosine", steps=steps))


@maker()
def log_linear(steps: int, smallest: float = 1e-3) -> Grid:
    """Masked with probability ``(1 - smallest) τ``, ``τ`` evenly from 1 to 0 in ``steps``.

    Source: Lou, Meng, Ermon, Discrete Diffusion Modeling by Estimating the Ratios of the Data
    Distribution, ICML 2024; the noise ``σ(τ) = -log(1 - (1 - ε) τ)``.
    """
    smallest = real("smallest", smallest, above=0, maximum=0.5)
    recipe = recipe_of("log_linear", steps=step_count(steps), smallest=smallest)
    return replace(even_reveal(steps, smallest), recipe=recipe)


@maker()
def square_root_profile(
    density: Sequence[float], steps: int, start: float = 0.0, stop: float = 1.0
) -> Grid:
    """Reveal probabilities from ``start`` to ``stop``, as much ``∫ sqrt(h')`` in each of ``steps``.

    ``density [d - 1]``: ``h'`` in Bernstein form, ``RevealProfile.density`` of the data law.
    Raises ValueError where it is 0. Source: Wainwright, arXiv 2608.13520, Theorem 3.
    """
    density = numbers("density", density, minimum=0)
    if not any(density):
        raise ValueError("density must have a positive entry: these tokens are independent")
    start = real("start", start, minimum=0)
    stop = real("stop", stop, above=start, maximum=1)
    shares = bernstein.equal_root_shares(density, step_count(steps), start, stop)
    recipe = recipe_of("square_root_profile", density=density, steps=steps, start=start, stop=stop)
    return replace(reveal(shares), recipe=recipe)
