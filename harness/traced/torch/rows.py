"""To which row of the batch a draw belongs: by the length of an axis, or by the mask that chose it.

A batch has a prime number of rows, so an axis of that length, or of a multiple of it, is that of
the batch.  Code that draws for what a boolean mask has chosen has an axis of another length: a
tensor that was chosen remembers the row of each of its entries, and so does what is made of it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils.weak import WeakTensorKeyDictionary

from harness.traced.errors import Coupled

aten: Any = torch.ops.aten
RESHAPES = {aten.view, aten._unsafe_view, aten.reshape}
CHOOSES = {aten.index, aten.masked_select, aten.nonzero, aten.index_put, aten.index_put_}


@dataclass
class RowsOfBatch:
    """Of a run with so many ``rows``."""

    rows: int
    chosen: Any = field(default_factory=WeakTensorKeyDictionary)  # tensor: row of its first axis

    def __post_init__(self) -> None:
        self.masks: list[np.ndarray] = []  # rows of what was chosen so far

    def of(self, shape: tuple[int, ...], like: Any = None) -> np.ndarray:
        """The row of every element of a draw of this ``shape``, made for the tensor ``like``.

        Raises Coupled where it belongs to none, or it is not clear to which.
        """
        size = int(np.prod(shape))
        if self.rows == 1:
            return np.zeros(size, int)
        if like is not None and like in self.chosen and len(self.chosen[like]) == shape[0]:
            return np.repeat(self.chosen[like], size // max(1, shape[0]))
        by_mask = [rows for rows in self.masks if shape and len(rows) == shape[0]]
        if size == 0:
            return np.zeros(0, int)
        axis, inner = self._axis(shape)
        found = None if axis is None else _along(shape, axis, np.arange(shape[axis]) // inner)
        candidates = [] if found is None else [found]
        candidates += [np.repeat(rows, size // shape[0]) for rows in by_mask]
        if not candidates:
            raise Coupled(f"a draw of shape {list(shape)} belongs to no row of a batch")
        if any(not np.array_equal(each, candidates[0]) for each in candidates[1:]):
            raise Coupled(f"a draw of shape {list(shape)} may belong to rows in several ways")
        return candidates[0]

    def _axis(self, shape: tuple[int, ...]) -> tuple[int | None, int]:
        """The axis of the batch, and how many of its entries belong to a row."""
        exact = [k for k, n in enumerate(shape) if n == self.rows]
        if len(exact) > 1:
            raise Coupled(f"a draw of shape {list(shape)} has several axes as long as the batch")
        if exact:
            return exact[0], 1
        flat = [k for k, n in enumerate(shape) if n and n % self.rows == 0]
        return (flat[0], shape[flat[0]] // self.rows) if flat else (None, 1)

    def note(self, op: Any, flat: list[Any], out: Any) -> None:
        """Remember what ``out``, made of the arguments ``flat``, has to do with rows."""
        if self.rows == 1 or not isinstance(out, torch.Tensor):
            return
        if not self.chosen and op not in CHOOSES:
            return
        tensors = [a for a in flat if isinstance(a, torch.Tensor) and a.ndim]
        if op in CHOOSES:
            self._chosen_by(op, tensors, out)
        if not out.ndim or out in self.chosen or not self.chosen:
            return
        for each in tensors:
            if each in self.chosen:
                rows = _reshaped(self.chosen[each], out.shape[0], op in RESHAPES)
                if rows is not None:
                    self.chosen[out] = rows
                    return

    def _chosen_by(self, op: Any, tensors: list[torch.Tensor], out: torch.Tensor) -> None:
        for mask in tensors[0 if op is aten.nonzero else 1 :]:
            if mask.dtype != torch.bool:
                continue
            first = self._first_axis(mask)
            if first is None:
                continue
            inner = int(np.prod(mask.shape[1:]))
            rows = np.repeat(first, inner)[mask.reshape(-1).numpy()]
            self.masks.append(rows)
            if op not in (aten.index_put, aten.index_put_) and out.shape[:1] == (len(rows),):
                self.chosen[out] = rows
            return

    def _first_axis(self, mask: torch.Tensor) -> np.ndarray | None:
        if mask in self.chosen:
            return self.chosen[mask]
        n = mask.shape[0]
        return np.arange(n) // (n // self.rows) if n and n % self.rows == 0 else None


def _reshaped(rows: np.ndarray, length: int, reshapes: bool) -> np.ndarray | None:
    """The rows of a first axis of this ``length``, made of one that has ``rows``."""
    if len(rows) == length:
        return rows
    if not reshapes or not length or not len(rows):
        return None
    if length % len(rows) == 0:
        return np.repeat(rows, length // len(rows))
    if len(rows) % length == 0:
        parts = rows.reshape(length, -1)
        return parts[:, 0] if (parts == parts[:, :1]).all() else None
    return None


def _along(shape: tuple[int, ...], axis: int, rows: np.ndarray) -> np.ndarray:
    column = rows.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.broadcast_to(column, shape).reshape(-1)
