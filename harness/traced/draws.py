"""Laws of draws that are no continuous noise, by whatever name a library has them.

Each gets the ``Outcomes`` of the run, the parameters of ``E`` independent draws as numpy arrays and
``rows [E]``, the row of the batch that each belongs to.
"""

import itertools
import math

import numpy as np
from scipy.stats import binom, nbinom

from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.orders import MOST, chosen_in_turn, order_law
from harness.traced.outcomes import Outcomes, padded
from harness.traced.poisson import BEYOND, poisson_law

LEVELS = 4096  # values of a whole number


def category(outcomes: Outcomes, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` categories with probabilities ``∝ p [E, K]``."""
    return outcomes.site("category", p / p.sum(-1, keepdims=True), rows)


def without_replacement(
    outcomes: Outcomes, p: np.ndarray, count: int, rows: np.ndarray
) -> np.ndarray:
    """``[E, count]`` different categories, one after the other, each ``∝ p [E, K]`` of the rest."""
    ways = chosen_in_turn(p.shape[1], count)
    law = order_law(p, np.zeros(p.shape), ways)
    return ways[outcomes.site("choice without replacement", law, rows)]


def permutation(outcomes: Outcomes, length: int, rows: np.ndarray) -> np.ndarray:
    """``[E, length]`` orders, all equally likely.  Raises TooManyWorlds."""
    if math.factorial(length) > MOST:
        raise TooManyWorlds(
            f"a permutation of {length} has {math.factorial(length):,} outcomes, at most {MOST:,} "
            "are followed"
        )
    ways = np.array(list(itertools.permutations(range(length))), int).reshape(-1, length)
    law = np.full((len(rows), len(ways)), 1 / len(ways))
    return ways[outcomes.site("permutation", law, rows)]


def whole(outcomes: Outcomes, low: np.ndarray, high: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` whole numbers from ``low [E]`` to below ``high [E]``, all equally likely."""
    room = (high - low).astype(int)
    if len(room) and room.max() > LEVELS:
        raise TooManyWorlds(f"a whole number has {room.max():,} outcomes, at most {LEVELS:,}")
    law = padded([np.full(n, 1 / n) for n in room])
    return low.astype(int) + outcomes.site("integer", law, rows)


def coin(outcomes: Outcomes, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` 1 with probability ``p [E]``, else 0."""
    return outcomes.site("bernoulli", np.stack([1 - p, p], -1), rows)


def binomial(outcomes: Outcomes, count: np.ndarray, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` how many of ``count [E]`` happen, each with probability ``p [E]``."""
    if len(count) and (count == 1).all():
        return coin(outcomes, p, rows)
    law = padded([binom.pmf(np.arange(n + 1), n, q) for n, q in zip(count, p, strict=True)])
    return outcomes.site("binomial", law / law.sum(-1, keepdims=True), rows)


def poisson(outcomes: Outcomes, rates: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` counts of mean ``rates [E]``."""
    return outcomes.site("poisson", poisson_law(rates), rows)


def geometric(outcomes: Outcomes, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E]`` trials up to the first that succeeds, of probability ``p [E]``, from 1 on."""
    counts = [max(1, int(nbinom.isf(BEYOND, 1, q)) + 1) for q in p]
    if counts and max(counts) > LEVELS:
        raise TooManyWorlds(f"a geometric number has {max(counts):,} outcomes, at most {LEVELS:,}")
    law = padded([nbinom.pmf(np.arange(n), 1, q) for n, q in zip(counts, p, strict=True)])
    return 1 + outcomes.site("geometric", law / law.sum(-1, keepdims=True), rows)


def multinomial(outcomes: Outcomes, count: int, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[E, K]`` how many of ``count`` draws, ``∝ p [E, K]``, are in each category."""
    width = p.shape[1]
    if count == 1:
        return np.eye(width, dtype=int)[category(outcomes, p, rows)]
    if math.comb(count + width - 1, width - 1) > MOST:
        raise TooManyWorlds(f"a multinomial of {count} in {width} has more than {MOST:,} outcomes")
    ends = itertools.combinations(range(count + width - 1), width - 1)
    bars = np.array(list(ends), int).reshape(-1, width - 1)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, count + width - 1)))
    counts = np.diff(edges, axis=1) - 1
    each = np.array([math.factorial(count) / math.prod(map(math.factorial, c)) for c in counts])
    law = each * np.prod(p[:, None, :] ** counts, -1)
    return counts[outcomes.site("multinomial", law / law.sum(-1, keepdims=True), rows)]


def checked_law(p: np.ndarray, what: str) -> np.ndarray:
    """``p [..., K]`` as float64.  Raises Untraceable unless all are finite and at least 0."""
    p = np.asarray(p, float)
    if not (np.isfinite(p).all() and (p >= 0).all()):
        raise Untraceable(f"the {what} must be finite and at least 0, got {p.min()}")
    return p
