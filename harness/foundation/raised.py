"""What somebody else's code raised when it was called: what, where, and called with what."""

import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

OURS = str(Path(__file__).parent.parent)
PYTHON = sysconfig.get_paths()["stdlib"]
LIBRARIES = ("numpy", "torch", "jax", "jaxlib", "scipy")


class CodeFailed(ValueError):
    """Code that was called raised an error of its own, which is the cause."""


@contextmanager
def calling(
    code: Callable[..., Any], given: Mapping[str, Any], passes: tuple[type, ...]
) -> Iterator:
    """Errors of ``code``, called with ``given``, as ``CodeFailed``, but for those of ``passes``."""
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, (CodeFailed, *passes)):
            raise
        raise CodeFailed(f"{call(code, given)} {what(error)}") from error


def what(error: BaseException) -> str:
    """``raised ValueError: its text, at file:line: code``, the last as ``line`` has it."""
    kind, text, place = type(error).__name__, str(error).strip(), line(error)
    return ", at ".join(filter(None, (f"raised {': '.join(filter(None, (kind, text)))}", place)))


def line(error: BaseException) -> str:
    """``file:line: code`` of the innermost frame that is no library's; nothing if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not _of_a_library(each.filename)]
    return f"{own[-1].filename}:{own[-1].lineno}: {own[-1].line}" if own else ""


def call(code: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """``name(model, steps=2, x=[5, 3] array, temperature=0.9)``."""
    whole, bound = code, dict[str, Any]()
    while isinstance(whole, partial):
        whole, bound = whole.func, {**whole.keywords, **bound}
    name = getattr(whole, "__name__", type(whole).__name__)
    return f"{name}({', '.join(_argument(*each) for each in (*given.items(), *bound.items()))})"


def _argument(name: str, value: Any) -> str:
    if isinstance(value, int | float | str | list | tuple):
        return f"{name}={value!r}"
    shape = getattr(value, "shape", None)
    return name if shape is None else f"{name}={list(shape)} {type(value).__name__}"


def _of_a_library(file: str) -> bool:
    parts = Path(file).parts
    if file.startswith((OURS, "<frozen", "<__array")):
        return True
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1] in LIBRARIES
    return file.startswith(PYTHON)
