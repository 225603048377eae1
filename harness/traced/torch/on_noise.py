"""What PyTorch code may do to noise: move it about, take it through monotone functions, consume it.

Every handler gets the tracer, the operator and its arguments, some of them ``Noisy``.
"""

from typing import Any

import torch

from harness.traced.errors import Untraceable
from harness.traced.torch.consuming import CONSUMING
from harness.traced.torch.elementwise import ELEMENTWISE
from harness.traced.torch.moving import MOVING
from harness.traced.torch.softmax import softmax

aten: Any = torch.ops.aten


def _number(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    raise Untraceable(
        "the value of continuous noise is read as a number, by item(), bool() or int(): compare "
        "tensors instead"
    )


def _plain_like(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """Operators that look at the shape alone."""
    first = torch.empty(args[0].shape, dtype=args[0].dtype)
    return func(first, *args[1:], **kwargs)


def _finite(value: bool) -> Any:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        noise = args[0].elements
        told = func(torch.from_numpy(noise.value))
        random = torch.from_numpy(noise.random)
        return torch.where(random, torch.tensor(value), told).reshape(args[0].shape)

    return handler


def _same_size(tracer: Any, func: Any, args: Any, kwargs: Any) -> bool:
    return tuple(args[0].shape) == tuple(args[1].shape)


ON_NOISE: dict[Any, Any] = {**MOVING, **ELEMENTWISE, **CONSUMING}
ON_NOISE[aten._softmax] = ON_NOISE[aten._log_softmax] = softmax
ON_NOISE[aten._local_scalar_dense] = _number
ON_NOISE[aten.is_same_size] = _same_size
ON_NOISE[aten._has_compatible_shallow_copy_type] = lambda *_: False
for _name in ("isnan", "isinf", "isposinf", "isneginf"):
    ON_NOISE[getattr(aten, _name)] = _finite(False)
ON_NOISE[aten.isfinite] = _finite(True)
for _name in (
    "empty_like", "zeros_like", "ones_like", "full_like", "new_empty", "new_zeros", "new_ones",
    "new_full", "new_empty_strided",
):  # fmt: skip
    ON_NOISE[getattr(aten, _name)] = _plain_like
