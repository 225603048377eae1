"""Monotone functions of noise and numbers, element by element."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise
from harness.traced.torch.noisy import Noisy, elements_of, numbers, tensor_of

aten: Any = torch.ops.aten
Handler = Callable[[Any, Any, Any, Any], Any]


def _dtype(*operands: Any) -> torch.dtype:
    tensors = [a for a in operands if isinstance(a, torch.Tensor)]
    dtype = tensors[0].dtype
    for each in tensors[1:]:
        if each.ndim or not dtype.is_floating_point:
            dtype = torch.promote_types(dtype, each.dtype)
    return dtype if dtype.is_floating_point else torch.get_default_dtype()


def _shape(*operands: Any) -> torch.Size:
    return torch.broadcast_shapes(*(a.shape for a in operands if isinstance(a, torch.Tensor)))


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
}

OfTwo = Callable[[Noise, Any], Noise]


def _both(function: OfTwo) -> tuple[OfTwo, OfTwo]:
    return function, function


# Noise first, a number second; and the other way round.
TWO: dict[str, tuple[OfTwo, OfTwo]] = {
    "add": (add, add),
    "sub": (lambda x, c: x.apply("add", -c), subtracted_from),
    "rsub": (subtracted_from, lambda x, c: x.apply("add", -c)),
    "mul": _both(lambda x, c: x.apply("mul", c)),
    "div": (lambda x, c: x.apply("div", c), over),
    "true_divide": (lambda x, c: x.apply("div", c), over),
    "pow": (to_the, lambda x, c: x.apply("mul", np.log(c)).apply("exp")),
    "maximum": _both(lambda x, c: x.apply("at_least", c)),
    "minimum": _both(lambda x, c: x.apply("at_most", c)),
    "clamp_min": _both(lambda x, c: x.apply("at_least", c)),
    "clamp_max": _both(lambda x, c: x.apply("at_most", c)),
}


def _one(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        new = ONE[name](args[0].elements)
        if func._schema.is_mutable:
            return tracer.fill(args[0], new)
        return tensor_of(new, args[0].shape, args[0].dtype)

    return handler


def _two(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        a, b = args[0], args[1]
        alpha = kwargs.get("alpha", args[2] if len(args) > 2 else 1)
        if kwargs.get("rounding_mode") is not None:
            raise Untraceable("a division of noise that rounds: divide, then floor")
        shape = _shape(a, b)
        left, right = elements_of(a, shape), elements_of(b, shape)
        if alpha != 1 and name == "rsub":
            left = left.apply("mul", alpha)
        elif alpha != 1:
            right = right.apply("mul", alpha)
        new = _of_two(name, left, right)
        if func._schema.is_mutable:
            return tracer.fill(args[0], new)
        return tensor_of(new, shape, _dtype(a, b))

    return handler


def _of_two(name: str, left: Noise, right: Noise) -> Noise:
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


def _clamp(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    x = args[0]
    low = args[1] if len(args) > 1 else kwargs.get("min")
    high = args[2] if len(args) > 2 else kwargs.get("max")
    new = x.elements
    for name, limit in (("at_least", low), ("at_most", high)):
        if isinstance(limit, Noisy):
            raise Untraceable("clamp between limits that are noise")
        if limit is not None:
            new = new.apply(name, np.broadcast_to(numbers(limit), tuple(x.shape)).reshape(-1))
    return tracer.fill(x, new) if func._schema.is_mutable else tensor_of(new, x.shape, x.dtype)


def _logit(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    eps = args[1] if len(args) > 1 else kwargs.get("eps")
    new = args[0].elements
    if eps is not None:
        new = new.apply("at_least", eps).apply("at_most", 1 - eps)
    return tensor_of(new.apply("logit"), args[0].shape, args[0].dtype)


ELEMENTWISE: dict[Any, Handler] = {aten.logit: _logit}
for _suffix in ("", "_"):
    ELEMENTWISE |= {
        getattr(aten, name + _suffix): _one(name) for name in ONE if hasattr(aten, name + _suffix)
    }
    ELEMENTWISE |= {
        getattr(aten, name + _suffix): _two(name) for name in TWO if hasattr(aten, name + _suffix)
    }
    ELEMENTWISE[getattr(aten, "clamp" + _suffix)] = _clamp
