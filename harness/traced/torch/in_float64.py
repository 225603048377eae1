"""PyTorch code as it would be in float64: what a law loses by the precision of its code."""

from typing import Any

import torch
from torch.utils._pytree import tree_map

from harness.traced.torch.tracer import Tracer

SHORT = (torch.float32, torch.float16, torch.bfloat16)


class InFloat64(Tracer):
    """As ``Tracer``, but whatever the code makes in a shorter precision is made in float64."""

    def __enter__(self) -> "InFloat64":
        self._usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        super().__enter__()
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        torch.set_default_dtype(self._usual)
        super().__exit__(kind, *rest)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        written = args[:1] if func._schema.is_mutable else ()
        rest = tree_map(_wide, args[len(written) :])
        found = (*written, *rest)
        return super().__torch_dispatch__(func, types, found, tree_map(_wide, kwargs or {}))


def _wide(each: Any) -> Any:
    """A dtype, or a plain tensor of one, that is shorter than float64, as float64."""
    if isinstance(each, torch.dtype):
        return torch.float64 if each in SHORT else each
    if type(each) in (torch.Tensor, torch.nn.Parameter) and each.dtype in SHORT:
        return each.double()
    return each
