"""Noise compared and rounded: where it becomes outcomes element by element."""

from typing import Any

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise

TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def compared(uniforms: Any, name: str, a: Noise, b: Noise) -> np.ndarray:
    """``[n]`` whether ``a name b``, a name of ``lt``, ``le``, ``gt``, ``ge``, ``eq``, ``ne``."""
    if not b.random.any() and name in TURNED:
        below = uniforms.below(a, b.value, at_most=name in ("le", "gt"))
        told = below if name in ("lt", "le") else ~below
        nan = np.isnan(b.value) | (np.isnan(a.value) & ~a.random)
        return told & ~nan
    if not a.random.any() and name in TURNED:
        return compared(uniforms, TURNED[name], b, a)
    if name in ("eq", "ne"):
        same = a.random & (a.ids == b.ids)
        if same.any():
            index = np.flatnonzero(same)
            uniforms._one_value(a.take(index), b.take(index))
        equal = same | (~a.random & ~b.random & (a.value == b.value))
        return equal if name == "eq" else ~equal
    above, equal = uniforms.above(a, b)
    return {"gt": above, "ge": above | equal, "lt": ~above & ~equal, "le": ~above}[name]


def rounded(uniforms: Any, name: str, noise: Noise) -> np.ndarray:
    """``[n]`` whole numbers: ``floor``, ``ceil``, ``trunc`` or ``round`` of noise."""
    low, _ = noise.ends()
    if name == "trunc" and (noise.random & (low < 0)).any():
        raise Untraceable("noise that may be negative is cut to whole numbers: use floor")
    if name == "ceil":
        return -uniforms.rounded_down(noise.apply("mul", -1.0))
    if name == "round":
        numbers = np.round(noise.value)  # halves go to even numbers; of noise they have no mass
        found = uniforms.rounded_down(noise.apply("add", 0.5))
        return np.where(noise.random, found, numbers)
    numbers = np.trunc(noise.value) if name == "trunc" else np.floor(noise.value)
    return np.where(noise.random, uniforms.rounded_down(noise), numbers)


def wrapped(uniforms: Any, noise: Noise, period: np.ndarray) -> Noise:
    """The elements modulo ``period [n]``, above 0: how often it is in them is drawn here.

    Raises Untraceable for another period.
    """
    if not (period > 0).all():
        raise Untraceable(f"noise modulo a number that is not above 0, {period.min():g}")
    turns = uniforms.rounded_down(noise.apply("div", period))
    return noise.apply("add", -period * turns)
