"""Where noise becomes outcomes: comparisons, argmax, orders, rounding."""

from collections.abc import Callable
from typing import Any

import torch

from harness.traced.comparisons import compared, wrapped
from harness.traced.errors import Untraceable
from harness.traced.noise import Noise
from harness.traced.noise_later import PutOff, compared_later, first_later
from harness.traced.torch.noisy import Noisy, elements_of, tensor_of
from harness.traced.torch.undrawn import Undrawn

aten: Any = torch.ops.aten
Handler = Callable[[Any, Any, Any, Any], Any]


def _compare(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        a, b = args
        shape = torch.broadcast_shapes(*(x.shape for x in args if isinstance(x, torch.Tensor)))
        left, right = elements_of(a, shape), elements_of(b, shape)
        if not tracer.outcomes.at_once:
            put_off = compared_later(tracer.uniforms, tracer.later, name, left, right)
            if put_off is not None:
                return _put_off(tracer, put_off, shape, torch.bool)
        found = compared(tracer.uniforms, name, left, right)
        return torch.from_numpy(found).reshape(shape)

    return handler


def _put_off(tracer: Any, found: PutOff, shape: Any, dtype: torch.dtype) -> torch.Tensor:
    ids, known = (torch.from_numpy(each).reshape(tuple(shape)) for each in found)
    known = known.to(dtype)
    return Undrawn(tracer.later, ids, known) if (ids >= 0).any() else known


def _along(x: Any, dim: int) -> tuple[Noise, tuple[int, ...], int]:
    """The elements with the axis ``dim`` last, the shape of the others, and how long it is."""
    index = x.place.movedim(dim, -1)
    return x.cell.noise.take(index.reshape(-1).numpy()), tuple(index.shape[:-1]), index.shape[-1]


def _picked(x: Any, dim: int, index: torch.Tensor, keep: bool = True) -> Any:
    """The elements of ``x`` at ``index`` along ``dim``, which goes if it is not to be kept."""
    place = x.place.gather(dim, index)
    place = place if keep else place.squeeze(dim)
    return tensor_of(x.cell.noise.take(place.reshape(-1).numpy()), place.shape, x.dtype)


def _which(tracer: Any, x: Any, dim: int, sign: int) -> torch.Tensor:
    """The places of the largest along ``dim``, which is kept."""
    noise, others, width = _along(x, dim)
    found = tracer.uniforms.first(noise, width, sign)
    return torch.from_numpy(found).reshape(*others, 1).movedim(-1, dim)


def _arg(sign: int) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        x = args[0]
        dim = args[1] if len(args) > 1 else kwargs.get("dim")
        keep = args[2] if len(args) > 2 else kwargs.get("keepdim", False)
        if dim is None:
            x, dim = Noisy(x.cell, x.place.reshape(-1), x.dtype), 0
        if tracer.outcomes.at_once:
            index = _which(tracer, x, dim, sign)
            return index if keep else index.squeeze(dim)
        noise, others, width = _along(x, dim)
        put_off = first_later(tracer.uniforms, tracer.later, noise, width, sign)
        if keep:
            others = [*others[: dim % x.ndim], 1, *others[dim % x.ndim :]]
        return _put_off(tracer, put_off, others, torch.long)

    return handler


def _extreme(sign: int) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        if len(args) < 2 or isinstance(args[1], torch.Tensor):
            raise Untraceable("the largest of all noise, or of two noises, is not followed")
        x, dim = args[0], args[1]
        index = _which(tracer, x, dim, sign)
        keep = args[2] if len(args) > 2 else kwargs.get("keepdim", False)
        both = _picked(x, dim, index, keep), index if keep else index.squeeze(dim)
        return (torch.return_types.max if sign > 0 else torch.return_types.min)(both)

    return handler


def _order(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        given = {a.name: a.default_value for a in func._schema.arguments}
        given |= dict(zip(given, args, strict=False)) | kwargs
        x, dim = args[0], given.get("dim", -1)
        descending = given["largest"] if name == "topk" else given["descending"]
        noise, others, width = _along(x, dim)
        count = int(given["k"]) if name == "topk" else width
        sign = 1 if descending else -1
        lying = tracer.uniforms.in_order(noise, width, count, sign)
        # The operator itself orders numbers that lie as the noise does: it knows what it does to
        # equal ones, and to those that are no noise.
        stand_in = torch.from_numpy(lying.reshape(*others, width)).movedim(-1, dim)
        found = func(stand_in, *args[1:], **kwargs)
        if name == "argsort":
            return found
        values = _picked(x, dim, found[1])
        kind = torch.return_types.topk if name == "topk" else torch.return_types.sort
        return kind((values, found[1]))

    return handler


def _search(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """``searchsorted(edges, noise)`` and ``bucketize(noise, edges)``."""
    bucket = func.overloadpacket is aten.bucketize
    x, edges = (args[0], args[1]) if bucket else (args[1], args[0])
    if isinstance(edges, Noisy) or not isinstance(x, Noisy):
        raise Untraceable("searchsorted in edges that are noise is not followed")
    right = kwargs.get("right", False) or kwargs.get("side") == "right"
    whole = Noisy(x.cell, x.place.unsqueeze(-1), x.dtype)
    limits = edges if edges.ndim == 1 else edges.unsqueeze(-2)
    shape = torch.broadcast_shapes(whole.shape, limits.shape)
    below = tracer.uniforms.below(
        elements_of(whole, shape), elements_of(limits, shape).value, at_most=not right
    )
    passed = torch.from_numpy(~below).reshape(shape).sum(-1)
    return passed.to(torch.int32 if kwargs.get("out_int32") else torch.long)


def _rounded(name: str) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        noise = args[0].elements
        low, _ = noise.ends()
        if name == "trunc" and (noise.random & (low < 0)).any():
            raise Untraceable("trunc of noise that may be negative: use floor")
        if name == "ceil":
            whole = -tracer.uniforms.rounded_down(noise.apply("mul", -1.0))
        elif name == "round":
            whole = tracer.uniforms.rounded_down(noise.apply("add", 0.5))
        else:
            whole = tracer.uniforms.rounded_down(noise)
        new = Noise.numbers(whole)
        if func._schema.is_mutable:
            return tracer.fill(args[0], new)
        return tensor_of(new, args[0].shape, args[0].dtype)

    return handler


def _wrapped(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    x, period = args
    if not isinstance(x, Noisy) or isinstance(period, Noisy):
        raise Untraceable("a number modulo noise is not followed")
    if func.overloadpacket is aten.fmod and (x.elements.ends()[0] < 0).any():
        raise Untraceable("fmod of noise that may be negative: use remainder")
    shape = torch.broadcast_shapes(x.shape, getattr(period, "shape", ()))
    limits = elements_of(period, shape).value
    new = wrapped(tracer.uniforms, elements_of(x, shape), limits)
    return tracer.fill(x, new) if func._schema.is_mutable else tensor_of(new, shape, x.dtype)


CONSUMING: dict[Any, Handler] = {
    getattr(aten, name): _compare(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")
}
CONSUMING |= {
    aten.argmax: _arg(1),
    aten.argmin: _arg(-1),
    aten.max: _extreme(1),
    aten.min: _extreme(-1),
    aten.searchsorted: _search,
    aten.bucketize: _search,
}
CONSUMING |= {getattr(aten, name): _order(name) for name in ("topk", "sort", "argsort")}
for _name in ("remainder", "remainder_", "fmod", "fmod_"):
    CONSUMING[getattr(aten, _name)] = _wrapped
for _name in ("floor", "ceil", "trunc", "round", "floor_", "ceil_", "trunc_", "round_"):
    CONSUMING[getattr(aten, _name)] = _rounded(_name.rstrip("_"))
