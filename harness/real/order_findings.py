"""Faults that show in what masks are revealed, and when."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.real.finding import Finding
from harness.traced.loop import LoopLaw

EVEN = 1e-6  # relative: what does not depend on what is revealed is the same to this
NEVER = 1e-12  # a probability below this is none


def findings(seen: LoopLaw, law: Any, clean: int, block: int | None = None) -> Iterator[Finding]:
    """``law [C] * d`` is that of the data; ``block`` the length of blocks, where there are any."""
    if len(seen.handed) < 2 or not (seen.handed[0][0] >= clean).all():
        return  # not revealed from all masks
    yield from _by_confidence(seen, np.asarray(law), clean)
    yield from _positions(seen, clean, block or seen.law.ndim)


def _by_confidence(seen: LoopLaw, law: np.ndarray, clean: int) -> Iterator[Finding]:
    """Whether the first tokens to be revealed depend on what they are.

    From all masks, tokens ``v`` at positions ``R`` come with ``P(R) Π p_i(v_i)`` where the choice
    of ``R`` knows nothing of them.
    """
    tokens, place = np.unique(seen.handed[1][0], axis=0, return_inverse=True)
    mass = np.bincount(place.reshape(-1), seen.handed[1][1])  # of all that is remembered besides
    marginals = [law.sum(tuple(k for k in range(law.ndim) if k != i)) for i in range(law.ndim)]
    shares: dict[tuple[int, ...], list[tuple[float, float]]] = {}
    for x, chance in zip(tokens, mass, strict=True):
        there = tuple(int(i) for i in np.flatnonzero(x < clean))
        expected = float(np.prod([marginals[i][x[i]] for i in there]))
        if there and expected > 0:
            shares.setdefault(there, []).append((expected, chance / expected))
    worst, likely = 1.0, 0.0
    for there, each in shares.items():
        p, share = np.array(each).T
        possible = int(np.prod([int((marginals[i] > 0).sum()) for i in there]))
        if len(share) < possible or share.min() < (1 - EVEN) * share.max():
            worst = min(worst, share.min() / share.max() if len(share) == possible else 0.0)
            likely += float(np.cov(p, share)[0, 1]) if len(share) > 1 else 0.0
    if worst < 1:
        which = "likelier" if likely >= 0 else "less likely"
        yield Finding(
            "order by confidence",
            f"which mask is revealed depends on what was drawn for it, the {which} first: then the "
            "tokens that are kept are not drawn from the model's law",
        )


def _positions(seen: LoopLaw, clean: int, block: int) -> Iterator[Finding]:
    length = seen.law.ndim
    at_end = [
        float(seen.law.take(range(clean, seen.law.shape[i]), axis=i).sum()) for i in range(length)
    ]
    never = [i for i in range(length) if at_end[i] > 1 - EVEN]
    if never and len(never) < length:
        yield Finding("positions left out", f"positions {_list(never)} are never revealed")
    early = set()
    for tokens, mass in seen.handed:
        masked = tokens >= clean
        for i in range(block, length):
            before = masked[:, : i - i % block].any(-1) & ~masked[:, i]
            if mass[before].sum() > NEVER:
                early.add(i)
    if block < length and early:
        yield Finding(
            "blocks overlap",
            f"positions {_list(sorted(early))} are revealed while the block before them has masks",
        )


def _list(positions: list[int]) -> str:
    return ", ".join(map(str, positions))
