"""Whether positions share what they draw: their tokens, or when they are set.

From a state ``x`` the positions ``R`` that a step sets, and the tokens that they get, have a law.
Where every token has noise of its own the tokens are independent given ``R``; if they are drawn
for masks by the model's law, what one gets does not depend on which others are set with it.
"""

from collections.abc import Iterator

import numpy as np

from harness.numerics.marginals import marginals, product
from harness.real.finding import Finding
from harness.traced.errors import SharedRace
from harness.traced.loop import LoopLaw

TOKENS, TIMES = "positions share their draw", "positions share their time"
EVEN = 1e-6  # in total variation: rounding makes less
NEVER = 1e-12  # a probability below this is none
SEVERAL = "uniform among thresholds"  # one uniform that is compared with several numbers
STATES = 64  # the likeliest ones are looked at

Laws = dict[tuple[int, ...], np.ndarray]  # of the tokens [S] * |R| that positions R get


def findings(seen: LoopLaw, clean: int) -> Iterator[Finding]:
    """Of the first step of a loop on ``clean`` tokens."""
    if not seen.moves:
        return
    worst, together = (0.0, ()), set[int]()
    for x, laws in _steps(seen):
        masked = bool((x >= clean).all())
        if (masked and _alike(laws)) or (not masked and SEVERAL in seen.seen):
            worst = max(worst, *((_apart(law), places) for places, law in laws.items()))
        if masked:
            together |= _together(laws, len(x))
    if worst[0] > EVEN:
        yield Finding(
            TOKENS,
            f"where positions {_list(worst[1])} are set in one step their tokens are "
            f"{worst[0]:.3g} in total variation from independent draws: one draw serves several "
            "positions. Draw noise for each token, of shape [rows, length]",
        )
    if together:
        yield Finding(
            TIMES,
            f"positions {_list(together)} are set in the same step or not at all: one draw decides "
            "for all of them, so that more steps do not let one see what another became",
        )


def of_refusal(error: Exception) -> Iterator[Finding]:
    """What a loop that is not followed says all the same."""
    if isinstance(error, SharedRace):
        yield Finding(
            TOKENS,
            "one vector of noise stands in the argmaxes of several positions, which then are not "
            "independent draws. Draw noise of the shape of the logits",
        )


def _steps(seen: LoopLaw) -> Iterator[tuple[np.ndarray, Laws]]:
    """Of the likeliest states, where a step leads."""
    x, y, p = seen.moves
    kept = (y >= 0).all(-1) & (p > 0)
    x, y, p = x[kept], y[kept], p[kept]
    states, number = np.unique(x, axis=0, return_inverse=True)
    number = number.reshape(-1)
    mass = np.bincount(number, p, len(states))
    for k in np.argsort(-mass)[:STATES]:
        here = number == k
        yield states[k], _laws(states[k], y[here], p[here] / mass[k], seen.law.shape[0])


def _laws(x: np.ndarray, y: np.ndarray, p: np.ndarray, tokens: int) -> Laws:
    laws: Laws = {}
    for to, chance in zip(y, p, strict=True):
        places = tuple(int(i) for i in np.flatnonzero(to != x))
        law = laws.setdefault(places, np.zeros((tokens,) * len(places)))
        law[tuple(to[list(places)])] += chance
    return laws


def _marginals(law: np.ndarray) -> list[np.ndarray]:
    """Of each position, ``[S]``, given that these are set."""
    return [each / law.sum() for each in marginals(law)]


def _apart(law: np.ndarray) -> float:
    """Total variation of tokens from independent ones."""
    if law.ndim < 2:
        return 0.0
    return float(abs(law / law.sum() - product(_marginals(law))).sum() / 2)


def _alike(laws: Laws) -> bool:
    """Whether what a position gets does not depend on which others are set."""
    known: dict[int, np.ndarray] = {}
    for places, law in laws.items():
        for i, mine in zip(places, _marginals(law), strict=True):
            if abs(mine - known.setdefault(i, mine)).sum() / 2 > EVEN:
                return False
    return True


def _together(laws: Laws, length: int) -> set[int]:
    """Positions each of which is set, not always, and never without some other one of them."""
    chance = np.zeros((length, length))  # that both are set
    for places, law in laws.items():
        chance[np.ix_(places, places)] += law.sum()
    alone = np.diag(chance)
    pairs = (alone[:, None] - chance <= NEVER) & (alone[None, :] - chance <= NEVER)
    pairs &= (alone > NEVER) & (alone < 1 - EVEN)
    np.fill_diagonal(pairs, False)
    return {int(i) for i in np.flatnonzero(pairs.any(-1))}


def _list(positions: set[int] | tuple[int, ...]) -> str:
    return ", ".join(map(str, sorted(positions)))
