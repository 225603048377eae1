"""What code does with a model's answer before it draws: nothing, a temperature, a cut, an addition.

A draw from ``q [K]`` is held against the answers ``p [d, K]`` that the code was given for the
positions of its row: it was made of one of them.  A relation counts if one number, the same for all
draws, explains every one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAR = 32.0  # unit roundoffs that a probability may be off, relative
SPREAD = 0.05  # logs of ratios below this say nothing of a power
AS_IT_IS = "as it is"  # the kind of a use that changes nothing
FEWEST = 3  # draws that must be explained


@dataclass(frozen=True)
class Draw:
    """A draw from ``q [K]``, after the answers ``p [d, K]``; all sum to 1."""

    q: np.ndarray
    p: np.ndarray


@dataclass(frozen=True)
class Use:
    """One relation that explains ``draws`` draws: its ``kind``, its ``number``, and in words."""

    kind: str
    number: float
    draws: int
    words: str


def how_used(draws: Sequence[Draw], unit: float = 2.0**-52) -> Use | None:
    """The relation of all draws to the answers, or None where no single one explains them.

    ``unit``: the unit roundoff of the precision in which probabilities were made.  Draws that are
    sure, after answers that are sure, say nothing and are left out.
    """
    telling = [each for each in draws if not _sure(each.p).all()]
    if len(telling) < FEWEST:
        return None
    for relation in (_as_it_is, _largest, _cut, _power, _added):
        found = relation(telling, NEAR * unit)
        if found is not None:
            return found
    return None


def _sure(p: np.ndarray) -> np.ndarray:
    return np.asarray((p > 0).sum(-1) == 1)


def _same(q: np.ndarray, p: np.ndarray, tolerance: float) -> np.ndarray:
    """``[d]`` whether a row of ``p [d, K]`` is ``q``, relative to each entry."""
    return np.asarray((abs(p - q) <= tolerance * np.maximum(p, q)).all(-1))


def _as_it_is(draws: Sequence[Draw], tolerance: float) -> Use | None:
    if not all(_same(each.q, each.p, tolerance).any() for each in draws):
        return None
    return Use(AS_IT_IS, 1.0, len(draws), "tokens are drawn from the model's law as it is")


def _largest(draws: Sequence[Draw], _: float) -> Use | None:
    """All draws are sure, of the likeliest token."""
    if not all(_sure(each.q) and each.q.argmax() in each.p.argmax(-1) for each in draws):
        return None
    return Use("greedy", 0.0, len(draws), "nothing is drawn: the likeliest token is taken")


def _cut(draws: Sequence[Draw], tolerance: float) -> Use | None:
    """The likeliest tokens, renormalised: so many of them, or of so much mass together."""
    sizes, reached, enough = set(), [0.0], [np.inf]
    for each in draws:
        kept = each.q > 0
        mass = (each.p * kept).sum(-1)
        top = np.where(kept, each.p, np.inf).min(-1) >= np.where(kept, -np.inf, each.p).max(-1)
        cuts = each.p * kept / np.where(mass > 0, mass, 1.0)[:, None]
        fits = np.flatnonzero(_same(each.q, cuts, tolerance) & top & (mass > 0))
        if not len(fits):
            return None
        p, all_of_it = each.p[fits[0]], mass[fits[0]]
        reached.append(all_of_it - p[kept].min())  # was not enough, without the last token
        if ((p > 0) & ~kept).any():
            sizes.add(int(kept.sum()))
            enough.append(all_of_it)
    low, high = max(reached), min(enough)
    if not sizes:
        return None
    if low <= high:
        told = f"only the likeliest tokens that together have {low:.3g} to {high:.3g} are drawn"
        return Use("nucleus", (low + high) / 2, len(draws), f"{told} (top-p)")
    if len(sizes) == 1:
        k = sizes.pop()
        return Use("top-k", float(k), len(draws), f"only the {k} likeliest tokens are drawn")
    return Use("cut", float("nan"), len(draws), "unlikely tokens are never drawn")


def _power(draws: Sequence[Draw], tolerance: float) -> Use | None:
    """``q ∝ p^β``: the exponent that one draw shows, held against all."""
    for beta in _exponents(draws):
        if all(_is_power(each, beta, tolerance) for each in draws):
            told = f"tokens are drawn from p^{beta:.5g}: a temperature of {1 / beta:.5g}, not 1"
            return Use("temperature", 1 / beta, len(draws), told)
    return None


def _exponents(draws: Sequence[Draw]) -> list[float]:
    """Of the draw of most tokens that tells any, one for each answer that it may be made of."""
    for each in sorted(draws, key=lambda draw: -int((draw.q > 0).sum())):
        found = []
        for p in each.p:
            both = (each.q > 0) & (p > 0)
            if not ((each.q > 0) == (p > 0)).all() or both.sum() < 2:
                continue
            w, z = (np.log(v[both]) - np.log(v[both]).mean() for v in (p, each.q))
            if np.ptp(w) > SPREAD and w @ z > 0:
                found.append(float(w @ z / (w @ w)))
        if found:
            return found
    return []


def _is_power(each: Draw, beta: float, tolerance: float) -> bool:
    with np.errstate(divide="ignore"):
        scaled = beta * np.log(each.p)
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    powers /= powers.sum(-1, keepdims=True)
    lost = 1 + abs(scaled[np.isfinite(scaled)]).max()  # digits that powers cost
    return bool(_same(each.q, powers, 8 * tolerance * lost).any())


def _added(draws: Sequence[Draw], tolerance: float) -> Use | None:
    """``q ∝ p + ε``: the ε that one draw shows, held against all."""
    for eps in _additions(draws):
        more = [(each.p + eps) / (1 + each.p.shape[-1] * eps) for each in draws]
        near = [abs(each.q - p).max(-1).min() for each, p in zip(draws, more, strict=True)]
        if max(near) <= 8 * tolerance < eps:
            told = (
                f"about {eps:.3g} is added to every probability, also of what the model rules out"
            )
            return Use("added", eps, len(draws), told)
    return None


def _additions(draws: Sequence[Draw]) -> list[float]:
    for each in draws:
        found = []
        for p in each.p:
            a, b = np.argmax(p), np.argmin(p)
            slope = (each.q[a] - each.q[b]) / (p[a] - p[b]) if p[a] > p[b] else 0.0
            if slope > 0 and each.q[b] > slope * p[b]:
                found.append(float(each.q[b] / slope - p[b]))
        if found:
            return found
    return []
