"""Counts that are followed, as tensors of PyTorch: drawn where their values are needed."""

from typing import Any

import numpy as np
import torch

from harness.numerics.unique_rows import unique_rows
from harness.traced.counts import Counts, all_differ
from harness.traced.torch.wrapped import Wrapped

aten: Any = torch.ops.aten

FUNCTIONS = {
    getattr(aten, name)
    for name in (
        "add", "sub", "rsub", "mul", "div", "neg", "abs", "sign", "clamp", "clamp_min", "clamp_max",
        "maximum", "minimum", "floor", "ceil", "round", "trunc", "remainder", "fmod", "square",
        "gt", "ge", "lt", "le", "eq", "ne", "_to_copy", "clone", "logical_not", "pow",
    )
}  # fmt: skip
VIEWS = {
    getattr(aten, name)
    for name in (
        "view", "_unsafe_view", "unsqueeze", "squeeze", "permute", "transpose", "t", "slice",
        "select", "expand", "alias", "detach",
    )
}  # fmt: skip


class Counting(Wrapped):
    """Elements ``place`` (a tensor of this shape) of ``counts``, of a claimed dtype."""

    counts: Counts
    place: torch.Tensor

    AFTERWARDS = "{func} of a count after the run in which it was drawn has ended"
    HANDED_OUT = "random counts are handed to numpy: make them whole by long() before"

    @staticmethod
    def __new__(cls, counts: Counts, place: torch.Tensor, dtype: torch.dtype) -> "Counting":
        made = cls.of_shape(place.shape, dtype)
        made.counts, made.place = counts, place
        return made


def counting(counts: Counts, shape: Any, dtype: torch.dtype) -> Counting:
    """A tensor of all ``counts``."""
    place = torch.from_numpy(np.arange(len(counts))).reshape(tuple(shape))
    return Counting(counts, place, dtype)


def followed(func: Any, args: Any, kwargs: Any) -> Any:
    """What an operator makes of a count and numbers; None where its value is needed for it."""
    op, self = func.overloadpacket, (args or (None,))[0]
    if op in VIEWS and isinstance(self, Counting):
        return Counting(self.counts, func(self.place, *args[1:], **kwargs), self.dtype)
    if op is aten.sum and isinstance(self, Counting):
        return _summed(self, *args[1:], **kwargs)
    if op not in FUNCTIONS or sum(isinstance(each, Counting) for each in args) != 1:
        return None
    if any(isinstance(each, torch.Tensor) for each in kwargs.values()):
        return None
    if op is aten._to_copy and not (kwargs.get("dtype") or args[0].dtype).is_floating_point:
        return None  # whole numbers are tokens: they are looked up by, and handed on
    return _function(func, args, kwargs)


def _function(func: Any, args: Any, kwargs: Any) -> Any:
    """The operator itself, on every value that each kind of count beside each number can have."""
    self: Any = next(each for each in args if isinstance(each, Counting))
    shape = torch.broadcast_shapes(*(a.shape for a in args if isinstance(a, torch.Tensor)))
    place = self.place.expand(shape).reshape(-1).numpy()
    plain = [a for a in args if isinstance(a, torch.Tensor) and a is not self]
    beside = [a.expand(shape).reshape(-1) for a in plain]
    told = [self.counts.kind[place], *(a.to(torch.float64).numpy() for a in beside)]
    first, kind = unique_rows(np.stack(told, -1))
    support = torch.from_numpy(self.counts.support).to(self.dtype)
    values = support.expand(len(first), len(support))

    def wide(each: Any) -> Any:
        if each is self:
            return values
        if not isinstance(each, torch.Tensor):
            return each
        return each.expand(shape).reshape(-1)[torch.from_numpy(first)].unsqueeze(-1)

    found = func(*(wide(each) for each in args), **kwargs)
    new = found.to(torch.float64).numpy()
    old = self.counts.kind[place][first]
    counts = self.counts.of_kinds(place, kind.reshape(-1), old, new)
    return counting(counts, shape, found.dtype)


def _summed(self: Counting, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    dims = range(self.ndim) if dim is None or dim == [] else [d % self.ndim for d in dim]
    kept = [d for d in range(self.ndim) if d not in dims]
    place = self.place.permute(*kept, *dims)
    shape = place.shape[: len(kept)]
    groups = place.reshape(int(np.prod(shape)), -1).numpy()
    if not groups.size or not all_differ(groups):
        return None
    whole = dtype or (torch.long if not self.dtype.is_floating_point else self.dtype)
    found = counting(self.counts.summed(groups), shape, whole)
    if keepdim:
        place = found.place
        for d in sorted(dims):
            place = place.unsqueeze(d)
        found = Counting(found.counts, place, whole)
    return found
