"""Laws by listing what can happen, for the checks: subsets and orders of tokens."""

import itertools
import math
from functools import reduce

import numpy as np
from scipy.special import entr

from harness.law.step import RandomOrder


def random_order(law: RandomOrder, x: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Every subset of the tokens that wait, in every order, one token's matrix after another."""
    p, waits, chance = np.asarray(law.moves.p), np.asarray(law.waits), float(law.chance)
    positions = range(x.shape[1])
    moves = np.zeros((x.shape[1], len(x), len(x)))
    for i in positions:
        np.add.at(moves[i], (np.arange(len(x))[:, None], neighbours[:, i]), p[:, i])
    total = np.zeros((len(x), len(x)))
    for count in range(x.shape[1] + 1):
        for subset in itertools.combinations(positions, count):
            others = waits.sum(1) - count
            weight = np.where(waits[:, list(subset)].all(1), chance**count, 0.0)
            weight = weight * (1 - chance) ** np.maximum(others, 0)
            orders = list(itertools.permutations(subset))
            for order in orders:
                path = reduce(np.matmul, [moves[i] for i in order], np.eye(len(x)))
                total += weight[:, None] * path / len(orders)
    return total


def from_random_subsets(matrix: np.ndarray, mask: np.ndarray, sizes: tuple[int, ...]) -> float:
    """How far the subsets revealed are from uniform among those of the size that is due."""
    due = dict(zip((mask.shape[1] - np.cumsum((0, *sizes[:-1]))).tolist(), sizes, strict=True))
    pattern = mask @ (1 << np.arange(mask.shape[1]))
    reached = matrix @ np.eye(2 ** mask.shape[1])[pattern]
    worst = 0.0
    for k, masked in enumerate(mask):
        size = due.get(int(masked.sum()))
        if size is None:
            continue
        wanted = np.zeros(reached.shape[1])
        for subset in itertools.combinations(np.flatnonzero(masked), size):
            wanted[pattern[k] - sum(1 << int(i) for i in subset)] = 1 / math.comb(
                int(masked.sum()), size
            )
        worst = max(worst, float(np.abs(reached[k] - wanted).max()))
    return worst


def beside_largest(masked: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """``[n]`` nats of the tokens revealed of ``masked [n, d]``, beside the one that has most.

    ``shown [n, d, S]`` are probabilities that a token is then known.
    """
    total = shown.sum(-1, keepdims=True)
    token = shown / np.where(total > 0, total, 1.0)
    entropy = np.where(masked & (total[..., 0] > 0), entr(token).sum(-1), 0.0)
    return entropy.sum(1) - entropy.max(1)
