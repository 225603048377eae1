"""The softmax of noise: its values have no law that is followed, but its largest entry has.

Code that draws a one-hot vector and wants gradients through it writes ``hard - soft + soft``; of
that all but the draw cancels.
"""

from typing import Any

import torch

from harness.traced.errors import Untraceable
from harness.traced.torch.consuming import CONSUMING
from harness.traced.torch.noisy import Noisy
from harness.traced.torch.wrapped import Wrapped

aten: Any = torch.ops.aten
REFUSED = (
    "the values of a softmax of noise are not followed: it may go into an argmax, or cancel "
    "in hard - soft + soft"
)


class Soft(Wrapped):
    """``plain + times`` the softmax of ``source`` along ``dim``; ``plain`` None for 0.

    With ``times`` 0 and nothing plain it stands for something else that is not followed.
    """

    source: Noisy
    axis: int
    plain: torch.Tensor | None
    times: int
    AFTERWARDS = HANDED_OUT = REFUSED

    @staticmethod
    def __new__(
        cls, source: Noisy, dim: int, plain: torch.Tensor | None = None, times: int = 1
    ) -> "Soft":
        made = cls.of_shape(source.shape, source.dtype)
        made.source, made.axis, made.plain, made.times = source, dim % source.ndim, plain, times
        return made


def softmax(tracer: Any, func: Any, args: Any, kwargs: Any) -> Soft:
    """Of noise."""
    return Soft(args[0], args[1])


def on_soft(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """What an operator makes of a softmax of noise.  Raises Untraceable."""
    op, self = func.overloadpacket, args[0]
    if op in (aten.detach, aten.alias) and isinstance(self, Soft):
        return Soft(self.source, self.axis, self.plain, self.times)
    whole = isinstance(self, Soft) and self.plain is None and self.times == 1
    dim = args[1] if len(args) > 1 and isinstance(args[1], int) else None
    if op in (aten.argmax, aten.max) and whole and dim is not None and dim % self.ndim == self.axis:
        found = CONSUMING[op](tracer, func, (self.source, *args[1:]), kwargs)
        if op is aten.argmax:
            return found
        values = Soft(self.source, self.axis, None, 0)  # of no use
        return torch.return_types.max((values, found[1]))
    if op in (aten.add, aten.sub) and not kwargs and len(args) == 2:
        return _combined(*args, sign=1 if op is aten.add else -1)
    raise Untraceable(REFUSED)


def _combined(a: Any, b: Any, sign: int) -> Any:
    """``a + sign b``, of which one or both are a ``Soft`` of one source."""
    soft = a if isinstance(a, Soft) else b
    parts, times = [], 0
    for each, by in ((a, 1), (b, sign)):
        if isinstance(each, Soft):
            known = each.times != 0 and each.source is soft.source and each.axis == soft.axis
            if not known:
                raise Untraceable(REFUSED)
            times += by * each.times
            if each.plain is not None:
                parts.append(by * each.plain)
        elif isinstance(each, torch.Tensor) and not isinstance(each, Noisy):
            parts.append(by * each)
        else:
            raise Untraceable(REFUSED)
    plain = sum(parts[1:], parts[0]) if parts else None
    return plain if times == 0 else Soft(soft.source, soft.axis, plain, times)
