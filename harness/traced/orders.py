"""The law of an order: which of several noises is largest, which next, and so on.

With the weights of an exponential race this is Plackett and Luce's: the next one is drawn among
those that are left, by weight.  Numbers beside the noise must be beyond all that the noise can be,
infinite ones for one: they come first or last.

Source: Luce, "Individual choice behavior", 1959; Plackett, "The analysis of permutations", 1975.
"""

import itertools
import math

import numpy as np

from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.noise import Noise
from harness.traced.races import race_weights

MOST = 5040  # orders of one group


def chosen_in_turn(width: int, count: int) -> np.ndarray:
    """``[P, count]``: every way to take ``count`` of ``width`` things, one after the other.

    Raises TooManyWorlds for more than ``MOST``.
    """
    ways = math.perm(width, count)
    if ways > MOST:
        raise TooManyWorlds(
            f"the order of the first {count} of {width} noises has {ways:,} outcomes, at most "
            f"{MOST:,} are followed: fewer positions, or a topk of fewer"
        )
    return np.array(list(itertools.permutations(range(width), count)), int).reshape(ways, count)


def from_the_last(weights: np.ndarray, ahead: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """As ``order_law``, where ``weights`` are those of a race to be the smallest.

    All orders are read backwards and those that begin alike are added up.
    """
    width, count = weights.shape[1], ways.shape[1]
    whole = chosen_in_turn(width, width)
    law = order_law(weights, -ahead, whole[:, ::-1], last=True)
    number = {tuple(way): k for k, way in enumerate(ways)}
    found = np.zeros((len(weights), len(ways)))
    np.add.at(found.T, [number[tuple(way)] for way in whole[:, :count]], law.T)
    return found


def order_law(
    weights: np.ndarray, ahead: np.ndarray, ways: np.ndarray, last: bool = False
) -> np.ndarray:
    """``[G, P]``: the probability of each of the ``ways [P, k]`` in groups of ``weights [G, V]``.

    ``ahead [G, V]``: 1 for what comes before all noise, -1 for what comes after it, 0 for noise.
    Of what is no noise the order is that in which it stands, backwards if ``last``.
    """
    law = np.ones((len(weights), len(ways)))
    left = np.ones((len(ways), weights.shape[1]), bool)
    row = np.arange(len(ways))
    for place in range(ways.shape[1]):
        turn = ways[:, place]
        tier = np.where(left, ahead[:, None, :], -2).max(-1)  # [G, P]: whose turn it is
        theirs = left & (ahead[:, None, :] == tier[..., None])  # [G, P, V]
        first = theirs.argmax(-1)
        if last:
            first = theirs.shape[-1] - 1 - theirs[..., ::-1].argmax(-1)
        total = np.where(theirs, weights[:, None, :], 0.0).sum(-1)
        share = np.where(theirs[:, row, turn], weights[:, turn], 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            by_weight = np.where(share > 0, share / total, 0.0)
        law *= np.where(tier == 0, by_weight, first == turn)
        left[row, turn] = False
    return law


def noise_order_law(
    noise: Noise,
    shape: tuple[int, int],
    low: np.ndarray,
    high: np.ndarray,
    ahead: np.ndarray,
    ways: np.ndarray,
) -> np.ndarray:
    """``[G, P]``: the probability of each of the ``ways``, of noise as in ``races.winner_law``.

    Raises Untraceable where it has no closed form, read from the largest or from the smallest.
    """
    alone = noise.where(noise.random, Noise.numbers(np.full(len(noise), -np.inf)))
    turned = noise.apply("mul", -1.0)
    turned = turned.where(noise.random, Noise.numbers(np.full(len(noise), -np.inf)))
    found, known = np.zeros((shape[0], len(ways))), np.zeros(shape[0], bool)
    for each, read in ((alone, order_law), (turned, from_the_last)):
        weights, closed = race_weights(each, shape, low, high)
        closed &= ~known
        if closed.any():
            found[closed] = read(weights[closed], ahead[closed], ways)
        known |= closed
    if not known.all():
        raise Untraceable(
            "an order of noise is followed where it is an exponential or Gumbel race, or where all "
            "noises have one law; here it is none (an eps or a clamp inside the logarithm, or "
            "logits with uniform noise)"
        )
    return found


def where_numbers_are(noise: Noise, shape: tuple[int, int]) -> np.ndarray:
    """``[G, V]``: 1 for a number above all noise of its group, -1 below, 0 for the noise.

    A nan is above.  Raises Untraceable for a number between.
    """
    random, value = noise.random.reshape(shape), noise.value.reshape(shape)
    least, most = (end.reshape(shape) for end in noise.ends())
    bottom = np.where(random, least, np.inf).min(-1, keepdims=True)
    top = np.where(random, most, -np.inf).max(-1, keepdims=True)
    between = ~random & (value > bottom) & (value < top)
    if between.any():
        raise Untraceable(
            f"an order of noise and of a number, {value[between][0]:.6g}, that the noise may be "
            "above or below is not followed: set what is not to be chosen to an infinite value"
        )
    return np.where(random, 0, np.where(value <= bottom, -1, 1))


def lying(noise: Noise, ahead: np.ndarray, place: np.ndarray) -> np.ndarray:
    """``[G, V]`` numbers that lie as the elements do, noise as ``place`` from 0 to ``V``.

    Infinite numbers and nan are as they are, others whole ones in their order.
    """
    value = noise.value.reshape(place.shape)
    among = (value[:, None, :] < value[:, :, None]).sum(-1)
    finite = among + 3.0 * place.shape[1] * ahead
    return np.where(ahead == 0, place, np.where(np.isfinite(value), finite, value))
