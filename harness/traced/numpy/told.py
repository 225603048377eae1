"""Arrays of numpy that note in which precision is computed with them, or that stay in float64.

The model's answers are such arrays, and so is what code makes of them by numpy's functions.  An
array that is made otherwise, by ``np.asarray`` or into one of ``np.zeros``, is noted where it
meets a draw.
"""

from typing import Any

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.outcomes import Outcomes

SHORT = (np.dtype(np.float32), np.dtype(np.float16))


class Told(np.ndarray):
    """Of the run that ``outcomes`` answers; with ``outcomes.in_float64`` nothing is shorter."""

    outcomes: Outcomes

    def __array_finalize__(self, made_of: Any) -> None:
        if isinstance(made_of, Told):
            self.outcomes = made_of.outcomes
            if self.dtype.kind == "f":
                self.outcomes.computed_in.add(str(self.dtype))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """As numpy's; a cast to fewer digits is one to float64 where nothing is to be shorter."""
        return super().astype(self._wide(dtype), *args, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(_another(each) for each in inputs):
            return NotImplemented
        if kwargs.get("dtype") is not None:
            kwargs["dtype"] = self._wide(kwargs["dtype"])
        if kwargs.get("out"):
            kwargs["out"] = tuple(_plain(each) for each in kwargs["out"])
        found = getattr(ufunc, method)(*(self._widened(_plain(each)) for each in inputs), **kwargs)
        return self._told(found)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not all(issubclass(each, np.ndarray) for each in types):
            return NotImplemented
        if kwargs.get("dtype") is not None:
            kwargs = {**kwargs, "dtype": self._wide(kwargs["dtype"])}
        return self._told(super().__array_function__(func, types, args, kwargs))

    def _wide(self, dtype: Any) -> Any:
        short = self.outcomes.in_float64 and np.dtype(dtype) in SHORT
        return np.dtype(np.float64) if short else dtype

    def _widened(self, each: Any) -> Any:
        short = isinstance(each, np.ndarray | np.generic) and each.dtype in SHORT
        return each.astype(np.float64) if short and self.outcomes.in_float64 else each

    def _told(self, found: Any) -> Any:
        if isinstance(found, tuple | list):
            return type(found)(self._told(each) for each in found)
        plain = type(found) is np.ndarray and found.dtype.kind == "f"
        return told(found, self.outcomes) if plain else found


def told(array: np.ndarray, outcomes: Outcomes) -> Told:
    """A view of ``array`` that notes its precision in ``outcomes``."""
    noted(outcomes, array)
    found = array.view(Told)
    found.outcomes = outcomes
    return found


def noted(outcomes: Outcomes, *arrays: Any) -> None:
    """See in which precision numbers are that a draw depends on.

    Raises Untraceable for short ones in a run that is to be in float64.
    """
    for each in arrays:
        dtype = getattr(each, "dtype", None)
        if dtype is None or np.dtype(dtype).kind != "f":
            continue
        if outcomes.in_float64 and dtype in SHORT:
            raise Untraceable(
                f"an array is made in {dtype} by what is no function of the model's answers "
                "(np.asarray, np.zeros, a table made before), and stays so"
            )
        outcomes.computed_in.add(str(dtype))


def _plain(each: Any) -> Any:
    return each.view(np.ndarray) if isinstance(each, Told) else each


def _another(each: Any) -> bool:
    """Whether it has its own way with numpy's functions, as noise has."""
    return hasattr(each, "__array_ufunc__") and not isinstance(each, np.ndarray | np.generic)
