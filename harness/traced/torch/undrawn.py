"""Draws that are put off, as tensors of PyTorch: moved about and compared before they are drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from harness.traced.later import COMPARISONS, Later
from harness.traced.torch.moving import COPIES, VIEWS
from harness.traced.torch.wrapped import Wrapped

aten: Any = torch.ops.aten

# Operators that move elements into a new tensor; of two tensors the second is drawn by ``cat``, by
# which a tensor is handed on.
MOVES = {
    getattr(aten, name): data
    for name, data in COPIES.items()
    if not name.endswith("_") and name not in ("cat", "stack") and hasattr(aten, name)
}
LOOKS = {getattr(aten, name): name for name in COMPARISONS}
JOINS = {
    aten.bitwise_and: False, aten.logical_and: False, aten.bitwise_or: True, aten.logical_or: True,
}  # fmt: skip
SHAPE_ALONE = {
    getattr(aten, name)
    for name in (
        "empty_like", "zeros_like", "ones_like", "full_like", "new_empty", "new_zeros", "new_ones",
        "new_full", "is_same_size", "rand_like", "randint_like", "randn_like",
    )
}  # fmt: skip
RESHAPES = {aten.view, aten._unsafe_view, aten.reshape, aten._reshape_alias}
OF_VIEWS = {getattr(aten, name) for name in VIEWS if hasattr(aten, name)}


class Undrawn(Wrapped):
    """Elements that are draws ``ids``, put off in ``later``, or, where that is -1, ``known``.

    Both are tensors of this shape.  ``written_`` is what it is once it was written into,
    which views of ``root`` get by ``viewed``: they share its storage.  ``looked``: what was drawn.
    """

    later: Later
    ids: torch.Tensor
    known: torch.Tensor
    root: "Undrawn"
    written_: torch.Tensor | None
    looked: torch.Tensor | None
    viewed: Callable[[], torch.Tensor | None]

    AFTERWARDS = "{func} of a draw after the run in which it was drawn has ended"

    @staticmethod
    def __new__(cls, later: Later, ids: torch.Tensor, known: torch.Tensor) -> "Undrawn":
        made = cls.of_shape(known.shape, known.dtype)
        made.later, made.ids, made.known = later, ids, known
        made.written_ = made.looked = None
        made.viewed, made.root = lambda: None, made
        return made

    def drawn(self) -> torch.Tensor:
        """What it is once it is drawn: from there on, as after it was written into."""
        written = self.written()
        if written is not None:
            return written
        if self.looked is not None:
            return self.looked
        value, ids = self.known.clone(memory_format=torch.contiguous_format), self._numbers()
        open_ = np.flatnonzero(ids >= 0)
        got = torch.from_numpy(self.later.values(ids[open_])).to(value.dtype)
        value.view(-1)[torch.from_numpy(open_)] = got
        if self.root is self:
            self.written_ = value
        self.looked = value
        return value

    def _numbers(self) -> np.ndarray:
        return self.ids.reshape(-1).numpy()

    def written(self) -> torch.Tensor | None:
        """What it is since it, or what it is a view of, was written into."""
        if self.written_ is None:
            self.written_ = self.viewed()
        return self.written_

    def opened(self) -> torch.Tensor:
        """What is to be written into, in which its views share."""
        root: Undrawn = self.root
        if root.written() is None:
            root.written_ = root.drawn()
        found = self.written()
        assert found is not None
        return found

    def numpy(self, **rest: Any) -> Any:
        return self.drawn().numpy(**rest)

    def tolist(self) -> Any:
        return self.drawn().tolist()

    def __array__(self, *rest: Any, **more: Any) -> Any:
        return np.asarray(self.drawn().numpy(), *rest, **more)


def undrawn(later: Later, ids: range, shape: Any, dtype: torch.dtype) -> Undrawn:
    """A tensor of all the draws ``ids``."""
    places = torch.arange(ids.start, ids.stop).reshape(tuple(shape))
    return Undrawn(later, places, torch.zeros(tuple(shape), dtype=dtype))


def places_drawn(func: Any, args: Any) -> Any:
    """The arguments of an operator, of which those that say where data go are drawn."""
    data = MOVES.get(func.overloadpacket)
    if data is None:
        return args
    return [each if k in data else tree_map(_plain, each) for k, each in enumerate(args)]


def looked_at(func: Any, args: Any, kwargs: Any) -> Any:
    """What an operator makes of draws that are put off; None where it needs their values."""
    op = func.overloadpacket
    if op in OF_VIEWS:
        return _view(func, args, kwargs)
    if (
        op in LOOKS
        and len(args) == 2
        and isinstance(args[0], Undrawn) != isinstance(args[1], Undrawn)
    ):
        return _compared(LOOKS[op], *args)
    if op in MOVES and func._schema.is_mutable is False:
        return _moved(func, args, kwargs)
    if op is aten._to_copy and isinstance(args[0], Undrawn):
        return _root(args[0], args[0].ids, func(args[0].known, **kwargs))
    if op in JOINS and len(args) == 2:
        return _joined(*args, decides=JOINS[op])
    return None


def _root(like: Undrawn, ids: torch.Tensor, known: torch.Tensor) -> Any:
    """A tensor of its own; a plain one if nothing of it is put off."""
    return Undrawn(like.later, ids, known) if (ids >= 0).any() else known


def _view(func: Any, args: Any, kwargs: Any) -> Any:
    self, op = args[0], func.overloadpacket
    if not isinstance(self, Undrawn):
        return None
    if op in RESHAPES and not self.known.is_contiguous():  # it does not know of its strides
        return _root(self, *(each.reshape(args[1]) for each in (self.ids, self.known)))
    ids, known = (func(each, *args[1:], **kwargs) for each in (self.ids, self.known))
    if isinstance(known, torch.Tensor):
        return _shared(self, ids, known, lambda real: func(real, *args[1:], **kwargs))
    return [
        _shared(self, a, b, lambda real, k=k: func(real, *args[1:], **kwargs)[k])
        for k, (a, b) in enumerate(zip(ids, known, strict=True))
    ]


def _shared(
    base: Undrawn, ids: torch.Tensor, known: torch.Tensor, again: Callable[[Any], Any]
) -> Undrawn:
    """A view of ``base``, which ``again`` makes of what that has become."""
    made = Undrawn(base.later, ids, known)

    def viewed() -> torch.Tensor | None:
        real = base.written()
        return None if real is None else again(real)

    made.viewed, made.root = viewed, base.root
    return made


def _compared(name: str, left: Any, right: Any) -> Any:
    self, other = (left, right) if isinstance(left, Undrawn) else (right, left)
    if self is right:  # a < b is b > a
        name = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(name, name)
    limit = other if isinstance(other, torch.Tensor) else torch.as_tensor(other)
    shape = torch.broadcast_shapes(self.shape, limit.shape)
    known = getattr(torch, name)(self.known.expand(shape), limit).contiguous()
    ids = self.ids.expand(shape).clone(memory_format=torch.contiguous_format)
    flat = ids.view(-1).numpy()
    open_ = np.flatnonzero(flat >= 0)
    limits = limit.expand(shape).reshape(-1).to(torch.float64).numpy()[open_]
    answers = self.later.put_off_comparison(flat[open_], name, limits)
    flat[open_] = answers
    return _root(self, ids, known)


def _moved(func: Any, args: Any, kwargs: Any) -> Any:
    """The operator on the numbers of the draws, and on what is known."""
    op = func.overloadpacket
    data = MOVES[op]
    if kwargs.get("accumulate"):
        return None
    if op in (aten.scatter, aten.index_put) and len(args) > len(data) + 2:
        return None  # it adds up or multiplies
    first = next(a for each in args for a in _listed(each) if isinstance(a, Undrawn))

    def part(name: str) -> Any:
        def of(each: Any) -> Any:
            if isinstance(each, Undrawn):
                return getattr(each, name)
            if name == "known" or not isinstance(each, torch.Tensor | float | int):
                return each
            return (
                torch.full_like(each, -1, dtype=torch.long)
                if isinstance(each, torch.Tensor)
                else -1
            )

        moved = [tree_map(of, each) if k in data else each for k, each in enumerate(args)]
        return func(*moved, **kwargs)

    return _root(first, part("ids"), part("known"))


def _plain(each: Any) -> Any:
    return each.drawn() if isinstance(each, Undrawn) else each


def _listed(each: Any) -> Any:
    return each if isinstance(each, list | tuple) else [each]


def _joined(left: Any, right: Any, decides: bool) -> Any:
    """``and``, ``or`` of what is put off and what is not: that alone ``decides`` where it can.

    Of two that are put off the left one is drawn.
    """
    left = _plain(left) if isinstance(right, Undrawn) else left
    self, other = (left, right) if isinstance(left, Undrawn) else (right, left)
    if not isinstance(other, torch.Tensor) or isinstance(other, Undrawn):
        return None
    if self.dtype != torch.bool or other.dtype != torch.bool:
        return None
    shape = torch.broadcast_shapes(self.shape, other.shape)
    decided = (other == decides).expand(shape)
    known = torch.where(decided, decides, self.known.expand(shape))
    return _root(self, torch.where(decided, -1, self.ids.expand(shape)), known)
