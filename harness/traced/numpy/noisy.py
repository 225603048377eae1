"""An array of continuous noise: what numpy code holds between drawing it and consuming it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from harness.traced.cells import Cell
from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.lines import line_of_code, located
from harness.traced.noise import Noise
from harness.traced.uniforms import Uniforms

READ = (
    "the value of continuous noise is read as a number, or put into an array of numbers: compare "
    "arrays instead, and keep noise in arrays of its own (np.where, np.stack)"
)


LIBRARY = str(Path(np.__file__).parent)


def told(what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``; what it raises names ``what`` and the caller's line."""
    try:
        return function(*args, **kwargs)
    except (Untraceable, Coupled, TooManyWorlds) as error:
        raise located(error, what, line_of_code((LIBRARY,))) from None


class Noisy(NDArrayOperatorsMixin):
    """Elements ``place`` (an integer array of this one's shape) of a ``cell``, of a claimed dtype.

    What is done to ``place`` has the strides that it would have for the real array, so a view of it
    is a view and a copy a copy.
    """

    def __init__(self, uniforms: Uniforms, cell: Cell, place: np.ndarray, dtype: Any) -> None:
        self.uniforms, self.cell, self.dtype = uniforms, cell, np.dtype(dtype)
        self.place = np.asarray(place)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.place.shape

    @property
    def ndim(self) -> int:
        return self.place.ndim

    @property
    def size(self) -> int:
        return self.place.size

    @property
    def T(self) -> "Noisy":
        return self.moved(self.place.T)

    @property
    def elements(self) -> Noise:
        """In row-major order."""
        return self.cell.noise.take(self.place.reshape(-1))

    def moved(self, place: Any) -> "Noisy":
        """The elements at ``place``, made of this one's: a view where that is one."""
        place = np.asarray(place)
        if np.may_share_memory(place, self.place):
            return Noisy(self.uniforms, self.cell, place, self.dtype)
        cell = Cell(self.cell.noise.take(place.reshape(-1)))
        return Noisy(self.uniforms, cell, np.arange(place.size).reshape(place.shape), self.dtype)

    def assign(self, index: Any, value: Any) -> None:
        """What is at ``index`` becomes ``value``, here and in all views."""
        place = self.place[index]
        self.cell.assign(np.reshape(place, -1), elements_of(value, np.shape(place)))

    def __getitem__(self, index: Any) -> "Noisy":
        return self.moved(self.place[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.assign(index, value)

    def __len__(self) -> int:
        return len(self.place)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"Noisy({self.shape}, {self.dtype})"

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        noise = self.elements
        if noise.random.any():
            raise located(Untraceable(READ), "an array of noise", line_of_code((LIBRARY,)))
        return noise.value.reshape(self.shape).astype(dtype or self.dtype)

    def _read(self, *_: Any) -> Any:
        noise = self.elements
        if noise.random.any() or len(noise) != 1:
            raise located(Untraceable(READ), "a number of noise", line_of_code((LIBRARY,)))
        return noise.value[0]

    def __bool__(self) -> bool:
        return bool(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __int__(self) -> int:
        from harness.traced.numpy.array_functions import as_type

        return int(as_type(self, np.int64))

    def item(self) -> float:
        return float(self._read())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from harness.traced.numpy.ufuncs import applied

        name = f"np.{ufunc.__name__}"
        return told(name, applied, self.uniforms, ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from harness.traced.numpy.array_functions import called

        return told(f"np.{func.__name__}", called, self.uniforms, func, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        from harness.traced.numpy.array_functions import method

        function = told(name, method, self, name)
        return lambda *args, **kwargs: told(name, function, *args, **kwargs)


def array_of(
    uniforms: Uniforms, noise: Noise, shape: Any, dtype: Any, settle: bool = True
) -> "Noisy | np.ndarray":
    """An array of the elements; a plain one if they are all numbers and it is to be settled."""
    if settle and not noise.random.any():
        return noise.value.reshape(shape).astype(dtype)
    place = np.arange(len(noise)).reshape(shape)
    return Noisy(uniforms, Cell(noise), place, dtype)


def elements_of(x: Any, shape: Any) -> Noise:
    """An array, noisy or not, or a number, broadcast to ``shape``."""
    if isinstance(x, Noisy):
        return x.cell.noise.take(np.broadcast_to(x.place, shape).reshape(-1))
    return Noise.numbers(np.broadcast_to(np.asarray(x, float), shape))
