"""To which row of the batch a draw belongs, told by its shape alone.

A batch has a prime number of rows, more than there are tokens or positions: an axis of that length,
or of a multiple of it, is that of the batch.
"""

import numpy as np

from harness.traced.errors import Coupled


def rows_of(shape: tuple[int, ...], rows: int) -> np.ndarray:
    """The row of every element of a draw of this ``shape``, in row-major order.

    Raises Coupled where it belongs to none, or it is not clear to which.
    """
    size = int(np.prod(shape))
    if rows == 1 or size == 0:
        return np.zeros(size, int)
    exact = [k for k, n in enumerate(shape) if n == rows]
    if len(exact) > 1:
        raise Coupled(f"a draw of shape {list(shape)} has several axes as long as the batch")
    axes = exact or [k for k, n in enumerate(shape) if n % rows == 0]
    if not axes:
        raise Coupled(f"a draw of shape {list(shape)} belongs to no row of a batch")
    axis = axes[0]
    row = np.arange(shape[axis]) // (shape[axis] // rows)
    column = row.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.broadcast_to(column, shape).reshape(-1)
