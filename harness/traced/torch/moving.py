"""Operators that only move elements: they are applied to the places of the elements instead."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise
from harness.traced.torch.noisy import Noisy, numbers, places, tensor_of

aten: Any = torch.ops.aten
Handler = Callable[[Any, Any, Any, Any], Any]

# Views share the storage, so that what is written into one is seen in the other.
VIEWS = (
    "view", "_unsafe_view", "reshape", "_reshape_alias", "slice", "select", "unsqueeze", "squeeze",
    "expand", "permute", "transpose", "t", "alias", "detach", "diagonal", "unfold", "split",
    "split_with_sizes", "chunk", "unbind", "lift_fresh", "narrow", "movedim", "flatten",
    "unflatten", "swapaxes",
)  # fmt: skip

# The arguments that are data; the other ones say where it goes.
COPIES = {
    "clone": (0,), "contiguous": (0,), "index": (0,), "gather": (0,), "index_select": (0,),
    "masked_select": (0,), "take": (0,), "repeat": (0,), "flip": (0,), "roll": (0,),
    "where": (1, 2), "masked_fill": (0, 2), "scatter": (0, 3), "index_put": (0, 2),
    "masked_scatter": (0, 2), "index_fill": (0, 3), "index_copy": (0, 3),
    "slice_scatter": (0, 1), "select_scatter": (0, 1), "cat": (0,), "stack": (0,),
    "copy_": (0, 1), "fill_": (0, 1), "zero_": (0,), "masked_fill_": (0, 2), "scatter_": (0, 3),
    "index_put_": (0, 2), "_index_put_impl_": (0, 2), "masked_scatter_": (0, 2),
    "index_fill_": (0, 3), "index_copy_": (0, 3),
}  # fmt: skip
PLAIN = {"scatter": 4, "scatter_": 4, "index_put": 3, "index_put_": 3, "_index_put_impl_": 3}


def _view(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    self = args[0]
    index = func(self.place, *args[1:], **kwargs)
    return tree_map(lambda each: Noisy(self.cell, each, self.dtype), index)


class _Places:
    """All the data of an operator in one row of elements; each element's place in it."""

    def __init__(self) -> None:
        self.parts: list[Noise] = []
        self.length = 0

    def of(self, each: Any) -> Any:
        """The places of a tensor or a number, as a tensor of its shape or one number."""
        if isinstance(each, Noisy):
            part = each.elements
        elif isinstance(each, torch.Tensor | float | int | bool):
            part = Noise.numbers(numbers(each))
        else:
            return each
        first, self.length = self.length, self.length + len(part)
        self.parts.append(part)
        if not isinstance(each, torch.Tensor):
            return first
        return places(first, self.length).reshape(each.shape)


def _copy(name: str) -> Handler:
    data, in_place = COPIES[name], name.endswith("_")

    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        if (len(args) > PLAIN.get(name, 99) and args[PLAIN[name]]) or kwargs.get("accumulate"):
            raise Untraceable(f"{name} adds up or multiplies noise, which is not followed")
        kwargs = {k: v for k, v in kwargs.items() if k not in ("memory_format", "accumulate")}
        places = _Places()
        moved = [tree_map(places.of, a) if k in data else a for k, a in enumerate(args)]
        if name == "zero_":
            moved, used = [moved[0], places.of(0.0)], aten.fill_.Scalar
        else:
            used = func
        if name == "where" and any(not isinstance(a, torch.Tensor) for a in moved[1:]):
            moved[1:] = [torch.as_tensor(a) for a in moved[1:]]
            used = aten.where.self
        index = used(*moved, **kwargs)
        new = Noise.joined(places.parts).take(index.reshape(-1).numpy())
        if in_place:
            return tracer.fill(args[0], new)
        first = next(a for a in _tensors(args, data))
        return tensor_of(new, index.shape, first.dtype)

    return handler


def _tensors(args: Any, data: tuple[int, ...]) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    for k in data:
        if k < len(args):
            each = args[k] if isinstance(args[k], list | tuple) else [args[k]]
            found += [a for a in each if isinstance(a, torch.Tensor)]
    found.sort(key=lambda a: not a.dtype.is_floating_point)
    return found


def _to(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    self, dtype = args[0], kwargs.get("dtype") or args[0].dtype
    noise = self.elements
    if dtype.is_floating_point:
        return tensor_of(noise, self.shape, dtype)
    if dtype == torch.bool:
        return torch.from_numpy(noise.random | (noise.value != 0)).reshape(self.shape)
    low, _ = noise.ends()
    if (noise.random & (low < 0)).any():
        raise Untraceable("noise that may be negative is made whole: apply floor first")
    whole = tracer.uniforms.rounded_down(noise)
    whole = np.where(noise.random, whole, np.trunc(noise.value))
    return torch.from_numpy(whole).reshape(self.shape).to(dtype)


MOVING: dict[Any, Handler] = {getattr(aten, name): _view for name in VIEWS if hasattr(aten, name)}
MOVING |= {getattr(aten, name): _copy(name) for name in COPIES if hasattr(aten, name)}
MOVING[aten._to_copy] = _to
