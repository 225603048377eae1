"""Functions and methods of numpy's arrays on noise: what moves it, what puts it in an order."""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.traced.comparisons import rounded
from harness.traced.errors import Untraceable
from harness.traced.functions import of_two
from harness.traced.noise import Noise
from harness.traced.numpy.noisy import Noisy, array_of, elements_of
from harness.traced.numpy.ufuncs import FOLLOWED
from harness.traced.uniforms import Uniforms

Function = Callable[..., Any]

# What only moves elements is done to their places instead; of the last ones several are data.
VIEWS: dict[Any, str] = {
    np.reshape: "reshape", np.ravel: "ravel", np.transpose: "transpose", np.swapaxes: "swapaxes",
    np.squeeze: "squeeze", np.take: "take", np.repeat: "repeat", np.diagonal: "diagonal",
    np.moveaxis: "", np.rollaxis: "", np.expand_dims: "", np.broadcast_to: "", np.flip: "",
    np.roll: "", np.rot90: "", np.tile: "", np.take_along_axis: "", np.split: "",
    np.array_split: "", np.delete: "", np.copy: "copy", np.compress: "", np.resize: "",
    np.atleast_1d: "", np.atleast_2d: "",
}  # fmt: skip
JOINS = (np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack)
LIKE = (np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.shape, np.ndim, np.size)


def called(uniforms: Uniforms, func: Any, args: Any, kwargs: Any) -> Any:
    """``func(*args, **kwargs)``, some of them noise."""
    if func in VIEWS and isinstance(args[0], Noisy):
        return _moved(args[0], func, args[1:], kwargs)
    if func in JOINS:
        return _joined(uniforms, func, args[0], args[1:], kwargs)
    if func in LIKE:
        first = args[0]
        plain = np.empty(first.shape, first.dtype) if isinstance(first, Noisy) else first
        return func(plain, *args[1:], **kwargs)
    if func in HANDLERS:
        return HANDLERS[func](uniforms, *args, **kwargs)
    raise Untraceable(f"np.{func.__name__} of continuous noise is not followed: {FOLLOWED}")


def method(x: Noisy, name: str) -> Function:
    """``x.name``, a method of arrays."""
    function = METHODS.get(name)
    if function is None:
        raise Untraceable(f"{name} of an array of continuous noise is not followed: {FOLLOWED}")
    return lambda *args, **kwargs: function(x, *args, **kwargs)


def as_type(x: Noisy, dtype: Any, **_: Any) -> Any:
    """``x.astype(dtype)``; whole numbers are cut towards 0."""
    dtype, noise = np.dtype(dtype), x.elements
    if dtype.kind == "f":
        return array_of(x.uniforms, noise, x.shape, dtype, settle=False)
    if dtype.kind == "b":
        return (noise.random | (noise.value != 0)).reshape(x.shape)[()]
    return rounded(x.uniforms, "trunc", noise).reshape(x.shape).astype(dtype)[()]


def _moved(x: Noisy, func: Any, args: Any, kwargs: Any) -> Any:
    found = func(x.place, *args, **kwargs)
    return [x.moved(each) for each in found] if isinstance(found, list) else x.moved(found)


def _joined(uniforms: Uniforms, func: Any, arrays: Any, args: Any, kwargs: Any) -> Any:
    """``func`` of several arrays, applied to the places of their elements in one row."""
    arrays = list(arrays)
    parts = [elements_of(each, np.shape(each)) for each in arrays]
    ends = np.cumsum([len(part) for part in parts])
    places = [
        np.arange(end - len(part), end).reshape(np.shape(each))
        for end, part, each in zip(ends, parts, arrays, strict=True)
    ]
    place = func(places, *args, **kwargs)
    noise = Noise.joined(parts).take(place.reshape(-1))
    return array_of(uniforms, noise, place.shape, _kind(arrays))


def _kind(arrays: list[Any]) -> Any:
    return np.result_type(*(each.dtype if isinstance(each, Noisy) else each for each in arrays))


