"""The line of the caller's code that an equation comes from."""

import linecache
from pathlib import Path
from typing import Any

import jax

OURS = (str(Path(jax.__file__).parent), str(Path(__file__).parents[1]))


def line_of(eqn: Any) -> str:
    """``file:line: code``, or nothing where no frame is the caller's."""
    traceback = getattr(getattr(eqn, "source_info", None), "traceback", None)
    for frame in traceback.frames if traceback is not None else ():
        if not frame.file_name.startswith((*OURS, "<")):
            code = linecache.getline(frame.file_name, frame.line_num).strip()
            return f"{frame.file_name}:{frame.line_num}: {code}"
    return ""
