"""Functions of noise by the names that libraries give them, element by element."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise

OfTwo = Callable[[Noise, Any], Noise]


def _flip_where_negative(noise: Noise) -> Noise:
    """The elements, those that are never positive turned round.  Raises Untraceable."""
    low, high = noise.ends()
    if (noise.random & (low < -1e-15) & (high > 1e-15)).any():
        raise Untraceable("a function that is monotone on one side of 0 only, of noise on both")
    return noise.apply("mul", np.where(noise.random & (high <= 0), -1.0, 1.0))


def add(noise: Noise, c: Any) -> Noise:
    return noise.apply("add", c)


def subtracted_from(noise: Noise, c: Any) -> Noise:
    return noise.apply("mul", -1.0).apply("add", c)


def over(noise: Noise, c: Any) -> Noise:
    """``c / noise``."""
    turned = _flip_where_negative(noise)
    low, high = noise.ends()
    sign = np.where(noise.random & (high <= 0) & (low < 0), -1.0, 1.0)
    return turned.apply("over", c * sign)


def absolute(noise: Noise) -> Noise:
    turned = _flip_where_negative(noise)
    return Noise(
        turned.ids, np.where(turned.random, turned.value, abs(turned.value)), turned.stages
    )


def to_the(noise: Noise, c: Any) -> Noise:
    c = np.broadcast_to(np.asarray(c, float), noise.ids.shape)
    even = c % 2 == 0
    if even.any():
        noise = absolute(noise) if even.all() else noise
    return noise.apply("pow", c)


ONE: dict[str, Callable[[Noise], Noise]] = {
    "log": lambda x: x.apply("log"),
    "log2": lambda x: x.apply("log").apply("div", math.log(2)),
    "log10": lambda x: x.apply("log").apply("div", math.log(10)),
    "log1p": lambda x: x.apply("log1p"),
    "exp": lambda x: x.apply("exp"),
    "exp2": lambda x: x.apply("mul", math.log(2)).apply("exp"),
    "expm1": lambda x: x.apply("expm1"),
    "neg": lambda x: x.apply("mul", -1.0),
    "sqrt": lambda x: x.apply("pow", 0.5),
    "rsqrt": lambda x: over(x.apply("pow", 0.5), 1.0),
    "square": lambda x: to_the(x, 2.0),
    "reciprocal": lambda x: over(x, 1.0),
    "abs": absolute,
    "sigmoid": lambda x: x.apply("sigmoid"),
    "logit": lambda x: x.apply("logit"),
}


def _both(function: OfTwo) -> tuple[OfTwo, OfTwo]:
    return function, function


# Noise first, a number second; and the other way round.
TWO: dict[str, tuple[OfTwo, OfTwo]] = {
    "add": (add, add),
    "sub": (lambda x, c: x.apply("add", -c), subtracted_from),
    "rsub": (subtracted_from, lambda x, c: x.apply("add", -c)),
    "mul": _both(lambda x, c: x.apply("mul", c)),
    "div": (lambda x, c: x.apply("div", c), over),
    "pow": (to_the, lambda x, c: x.apply("mul", np.log(c)).apply("exp")),
    "maximum": _both(lambda x, c: x.apply("at_least", c)),
    "minimum": _both(lambda x, c: x.apply("at_most", c)),
}


def of_two(name: str, left: Noise, right: Noise) -> Noise:
    """``name`` of ``TWO`` of elements one of which, at each place, is a number."""
    first, second = TWO[name]
    both = left.random & right.random
    if both.any():
        one = (left.ids == right.ids)[both].all()
        raise Untraceable(
            f"{name} of a noise and a function of itself is not followed"
            if one
            else f"{name} mixes two independent noises, whose law is not followed"
        )
    if not right.random.any():
        return first(left, right.value)
    if not left.random.any():
        return second(right, left.value)
    # Noise here on the one side, there on the other; the plain side gives the number.
    mine = first(left.where(~right.random, Noise.numbers(right.value)), right.value)
    theirs = second(right.where(right.random, Noise.numbers(left.value)), left.value)
    return theirs.where(right.random, mine)
