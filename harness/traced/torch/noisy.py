"""A tensor of continuous noise: what code holds between drawing it and consuming it."""

from typing import Any

import numpy as np
import torch

from harness.traced.cells import Cell
from harness.traced.noise import Noise
from harness.traced.torch.wrapped import Wrapped


class Noisy(Wrapped):
    """Elements ``place`` (a tensor of the shape of this one) of a ``cell``, of a claimed dtype."""

    cell: Cell
    place: torch.Tensor

    AFTERWARDS = "{func} of noise after the run in which it was drawn has ended"
    HANDED_OUT = "noise is handed to numpy, where it is not followed: stay in PyTorch"

    @staticmethod
    def __new__(cls, cell: Cell, place: torch.Tensor, dtype: torch.dtype) -> "Noisy":
        made = cls.of_shape(place.shape, dtype)
        made.cell, made.place = cell, place
        return made

    @property
    def elements(self) -> Noise:
        """In row-major order."""
        return self.cell.noise.take(self.place.reshape(-1).numpy())


def places(first: int, end: int) -> torch.Tensor:
    """The numbers of elements."""
    return torch.from_numpy(np.arange(first, end))


def tensor_of(noise: Noise, shape: Any, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of the elements; a plain one if they are all numbers."""
    shape = tuple(shape)
    if not noise.random.any():
        return torch.from_numpy(noise.value.copy()).reshape(shape).to(dtype)
    return Noisy(Cell(noise), places(0, len(noise)).reshape(shape), dtype)


def numbers(x: Any) -> np.ndarray:
    """A plain tensor or a number as float64."""
    if isinstance(x, torch.Tensor):
        return x.detach().to(torch.float64).cpu().numpy()
    return np.asarray(x, float)


def elements_of(x: Any, shape: Any) -> Noise:
    """A tensor, noisy or not, or a number, broadcast to ``shape``."""
    if isinstance(x, Noisy):
        return x.cell.noise.take(x.place.expand(shape).reshape(-1).numpy())
    return Noise.numbers(np.broadcast_to(numbers(x), tuple(shape)))
