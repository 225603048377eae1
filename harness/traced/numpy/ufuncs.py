"""The universal functions of numpy on noise."""

from typing import Any

import numpy as np
from scipy import special

from harness.traced.comparisons import compared, rounded, wrapped
from harness.traced.errors import Untraceable
from harness.traced.functions import ONE, of_two
from harness.traced.numpy.noisy import Noisy, array_of, elements_of
from harness.traced.numpy.told import noted
from harness.traced.uniforms import Uniforms

OF_ONE: dict[Any, str] = {
    np.log: "log", np.log2: "log2", np.log10: "log10", np.log1p: "log1p", np.exp: "exp",
    np.exp2: "exp2", np.expm1: "expm1", np.negative: "neg", np.sqrt: "sqrt", np.square: "square",
    np.reciprocal: "reciprocal", np.absolute: "abs", np.fabs: "abs", special.expit: "sigmoid",
    special.logit: "logit",
}  # fmt: skip
OF_TWO: dict[Any, str] = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "div", np.power: "pow",
    np.float_power: "pow", np.maximum: "maximum", np.minimum: "minimum",
}  # fmt: skip
COMPARES: dict[Any, str] = {
    np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge", np.equal: "eq",
    np.not_equal: "ne",
}  # fmt: skip
ROUNDS: dict[Any, str] = {np.floor: "floor", np.ceil: "ceil", np.trunc: "trunc", np.rint: "round"}
LOOKS: dict[Any, bool] = {np.isnan: False, np.isinf: False, np.isfinite: True}  # answer for noise
FOLLOWED = (
    "noise may go through monotone elementwise functions with numbers, and must end in a "
    "comparison, an argmax or a sort"
)


def applied(uniforms: Uniforms, ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
    """``ufunc`` of ``inputs``, some of them noise, or written into some that are."""
    plain = [_settled(each) for each in inputs]
    out = kwargs.get("out", (None,))[0]
    if not any(isinstance(each, Noisy) for each in plain):
        found = getattr(ufunc, method)(*plain, **{k: v for k, v in kwargs.items() if k != "out"})
        return found if out is None else _written(found, out)
    if method != "__call__":
        raise Untraceable(f"np.{ufunc.__name__}.{method} of noise is not followed: {FOLLOWED}")
    if kwargs.keys() - {"out", "dtype", "casting"}:
        more = ", ".join(sorted(kwargs.keys() - {"out"}))
        raise Untraceable(f"np.{ufunc.__name__} of noise with {more}: use np.where")
    found = _found(uniforms, ufunc, plain, kwargs.get("dtype"))
    return found if out is None else _written(found, out)


def _found(uniforms: Uniforms, ufunc: Any, inputs: list[Any], dtype: Any) -> Any:
    shape = np.broadcast_shapes(*(np.shape(each) for each in inputs))
    noted(uniforms.outcomes, *(each for each in inputs if isinstance(each, np.ndarray)))
    if ufunc in COMPARES or ufunc in LOOKS:
        noise = [elements_of(each, shape) for each in inputs]
        if ufunc in LOOKS:
            told = np.where(noise[0].random, LOOKS[ufunc], ufunc(noise[0].value))
        else:
            told = compared(uniforms, COMPARES[ufunc], *noise)
        return told.reshape(shape)[()]
    kinds = [each.dtype if isinstance(each, Noisy) else each for each in inputs]
    dtype = dtype or np.result_type(*kinds)
    left = elements_of(inputs[0], shape)
    if ufunc is np.positive:
        new = left
    elif ufunc in ROUNDS:
        return rounded(uniforms, ROUNDS[ufunc], left).reshape(shape).astype(dtype)[()]
    elif ufunc in OF_ONE:
        new = ONE[OF_ONE[ufunc]](left)
    elif ufunc in OF_TWO:
        new = of_two(OF_TWO[ufunc], left, elements_of(inputs[1], shape))
    elif ufunc is np.remainder and not isinstance(inputs[1], Noisy):
        new = wrapped(uniforms, left, elements_of(inputs[1], shape).value)
    elif ufunc is np.floor_divide:
        new = of_two("div", left, elements_of(inputs[1], shape))
        return rounded(uniforms, "floor", new).reshape(shape).astype(dtype)[()]
    else:
        raise Untraceable(f"np.{ufunc.__name__} of continuous noise is not followed: {FOLLOWED}")
    return array_of(uniforms, new, shape, dtype)


def _settled(each: Any) -> Any:
    """An array that is noisy by its kind and has only numbers in it, as a plain one."""
    if isinstance(each, Noisy) and not each.elements.random.any():
        return np.asarray(each)
    return each


def _written(found: Any, out: Any) -> Any:
    if isinstance(out, Noisy):
        out.assign(..., found)
    elif isinstance(found, Noisy):
        raise Untraceable("noise is written into an array of numbers: make an array of its own")
    else:
        out[...] = found
    return out
