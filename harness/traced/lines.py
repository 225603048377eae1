"""The line of the caller's code that is running: the nearest frame that is no library's."""

import linecache
import sys
from pathlib import Path

OURS = str(Path(__file__).parent)


def line_of_code(libraries: tuple[str, ...] = ()) -> str:
    """``file:line: code``, or nothing where no frame is the caller's.

    ``libraries`` are the folders of what the caller's code calls.
    """
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((OURS, *libraries, "<frozen", "<__array")):
            code = linecache.getline(name, frame.f_lineno).strip()
            return f"{name}:{frame.f_lineno}: {code}"
        frame = frame.f_back
    return ""


def located(error: Exception, what: str, line: str) -> Exception:
    """An ``error`` of its kind that says what was met, and where; itself if it does already."""
    if getattr(error, "located", False):
        return error
    told = type(error)(f"{error} [{what} at {line}]")
    told.located = True  # type: ignore[attr-defined]
    return told
