"""What a measurement goes by: all that its numbers depend on, in short.

That is the problem, what was asked of it, the sources that it rests on, the data in files that it
names, and the versions of what computes.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import scipy

from harness.foundation.registry import plain
from harness.problem.problem import Problem

LETTERS = 40  # of a digest: 160 bits


def written(problem: Problem) -> str:
    """The problem as JSON.  Raises ValueError where it has a part that cannot be written down."""
    return json.dumps(problem.spec(), default=_plain, separators=(",", ":"))


def times(problem: Problem) -> str:
    """Noise times of the grid, whatever its recipe makes of them."""
    grid = problem.grid
    return np.array([grid.steps, *grid.times, *(grid.told or ())]).tobytes().hex()


def _plain(value: Any) -> Any:
    found = plain(value)
    if found is value:
        what = getattr(value, "__qualname__", type(value).__qualname__)
        raise ValueError(f"a problem is kept by plain values, and {what} is none")
    return found


def digest(problems: Sequence[Problem], told: Iterable[str], sources: bytes) -> str:
    """Of what is computed of ``problems`` by ``sources``; ``told``: all of that as text."""
    files = {path for problem in problems for path in _files(problem.spec())}
    found = hashlib.sha256(sources)
    for each in (*told, *versions(), *map(_of_file, sorted(files))):
        found.update(each.encode() + b"\0")
    return found.hexdigest()[:LETTERS]


@cache
def versions() -> tuple[str, ...]:
    """Of what computes, and for which processor."""
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    libraries = [f"{each.__name__} {each.__version__}" for each in (jax, jax.lib, np, scipy)]
    return python, *libraries, platform.machine(), jax.default_backend()


def _files(spec: Any) -> Iterator[str]:
    """Texts in the tables of a problem that are paths of files; a name is none."""
    if isinstance(spec, dict):
        for key, each in spec.items():
            yield from _files(each) if key != "name" else ()
    elif isinstance(spec, list):
        for each in spec:
            yield from _files(each)
    elif isinstance(spec, str) and os.path.isfile(spec):
        yield spec


def _of_file(path: str) -> str:
    known = Path(path).stat()
    return _of_content(path, known.st_mtime_ns, known.st_size)


@cache
def _of_content(path: str, changed: int, size: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
