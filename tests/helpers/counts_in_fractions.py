"""Laws on counts by plain code: those of sequences summed up, and one push in exact fractions."""

from fractions import Fraction

import numpy as np

from harness.numerics import compositions
from harness.space import Sequences


def pushed(law: np.ndarray, kernel: np.ndarray, total: int) -> list[Fraction]:
    """The same as ``convolution.push``, token by token, in fractions."""
    values = kernel.shape[-1]
    after = [Fraction(0)] * len(law)
    for state, counts in enumerate(compositions.states(values, total).tolist()):
        reached = {(0,) * values: Fraction(law[state])}
        for value, tokens in enumerate(counts):
            for _ in range(tokens):
                grown: dict[tuple[int, ...], Fraction] = {}
                for found, chance in reached.items():
                    for to in range(values):
                        place = tuple(n + (k == to) for k, n in enumerate(found))
                        share = chance * Fraction(kernel[state, value, to])
                        grown[place] = grown.get(place, Fraction(0)) + share
                reached = grown
        for found, chance in reached.items():
            after[int(compositions.index(np.array(found)))] += chance
    return after


def of_counts(space: Sequences, law: np.ndarray) -> np.ndarray:
    """Law of the counts under a law of sequences."""
    x = np.indices(space.shape).reshape(space.length, -1)
    held = np.stack([(x == value).sum(0) for value in range(space.tokens)], 1)
    index = compositions.index(held)
    return np.bincount(index, law.reshape(-1), compositions.size(space.tokens, space.length))
