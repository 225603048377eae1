"""What all tensors share that stand for something without numbers of its own."""

from typing import Any, ClassVar

import torch

from harness.traced.errors import Untraceable


class Wrapped(torch.Tensor):
    """Refused wherever the tracer does not answer for it; its kinds say why.

    ``AFTERWARDS``: by an operator ``{func}`` when the run has ended; ``HANDED_OUT``: to numpy.
    """

    AFTERWARDS: ClassVar[str]
    HANDED_OUT: ClassVar[str]

    @classmethod
    def of_shape(cls, shape: Any, dtype: torch.dtype) -> Any:
        """One of a claimed dtype, without what it stands for."""
        kind: Any = torch.Tensor  # the method is PyTorch's own, for subclasses, and undeclared
        return kind._make_wrapper_subclass(cls, shape, dtype=dtype)

    # So PyTorch hands operators to the dispatcher at once; its stubs know a method here only.
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise Untraceable(cls.AFTERWARDS.format(func=func))

    def __repr__(self, **_: Any) -> str:
        return f"{type(self).__name__}({tuple(self.shape)}, {self.dtype})"

    def numpy(self, **_: Any) -> Any:
        raise Untraceable(self.HANDED_OUT)

    __array__ = tolist = numpy  # type: ignore[assignment]  # refused alike, whatever they take
