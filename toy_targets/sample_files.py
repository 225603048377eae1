"""Files of sequences, one a row: what is read from them, and what is told of those that are bad."""

from functools import lru_cache
from pathlib import Path

import numpy as np


def read(path: Path) -> np.ndarray:
    """The samples in a ``.npy``, ``.csv`` or ``.parquet`` file, one sequence a row.

    A CSV has integers only, no header; blank lines are skipped.  Of a Parquet file every column is
    a position, in the order of the file; reading one needs ``pyarrow``, which the extra ``parquet``
    installs.  Raises FileNotFoundError, or ValueError that names the file, the row and the value.
    """
    if path.suffix not in READERS:
        *others, last = READERS
        raise ValueError(
            f"samples must be in a {', '.join(others)} or {last} file, got {str(path)!r}"
        )
    try:
        known = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"no file of samples at {path}") from None
    return _read(path, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=8)  # every problem of a sweep asks for it
def _read(path: Path, changed: int, size: int) -> np.ndarray:
    samples = READERS[path.suffix](path)
    samples.setflags(write=False)
    return samples


def refuse_gap(samples: np.ndarray) -> None:
    """Raise ValueError where a token below the largest is never seen."""
    if samples.dtype.kind not in "iu" or not samples.size or samples.min() < 0:
        return  # which is told by whoever makes a law of them
    seen = np.unique(samples)
    largest = int(seen[-1])
    if len(seen) == largest + 1:
        return
    first = int(np.flatnonzero(seen != np.arange(len(seen)))[0])
    raise ValueError(
        f"token {first} never appears, though {largest} does: number the tokens from 0 without a "
        f"gap, or say tokens = {largest + 1} if some are never seen"
    )


def _npy(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        try:
            return np.lib.format.read_array(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path}: not a readable .npy array: {error}") from error


def _csv(path: Path) -> np.ndarray:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: a .csv file must be UTF-8 text: {error}") from error
    rows: list[list[int]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(",")]
        where = f"{path}, line {number}"
        _check_cells(where, cells, first=not rows)
        if rows and len(cells) != len(rows[0]):
            raise ValueError(
                f"{where}: every row must have {len(rows[0])} tokens as the first does, "
                f"got {len(cells)}"
            )
        rows.append([int(cell) for cell in cells])
    if not rows:
        raise ValueError(f"{path}: a .csv file must have at least one row, got none")
    return np.array(rows)


def _check_cells(where: str, cells: list[str], first: bool) -> None:
    """Raise ValueError unless every cell is a token; ``first``: of the first row of a file."""
    words = [cell for cell in cells if cell.lstrip("\"'")[:1].isalpha()]
    if first and len(words) == len(cells) and not all(word.lower() in MISSING for word in words):
        raise ValueError(
            f"{where}: {', '.join(map(repr, cells))} is a header, of which a file of tokens has "
            "none: remove the line"
        )
    for column, cell in enumerate(cells, start=1):
        if cell.lower() in MISSING:
            raise ValueError(
                f"{where}: the token in column {column} is missing, got {cell!r}: every sequence "
                "has all its tokens"
            )
        if not (cell.isascii() and cell.isdigit() and len(cell) < 10):
            raise ValueError(
                f"{where}: a token must be an integer from 0 to 999999999, got {cell!r}"
            )


def _parquet(path: Path) -> np.ndarray:
    import pandas as pd  # only whoever has such a file waits for it

    try:
        with path.open("rb") as file:
            table = pd.read_parquet(file, dtype_backend="numpy_nullable")
    except ImportError as error:
        told = "a .parquet file is read by pyarrow, which is not installed: leapcheck[parquet]"
        raise ValueError(f"{path}: {told}") from error
    except (ValueError, OSError) as error:  # pyarrow's errors are both of these
        raise ValueError(f"{path}: not a readable .parquet file: {error}") from error
    for name, column in table.items():
        if column.isna().any():
            row = int(np.flatnonzero(column.isna().to_numpy())[0]) + 1
            raise ValueError(
                f"{path}, row {row}: the token in column {name!r} is missing: every sequence has "
                "all its tokens"
            )
        if not pd.api.types.is_integer_dtype(column.dtype):
            raise ValueError(
                f"{path}: column {name!r} must hold integer tokens, got {column.dtype}"
            )
    return table.to_numpy(dtype=np.int64)


MISSING = ("", "na", "nan", "null", "none", "n/a", "?")
READERS = {".npy": _npy, ".csv": _csv, ".parquet": _parquet}
