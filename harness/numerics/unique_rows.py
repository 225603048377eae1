"""Which rows of a table are the same, without putting them in order."""

import numpy as np


def unique_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(first [m], which [n])`` of ``table [n, k]``: a row of each kind, and the kind of each row.

    Rows are the same if their bits are.  One number stands for a row, a random sum of its bits; so
    the kinds are in no order that means anything.
    """
    rows = np.ascontiguousarray(table)
    bits = rows.view(np.uint64) if rows.dtype.itemsize == 8 else rows.astype(np.int64).view("u8")
    weights = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) * 2 + 1
    mixed = bits ^ (bits >> np.uint64(29))  # so that high bits count too
    _, first, which = np.unique(
        (mixed * weights).sum(1, dtype=np.uint64), return_index=True, return_inverse=True
    )
    if not np.array_equal(bits[first][which], bits):  # two rows have one number
        _, first, which = np.unique(bits, axis=0, return_index=True, return_inverse=True)
    return first, which.reshape(-1)