def _where(uniforms: Uniforms, condition: Any, a: Any, b: Any) -> Any:
    if isinstance(condition, Noisy):
        raise Untraceable("np.where with a condition that is noise: compare it with a number")
    shape = np.broadcast_shapes(*(np.shape(each) for each in (condition, a, b)))
    chosen = np.broadcast_to(np.asarray(condition, bool), shape).reshape(-1)
    noise = elements_of(a, shape).where(chosen, elements_of(b, shape))
    return array_of(uniforms, noise, shape, _kind([a, b]))


def _along(x: Noisy, axis: int | None) -> tuple[Noise, tuple[int, ...], int]:
    """The elements with ``axis`` last, the shape of the others, and how long it is."""
    place = x.place.reshape(-1) if axis is None else np.moveaxis(x.place, axis, -1)
    return x.cell.noise.take(place.reshape(-1)), place.shape[:-1], place.shape[-1]


def _which(x: Noisy, axis: int | None, sign: int, keepdims: bool = False) -> np.ndarray:
    noise, others, width = _along(x, axis)
    found = x.uniforms.first(noise, width, sign).reshape(others)
    if not keepdims:
        return found[()]
    return found.reshape((1,) * x.ndim) if axis is None else np.expand_dims(found, axis)


def _arg(sign: int) -> Function:
    def function(_: Any, a: Noisy, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
        _no(out=out)
        return _which(a, axis, sign, bool(keepdims) if keepdims is not np._NoValue else False)

    return function


def _extreme(sign: int) -> Function:
    def function(_: Any, a: Noisy, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
        _no(out=out)
        keep = bool(keepdims) if keepdims is not np._NoValue else False
        if axis is None:
            a, axis = a.moved(a.place.reshape(-1)), 0
        if not isinstance(axis, int | np.integer):
            raise Untraceable("the largest noise along several axes is not followed: reshape first")
        index = _which(a, int(axis), sign, keepdims=True)
        place = np.take_along_axis(a.place, index, int(axis))
        return a.moved(place if keep else place.squeeze(int(axis)))

    return function


def _no(**given: Any) -> None:
    for name, value in given.items():
        if value is not None and value is not np._NoValue:
            raise Untraceable(f"{name}={value!r} of a function of noise is not followed")


def _stand_in(x: Noisy, axis: int | None) -> np.ndarray:
    """Numbers, ``axis`` last, that lie as the elements do: numpy itself orders them then."""
    noise, others, width = _along(x, axis)
    return x.uniforms.in_order(noise, width, width, -1).reshape(*others, width).astype(x.dtype)


def _argsort(_: Any, a: Noisy, axis: Any = -1, kind: Any = None, order: Any = None,
             stable: Any = None) -> np.ndarray:  # fmt: skip
    _no(order=order)
    found = np.argsort(_stand_in(a, axis), axis=-1, kind=kind, stable=stable)
    return found if axis is None else np.moveaxis(found, -1, axis)


def _argpartition(_: Any, a: Noisy, kth: Any, axis: Any = -1, **rest: Any) -> np.ndarray:
    _no(order=rest.get("order"))
    found = np.argpartition(_stand_in(a, axis), kth, axis=-1)
    return found if axis is None else np.moveaxis(found, -1, axis)


def _sort(_: Any, a: Noisy, axis: Any = -1, kind: Any = None, order: Any = None,
          stable: Any = None) -> Any:  # fmt: skip
    index = _argsort(None, a, axis, kind, order, stable)
    if axis is None:
        return a.moved(a.place.reshape(-1)[index])
    return a.moved(np.take_along_axis(a.place, index, axis))


def _partition(_: Any, a: Noisy, kth: Any, axis: Any = -1, **rest: Any) -> Any:
    _no(order=rest.get("order"))
    lying = _stand_in(a, axis)
    rank = np.partition(lying, kth, axis=-1).argsort(-1, kind="stable").argsort(-1, kind="stable")
    index = np.take_along_axis(lying.argsort(-1, kind="stable"), rank, -1)
    if axis is None:
        return a.moved(a.place.reshape(-1)[index])
    return a.moved(np.take_along_axis(a.place, np.moveaxis(index, -1, axis), axis))


def _in_place(function: Function) -> Function:
    return lambda x, *args, **kwargs: x.assign(..., function(None, x, *args, **kwargs))


def _searchsorted(_: Any, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    _no(sorter=sorter)
    return _passed(v, a, at_most=side == "left")


def _digitize(_: Any, x: Any, bins: Any, right: bool = False) -> Any:
    return _passed(x, bins, at_most=right)


def _passed(x: Any, edges: Any, at_most: bool) -> Any:
    """How many of the rising ``edges [K]`` each element is beyond."""
    if isinstance(edges, Noisy) or not (np.diff(edges) >= 0).all():
        raise Untraceable("noise is sought among edges that are noise, or that do not rise")
    shape = (*x.shape, len(edges))
    noise = elements_of(x.moved(x.place[..., None]), shape)
    below = x.uniforms.below(noise, np.broadcast_to(edges, shape).reshape(-1), at_most=at_most)
    return (~below).reshape(shape).sum(-1)


def _clip(uniforms: Uniforms, a: Any, a_min: Any = None, a_max: Any = None, out: Any = None,
          **more: Any) -> Any:  # fmt: skip
    found = a
    low = more.get("min", a_min)
    high = more.get("max", a_max)
    for name, limit in (("maximum", low), ("minimum", high)):
        if limit is not None and limit is not np._NoValue:
            shape = np.broadcast_shapes(np.shape(found), np.shape(limit))
            new = of_two(name, elements_of(found, shape), elements_of(limit, shape))
            found = array_of(uniforms, new, shape, _kind([found, limit]), settle=False)
    if out is None:
        return found
    if not isinstance(out, Noisy):
        raise Untraceable("noise is written into an array of numbers: make an array of its own")
    out.assign(..., found)
    return out


def _put_along_axis(_: Any, arr: Any, indices: Any, values: Any, axis: int) -> None:
    if not isinstance(arr, Noisy):
        raise Untraceable("noise is written into an array of numbers: make an array of its own")
    place = np.take_along_axis(arr.place, indices, axis)
    arr.cell.assign(place.reshape(-1), elements_of(values, place.shape))


def _round(uniforms: Uniforms, a: Noisy, decimals: int = 0, out: Any = None) -> Any:
    _no(out=out)
    if decimals:
        raise Untraceable("noise that is rounded to decimals is not followed")
    return rounded(uniforms, "round", a.elements).reshape(a.shape).astype(a.dtype)[()]


HANDLERS: dict[Any, Function] = {
    np.where: _where, np.argmax: _arg(1), np.argmin: _arg(-1), np.max: _extreme(1),
    np.min: _extreme(-1), np.argsort: _argsort, np.sort: _sort, np.argpartition: _argpartition,
    np.partition: _partition, np.searchsorted: _searchsorted, np.digitize: _digitize,
    np.clip: _clip, np.put_along_axis: _put_along_axis, np.round: _round,
}  # fmt: skip


def _as_method(func: Any) -> Function:
    return lambda x, *args, **kwargs: called(x.uniforms, func, (x, *args), kwargs)


def _by_name(name: str) -> Function:
    """Methods of arrays that take an axis or a shape as several arguments too."""
    return lambda x, *args, **kwargs: x.moved(getattr(x.place, name)(*args, **kwargs))


METHODS: dict[str, Function] = {name: _by_name(name) for name in VIEWS.values() if name}
METHODS |= {"flatten": _by_name("flatten"), "astype": as_type, "view": _by_name("view")}
METHODS |= {
    name: _as_method(getattr(np, name))
    for name in ("argmax", "argmin", "max", "min", "argsort", "argpartition", "clip", "round")
}
METHODS |= {"sort": _in_place(_sort), "partition": _in_place(_partition)}
METHODS["fill"] = lambda x, value: x.assign(..., value)
del METHODS["view"]
