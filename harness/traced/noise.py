"""Continuous noise that is followed: each element a monotone function of a uniform of its own.

Code turns uniforms into draws by elementwise steps, ``-log(-log(u))``, ``p / e``, ``logits + T g``.
An element keeps the *stages* that it went through, so that its value can be computed for any ``u``
and a threshold on the value can be pulled back to one on ``u``, exactly but for rounding.  All is
float64, whatever the dtype of the code: the law is that of noise in exact arithmetic; the numbers
that the noise meets are those that the code computed, in its dtype.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.stages import STAGES

Number = float | np.ndarray
UNARY = ("log", "log1p", "exp", "expm1", "sigmoid", "logit")
UNSEEN = 2.0**-52  # probability of values that only rounding puts outside of a range


@dataclass(frozen=True)
class Stage:
    """One step: ``name`` of ``STAGES``, its ``constant`` (``[n]`` or one), where it is ``on``."""

    name: str
    constant: Number
    on: np.ndarray | None = None


@dataclass(frozen=True)
class Noise:
    """``n`` elements: ``ids [n]`` of their uniforms, -1 for a number; the numbers in ``value [n]``.

    ``stages`` are what the uniforms have gone through.
    """

    ids: np.ndarray
    value: np.ndarray
    stages: tuple[Stage, ...] = field(default=())

    @classmethod
    def uniform(cls, ids: np.ndarray) -> "Noise":
        return cls(ids, np.zeros(len(ids)))

    @classmethod
    def numbers(cls, value: np.ndarray) -> "Noise":
        value = np.array(value, float).reshape(-1)
        return cls(np.full(len(value), -1), value)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def random(self) -> np.ndarray:
        """``[n]``: which elements are no numbers."""
        return self.ids >= 0

    def apply(self, name: str, constant: Number = 0.0) -> "Noise":
        """The elements after a stage.

        An element that the constant makes a number is one from there on: ``0 * g``, ``-inf + g``.

        Raises Untraceable where the stage is not monotone on what the elements can be.
        """
        stage = STAGES[name]
        if stage.one_sided and self.random.any():
            self._check_side(name)
        given = np.asarray(constant, float)
        plain = np.isfinite(given).all() and (name in ("add", *UNARY) or given.all())
        if plain and self.random.all():  # no number among the elements, and none is made
            return Noise(self.ids, self.value, (*self.stages, Stage(name, constant)))
        c = np.broadcast_to(given, self.ids.shape)
        with np.errstate(all="ignore"):
            value = stage.forward(np.where(self.random, 0.5, self.value), c)
            number = np.where(np.isnan(c), c, stage.number(c))
        endless = {"mul": np.isinf(c), "div": c == 0}.get(name)
        if endless is not None and (endless & self.random).any():
            number = np.where(endless, self._side(name) * np.copysign(np.inf, c), number)
        fixed = self.random & (np.isnan(c) | ~np.isnan(number))
        ids = np.where(fixed, -1, self.ids)
        value = np.where(fixed, number, value)
        if np.ndim(constant) or (ids < 0).any():
            constant = np.where(ids < 0, stage.harmless, c)
        return Noise(ids, value, (*self.stages, Stage(name, constant)))

    def take(self, index: np.ndarray) -> "Noise":
        """The elements at ``index``, any of them any number of times."""

        def part(each: Any) -> Any:
            return each[index] if isinstance(each, np.ndarray) else each

        stages = tuple(Stage(s.name, part(s.constant), part(s.on)) for s in self.stages)
        return Noise(self.ids[index], self.value[index], stages)

    def where(self, chosen: np.ndarray, other: "Noise") -> "Noise":
        """These elements where ``chosen [n]``, elsewhere those of ``other``."""
        same = 0
        for a, b in zip(self.stages, other.stages, strict=False):
            if a is not b:
                break
            same += 1
        mine = [_only(s, chosen) for s in self.stages[same:]]
        theirs = [_only(s, ~chosen) for s in other.stages[same:]]
        return Noise(
            np.where(chosen, self.ids, other.ids),
            np.where(chosen, self.value, other.value),
            (*self.stages[:same], *mine, *theirs),
        )

    @classmethod
    def joined(cls, parts: list["Noise"]) -> "Noise":
        """The elements of several, one after the other."""
        parts = [part for part in parts if len(part)] or parts[:1]
        found = parts[0]
        for part in parts[1:]:
            n, both = len(found), np.arange(len(found) + len(part))
            longer = part.take(np.maximum(both - n, 0))
            found = found.take(np.minimum(both, n - 1)).where(both < n, longer)
        return found

    def at(self, u: Number, minus_log: Number | None = None) -> np.ndarray:
        """The values if every uniform is ``u``, one or ``[n]``; numbers are what they are.

        ``minus_log``: ``-log u``, where it is known better than from ``u``.
        """
        if self._one_law and np.ndim(u) == 0 and minus_log is None and len(self) > 1:
            one = Noise(self.ids[:1] * 0, self.value[:1], self.stages).at(u)
            return np.where(self.random, one, self.value)
        shape = self.ids.shape
        x = np.broadcast_to(np.asarray(u, float), shape).copy()
        stages = self.stages
        with np.errstate(all="ignore"):
            if minus_log is not None and self._begins_with_log:
                x, stages = -np.broadcast_to(np.asarray(minus_log, float), shape), stages[1:]
            for stage in stages:
                new = STAGES[stage.name].forward(x, stage.constant)
                x = new if stage.on is None else np.where(stage.on, new, x)
        return np.where(self.random, x, self.value)

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """``[n]`` each: the least and the largest value that an element can have."""
        a, b = self.at(0.0), self.at(1.0)
        return np.minimum(a, b), np.maximum(a, b)

    def pull_back(
        self, limit: np.ndarray, at_most: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``(q, 1 - q, rising)``, ``[n]`` each, of elements that are no numbers.

        The value is below ``limit [n]`` (or equal, if ``at_most``) where ``u < q`` if ``rising``,
        where ``u > q`` if not.
        """
        v = np.array(np.broadcast_to(limit, self.ids.shape), float)
        below = np.ones(len(v), bool)  # the event is "less than v", else "more than v"
        closed = np.full(len(v), at_most)
        log_first = self._begins_with_log
        with np.errstate(all="ignore"):
            for stage in reversed(self.stages[1:] if log_first else self.stages):
                on = np.ones(len(v), bool) if stage.on is None else stage.on
                how = STAGES[stage.name]
                back = how.back(v, stage.constant, below, closed)
                below = np.where(on & (how.slope(stage.constant) < 0), ~below, below)
                v = np.where(on, back, v)
            q, rest = (np.exp(v), -np.expm1(v)) if log_first else (v, 1.0 - v)
        q, rest = np.clip(q, 0.0, 1.0), np.clip(rest, 0.0, 1.0)
        return q, rest, below

    @property
    def _one_law(self) -> bool:
        """Whether all elements that are no numbers are the same function of their uniforms."""
        return all(s.on is None and np.ndim(s.constant) == 0 for s in self.stages)

    @property
    def _begins_with_log(self) -> bool:
        return bool(self.stages) and self.stages[0].name == "log" and self.stages[0].on is None

    def _side(self, name: str) -> np.ndarray:
        """1 where an element is at least 0, -1 where it is at most 0."""
        low, high = self.ends()
        if (self.random & (low < 0) & (high > 0)).any():
            raise Untraceable(f"{name} by a number that makes noise of either sign infinite")
        return np.where(low >= 0, 1.0, -1.0)

    def _check_side(self, name: str) -> None:
        if self._one_law and len(self) > 1:
            return self.take(np.flatnonzero(self.random)[:1])._check_side(name)
        low, high = self.ends()
        stage = STAGES[name]
        outside = np.zeros(len(self))
        for limit, other_side in ((stage.least, False), (stage.most, True)):
            q, rest, rising = self.pull_back(np.full(len(self), limit), at_most=other_side)
            outside += np.where(rising != other_side, q, rest)
        bad = self.random & ((low < stage.least) | (high > stage.most)) & ~(outside <= UNSEEN)
        if bad.any():
            worst = int(np.flatnonzero(bad)[0])
            raise Untraceable(
                f"{name} of noise that can be anything from {low[worst]:.3g} to {high[worst]:.3g}: "
                f"it is followed from {stage.least:g} to {stage.most:g} alone"
            )


def _only(stage: Stage, chosen: np.ndarray) -> Stage:
    return replace(stage, on=chosen if stage.on is None else stage.on & chosen)
