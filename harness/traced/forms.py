"""Noise by its normal form: powers of exponential variables, their logarithms, scaled uniforms.

``E = -log u`` is exponential, and so is ``-log(1 - u)``.  Whatever code writes, ``p / -log(u)``,
``logits - log(-log(u))``, ``(logits + g) / T``, is ``a E^r``, ``a + r log E`` or ``a + r u``, or it
is none of these (``log(u + 1e-10)`` with an eps, for one) and its races are integrated.

An eps that no double of order one can see, below ``UNSEEN``, is taken for 0: it moves any
probability by no more than about 50 times itself.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from harness.traced.noise import Noise

UNSEEN = 2.0**-60


class Form(IntEnum):
    """What an element is of its uniform."""

    OTHER = 0
    UNIFORM = 1  # a + r u
    POWER = 2  # a E^r
    LOG = 3  # a + r log E


@dataclass
class Normal:
    """``form [n]``, ``a [n]``, ``r [n]`` of every element; nothing is said of numbers."""

    form: np.ndarray
    a: np.ndarray
    r: np.ndarray

    @classmethod
    def of(cls, noise: Noise) -> "Normal":
        n = len(noise)
        found = cls(np.full(n, Form.UNIFORM), np.zeros(n), np.ones(n))
        with np.errstate(all="ignore"):
            for stage in noise.stages:
                new = found._after(stage.name, np.broadcast_to(stage.constant, n))
                found = new if stage.on is None else new._where(stage.on, found)
        return found

    def _where(self, on: np.ndarray, other: "Normal") -> "Normal":
        return Normal(
            np.where(on, self.form, other.form),
            np.where(on, self.a, other.a),
            np.where(on, self.r, other.r),
        )

    def _after(self, name: str, c: np.ndarray) -> "Normal":
        """The form after a stage."""
        form, a, r = self.form, self.a, self.r
        uniform, power, log = (form == each for each in (Form.UNIFORM, Form.POWER, Form.LOG))
        other = np.full(len(a), Form.OTHER)
        match name:
            case "add":
                kept = uniform | log | (power & (r > 0) & (abs(c) <= UNSEEN * abs(a)))
                return Normal(np.where(kept, form, other), np.where(power, a, a + c), r)
            case "mul" | "div":
                a = a * c if name == "mul" else a / c
                scaled = r * c if name == "mul" else r / c
                return Normal(form, a, np.where(power, r, scaled))
            case "over":
                return Normal(np.where(power, form, other), c / a, -r)
            case "pow":
                return Normal(np.where(power & (a > 0), form, other), abs(a) ** c, r * c)
            case "log" | "log1p":
                low, high = (a, a + r) if name == "log" else (1 + a, 1 + a + r)
                u = uniform & (abs(low) <= UNSEEN) & (high == 1)  # u itself
                rest = uniform & (abs(high) <= UNSEEN) & (low == 1)  # 1 - u
                positive = power & (a > 0) & (name == "log")
                form = np.where(u | rest, Form.POWER, np.where(positive, Form.LOG, other))
                return Normal(
                    form, np.where(positive, np.log(abs(a)), -1.0), np.where(positive, r, 1.0)
                )
            case "exp":
                return Normal(np.where(log, Form.POWER, other), np.exp(a), r)
            case "at_least" | "at_most":
                least = name == "at_least"
                idle = (power & (a > 0) & (c <= 0)) if least else (power & (a < 0) & (c >= 0))
                low, high = np.minimum(a, a + r), np.maximum(a, a + r)
                cut = (c - low) / (high - low) if least else (high - c) / (high - low)
                idle |= uniform & (cut <= UNSEEN)
                return Normal(np.where(idle, form, other), a, r)
        return Normal(other, a, r)
