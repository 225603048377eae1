"""Noise that is consumed, and what it tells put off until something looks at it.

Each answers as a method of ``Uniforms`` does, with two arrays: the numbers of draws in ``later``,
-1 for what is known, and what is known, else 0.
"""

import numpy as np

from harness.traced.comparisons import TURNED
from harness.traced.later import Later, different
from harness.traced.noise import Noise
from harness.traced.races import winner_law
from harness.traced.uniforms import Uniforms, elements, split

PutOff = tuple[np.ndarray, np.ndarray]


def first_later(uniforms: Uniforms, later: Later, noise: Noise, width: int, sign: int) -> PutOff:
    """``[G]`` which is the first of each ``width`` elements, as ``Uniforms.first``."""
    groups, live = split(noise, width)
    known, ids = np.zeros(groups, int), np.full(groups, -1)
    dead = np.setdiff1d(np.arange(groups), live)
    known[dead] = (sign * noise.value.reshape(groups, width)[dead]).argmax(-1)
    if not len(live):
        return ids, known
    part = noise if len(live) == groups else noise.take(elements(live, width))
    uniforms.independent(part.ids.reshape(-1, width))
    low, high = uniforms.known(part)
    turned = part if sign > 0 else part.apply("mul", -1.0)

    def law(groups: np.ndarray) -> np.ndarray:
        index, shape = elements(groups, width), (len(groups), width)
        return winner_law(turned.take(index), shape, low[index], high[index])

    rows = uniforms.rows_of(part.ids.reshape(-1, width))
    put_off = later.put_off("argmax", law, width, rows)
    ids[live] = put_off

    def rank(groups: np.ndarray) -> np.ndarray:
        got = later.values(put_off.start + groups)
        return sign * (np.arange(width) != got[:, None])

    uniforms.ordered(part, width, rank)
    return ids, known


def compared_later(
    uniforms: Uniforms, later: Later, name: str, a: Noise, b: Noise
) -> PutOff | None:
    """``[n]`` whether ``a name b``, as ``compared``; None where it cannot be put off.

    It can where one side is numbers, and the noise of the other has told nothing yet.
    """
    if name not in TURNED or (a.random.any() and b.random.any()):
        return None
    if b.random.any():
        a, b, name = b, a, TURNED[name]
    limit, live = b.value, np.flatnonzero(a.random & ~np.isnan(b.value))
    part = a.take(live)
    fresh = (uniforms.low[part.ids] == 0) & (uniforms.high[part.ids] == 1)
    fresh &= (uniforms.group[part.ids] < 0) & (uniforms.waits[part.ids] < 0)
    if not fresh.all() or len(different(part.ids)) < len(part.ids):
        return None
    q, rest, rising = part.pull_back(limit[live], name in ("le", "gt"))
    if name in ("gt", "ge"):
        rising = ~rising
    numbers = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal}
    known = np.where(a.random, False, numbers[name](a.value, limit)).astype(int)
    known[live] = np.where(rest <= 0, rising, ~rising)
    ids = np.full(len(a), -1)
    asked = np.flatnonzero((q > 0) & (rest > 0))
    asked = asked[np.argsort(part.ids[asked])]  # by id, so that draws of a row stand in their order
    mine, true, false = part.ids[asked], np.where(rising, q, rest)[asked], np.where(rising, rest, q)
    law = np.stack([false[asked], true], -1)
    if len(asked):
        put_off = later.put_off("uniform < p", law.__getitem__, 2, uniforms.row[mine])
        ids[live[asked]] = put_off
        known[live[asked]] = 0
        uniforms.waits[mine], uniforms.cut[mine] = put_off, q[asked]
        uniforms.rising[mine] = rising[asked]
    return ids, known
