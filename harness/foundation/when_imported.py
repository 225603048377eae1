"""When each module was imported, so that one whose file was edited since then is known.

A process runs what a file said when it was imported, not what it says when somebody looks next.
"""

import sys
import time
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

BEGAN = time.time()  # before it everything was imported of which no time is known
_TIMES: dict[str, float] = {}


class _Watch:
    """Is asked first where a module is, notes when, and leaves it to others to find."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        _TIMES[name] = time.time()
        return None


sys.meta_path.insert(0, _Watch())


def is_edited(name: str, path: Path) -> bool:
    """Whether the module ``name`` was imported from ``path``, which was written to since then."""
    module = sys.modules.get(name)
    if module is None or getattr(module, "__file__", None) != str(path):
        return False
    return path.stat().st_ctime > _TIMES.get(name, BEGAN)
