"""What JAX code may do to noise: move it about, take it through monotone functions, consume it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from harness.traced.comparisons import compared, rounded, wrapped
from harness.traced.errors import Untraceable
from harness.traced.functions import ONE, of_two, to_the
from harness.traced.jax.held import Bits, Keys, Noisy, array_of, elements_of
from harness.traced.noise import Noise

Handler = Callable[..., Any]  # the run, the equation, its arguments

# What only moves elements, with the arguments that are data: done to places instead.
MOVING: dict[str, slice] = {
    "broadcast_in_dim": slice(0, 1), "reshape": slice(0, 1), "transpose": slice(0, 1),
    "squeeze": slice(0, 1), "expand_dims": slice(0, 1), "slice": slice(0, 1), "rev": slice(0, 1),
    "dynamic_slice": slice(0, 1), "gather": slice(0, 1), "concatenate": slice(None),
    "select_n": slice(1, None), "dynamic_update_slice": slice(0, 2), "copy": slice(0, 1),
    "copy_p": slice(0, 1), "pad": slice(0, 2), "split": slice(0, 1), "tile": slice(0, 1),
}  # fmt: skip


def moved(eqn: Any, args: Any) -> list[Any]:
    """The results of an equation that moves elements."""
    data = MOVING[eqn.primitive.name]
    kinds = {type(each) for each in args[data] if isinstance(each, Noisy | Bits | Keys)}
    if len(kinds) > 1 or (Bits in kinds and len(args[data]) > 1):
        raise Untraceable("random bits or keys are mixed with other arrays")
    parts, places, length = [], [], 0
    for each in args[data]:
        shape = tuple(np.shape(each)) if not isinstance(each, Noisy | Bits | Keys) else each.shape
        size = int(np.prod(shape))
        places.append(jnp.asarray(np.arange(length, length + size).reshape(shape)))
        parts.append(each)
        length += size
    given = list(args)
    given[data] = places
    found = eqn.primitive.bind(*given, **eqn.params)
    many = eqn.primitive.multiple_results
    dtype = eqn.outvars[0].aval.dtype
    return [_at(parts, np.asarray(each), dtype) for each in (found if many else [found])]


def _at(parts: list[Any], place: np.ndarray, dtype: Any) -> Any:
    """What stands at ``place`` among all the elements of ``parts``."""
    if place.size and place.min() < 0:
        raise Untraceable("noise is taken from beyond the end of an array")
    if isinstance(parts[0], Bits):
        return parts[0].taken(place)
    if any(isinstance(each, Keys) for each in parts):
        if not all(isinstance(each, Keys) for each in parts):
            raise Untraceable("keys are mixed with keys that the code was not handed")
        return Keys(np.concatenate([each.ids.reshape(-1) for each in parts])[place])
    shapes = [each.shape if isinstance(each, Noisy) else np.shape(each) for each in parts]
    whole = Noise.joined([elements_of(x, shape) for x, shape in zip(parts, shapes, strict=True)])
    return array_of(whole.take(place.reshape(-1)), place.shape, dtype)


def _one(name: str) -> Handler:
    def handler(run: Any, eqn: Any, x: Noisy, *_: Any) -> Any:
        return array_of(ONE[name](x.noise), x.shape, eqn.outvars[0].aval.dtype)

    return handler


def _two(name: str) -> Handler:
    def handler(run: Any, eqn: Any, a: Any, b: Any) -> Any:
        out = eqn.outvars[0].aval
        new = of_two(name, elements_of(a, out.shape), elements_of(b, out.shape))
        return array_of(new, out.shape, out.dtype)

    return handler


def _compare(name: str) -> Handler:
    def handler(run: Any, eqn: Any, a: Any, b: Any) -> Any:
        shape = eqn.outvars[0].aval.shape
        told = compared(run.uniforms, name, elements_of(a, shape), elements_of(b, shape))
        return jnp.asarray(told.reshape(shape))

    return handler


def _round(name: str) -> Handler:
    def handler(run: Any, eqn: Any, x: Noisy) -> Any:
        return jnp.asarray(rounded(run.uniforms, name, x.noise).reshape(x.shape), x.dtype)

    return handler


def _same(run: Any, eqn: Any, x: Noisy, *_: Any) -> Any:
    return x


def _power(run: Any, eqn: Any, x: Noisy) -> Any:
    return array_of(to_the(x.noise, float(eqn.params["y"])), x.shape, x.dtype)


def _remainder(run: Any, eqn: Any, x: Any, period: Any) -> Any:
    if not isinstance(x, Noisy) or isinstance(period, Noisy):
        raise Untraceable("a number modulo noise is not followed")
    if (x.noise.ends()[0] < 0).any():
        raise Untraceable("the remainder of noise that may be negative: add to it before")
    limits = elements_of(period, x.shape).value
    return array_of(wrapped(run.uniforms, x.noise, limits), x.shape, x.dtype)


def _clamp(run: Any, eqn: Any, low: Any, x: Any, high: Any) -> Any:
    shape = eqn.outvars[0].aval.shape
    new = of_two("maximum", elements_of(x, shape), elements_of(low, shape))
    return array_of(of_two("minimum", new, elements_of(high, shape)), shape, x.dtype)


def _convert(run: Any, eqn: Any, x: Noisy) -> Any:
    dtype = np.dtype(eqn.params["new_dtype"])
    if jnp.issubdtype(dtype, jnp.floating):
        return Noisy(x.noise, x.shape, dtype)
    if dtype.kind == "b":
        return jnp.asarray((x.noise.random | (x.noise.value != 0)).reshape(x.shape))
    return jnp.asarray(rounded(run.uniforms, "trunc", x.noise).reshape(x.shape), dtype)


def _is_finite(run: Any, eqn: Any, x: Noisy) -> Any:
    return jnp.asarray((x.noise.random | np.isfinite(x.noise.value)).reshape(x.shape))


def _along(x: Noisy | Bits, axis: int) -> tuple[Noise, tuple[int, ...], int]:
    """The elements with ``axis`` last, the shape of the others, and how long it is."""
    place = np.moveaxis(np.arange(len(x.noise)).reshape(x.shape), axis, -1)
    return x.noise.take(place.reshape(-1)), place.shape[:-1], place.shape[-1]


def _which(run: Any, x: Noisy, axes: Any, sign: int) -> np.ndarray:
    if len(axes) != 1:
        raise Untraceable("the largest noise along several axes is not followed: reshape first")
    noise, others, width = _along(x, int(axes[0]))
    return run.uniforms.first(noise, width, sign).reshape(others)


def _arg(sign: int) -> Handler:
    def handler(run: Any, eqn: Any, x: Noisy) -> Any:
        return jnp.asarray(_which(run, x, eqn.params["axes"], sign), eqn.params["index_dtype"])

    return handler


def _extreme(sign: int) -> Handler:
    def handler(run: Any, eqn: Any, x: Noisy) -> Any:
        axes = eqn.params["axes"]
        index = np.expand_dims(_which(run, x, axes, sign), int(axes[0]))
        place = np.arange(len(x.noise)).reshape(x.shape)
        return x.taken(np.take_along_axis(place, index, int(axes[0])).squeeze(int(axes[0])))

    return handler


def _stand_in(run: Any, x: Noisy | Bits, axis: int, count: int, sign: int) -> np.ndarray:
    """Numbers that lie as the elements along ``axis`` do, as far as the first ``count`` go."""
    noise, others, width = _along(x, axis)
    lying = run.uniforms.in_order(noise, width, count, sign).reshape(*others, width)
    return np.moveaxis(lying, -1, axis)


def _top_k(run: Any, eqn: Any, x: Noisy) -> Any:
    axis, k = eqn.params.get("axis", -1) % len(x.shape), eqn.params["k"]
    lying = jnp.asarray(_stand_in(run, x, axis, k, 1))
    _, index = eqn.primitive.bind(lying, **eqn.params)
    place = np.arange(len(x.noise)).reshape(x.shape)
    return [x.taken(np.take_along_axis(place, np.asarray(index), axis)), index]


def sort(run: Any, eqn: Any, *args: Any) -> list[Any]:
    """JAX itself orders numbers that lie as the noise does: it knows what it does to equal ones."""
    axis = eqn.params["dimension"]
    if eqn.params["num_keys"] != 1:
        raise Untraceable("a sort by several arrays, some of them noise, is not followed")
    first = args[0]
    if isinstance(first, Noisy | Bits):
        by = jnp.asarray(_stand_in(run, first, axis, first.shape[axis], -1))
    else:
        by = first
    shape = np.shape(by)
    place = jnp.asarray(np.arange(int(np.prod(shape))).reshape(shape))
    _, order = eqn.primitive.bind(by, place, **eqn.params)
    order = np.asarray(order)
    return [
        each.taken(order)
        if isinstance(each, Noisy | Bits | Keys)
        else jnp.asarray(np.asarray(each).reshape(-1)[order])
        for each in args
    ]


ON_NOISE: dict[str, Handler] = {
    {"abs": "abs", "neg": "neg", "sigmoid": "logistic"}.get(name, name): _one(name)
    for name in ONE
    if name not in ("log2", "log10", "reciprocal")
}
ON_NOISE |= {name: _two(name) for name in ("add", "sub", "mul", "div", "pow")}
ON_NOISE |= {"max": _two("maximum"), "min": _two("minimum"), "add_any": _two("add")}
ON_NOISE |= {name: _compare(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")}
ON_NOISE |= {"lt_to": _compare("lt"), "le_to": _compare("le")}
ON_NOISE |= {name: _round(name) for name in ("floor", "ceil", "round")}
ON_NOISE |= {
    "integer_pow": _power, "rem": _remainder, "clamp": _clamp, "convert_element_type": _convert,
    "is_finite": _is_finite, "reduce_precision": _same, "argmax": _arg(1), "argmin": _arg(-1),
    "reduce_max": _extreme(1), "reduce_min": _extreme(-1), "top_k": _top_k,
}  # fmt: skip


def on_bits(run: Any, eqn: Any, args: Any) -> Any:
    """Random bits on their way to uniform floats: shifted, given an exponent, read as a float."""
    name, x, out = eqn.primitive.name, args[0], eqn.outvars[0].aval
    if isinstance(x, Bits):
        match name:
            case "shift_right_logical" if not x.shifted:
                return replace(x, shifted=_number(args[1]))
            case "or" if x.shifted and not x.one and _number(args[1]) == _one_before(x):
                return replace(x, one=True)
            case "bitcast_convert_type" if x.one and out.dtype == FLOATS[x.width]:
                return replace(x, dtype=out.dtype)
            case "sub" if x.one and out.dtype == x.dtype == FLOATS[x.width] and _is_1(args[1]):
                return array_of(x.noise, out.shape, out.dtype)
    raise Untraceable(
        f"{name} of random bits is not followed: draw by uniform, bernoulli, gumbel, exponential, "
        "categorical, choice, permutation, randint or poisson of jax.random"
    )


FLOATS = {16: np.dtype(np.float16), 32: np.dtype(np.float32), 64: np.dtype(np.float64)}


def _one_before(x: Bits) -> int:
    """The digits of 1.0, if those of ``x`` are shifted to be the ones behind the point; else -2."""
    kind = FLOATS.get(x.width)
    if kind is None or x.width - x.shifted != np.finfo(kind).nmant:
        return -2
    return int(np.ones((), kind).view(f"u{x.width // 8}"))


def _is_1(x: Any) -> bool:
    return bool((np.asarray(x) == 1).all())


def _number(x: Any) -> int:
    values = np.unique(np.asarray(x))
    return int(values[0]) if len(values) == 1 else -1
