"""Monotone functions of noise and numbers, element by element."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from harness.traced import functions
from harness.traced.errors import Untraceable
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


ONE = [name for name in functions.ONE if name != "logit"]  # which has an eps
TWO = {name: name for name in functions.TWO} | {
    "true_divide": "div", "clamp_min": "maximum", "clamp_max": "minimum",
}  # fmt: skip


def _one(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        new = functions.ONE[name](args[0].elements)
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
        new = functions.of_two(TWO[name], left, right)
        if func._schema.is_mutable:
            return tracer.fill(args[0], new)
        return tensor_of(new, shape, _dtype(a, b))

    return handler


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
