"""The line of the caller's code that is running: the nearest frame outside PyTorch and this."""

import linecache
import sys
from pathlib import Path

import torch

OURS = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))


def line_of_code() -> str:
    """``file:line: code``, or nothing where no frame is the caller's."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((*OURS, "<frozen")):
            code = linecache.getline(name, frame.f_lineno).strip()
            return f"{name}:{frame.f_lineno}: {code}"
        frame = frame.f_back
    return ""
