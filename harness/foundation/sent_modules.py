"""Modules of one's own that are sent to the workers of a Dask cluster, and to its scheduler."""

import contextlib
import hashlib
import importlib
import os
import platform
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from harness.foundation.registry import noises, samplers, scores, targets, theorems

_here: dict[frozenset[str], str] = {}  # what was sent to this process last, by names


@dataclass(frozen=True)
class Packed:
    """Modules as a zip archive.  ``names``: those that stand at its top.

    ``home``: the process that has them as files.
    """

    archive: bytes
    names: frozenset[str]
    home: tuple[str, int]

    @classmethod
    def of(cls, modules: Iterable[Path]) -> "Packed":
        """Of files, and of folders with all modules in them."""
        modules, written = list(modules), BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            for path in modules:
                for each in filter(_is_code, (path, *sorted(path.rglob("*")))):
                    archive.write(each, each.relative_to(path.parent))
        names = frozenset(path.stem for path in modules)
        return cls(written.getvalue(), names, _this_process())

    def begin(self, folder: str) -> None:
        """Have this process, another one than ``home``, import them, by a file in ``folder``.

        What it imported of the same names before is forgotten, unless it was the same.
        """
        name = f"modules_{hashlib.sha256(self.archive).hexdigest()[:16]}.zip"
        if self.home == _this_process() or _here.get(self.names) == name:
            return
        path = Path(folder) / name
        path.write_bytes(self.archive)
        with contextlib.suppress(ValueError):
            sys.path.remove(str(path))
        sys.path.insert(0, str(path))
        _forget(self.names)
        _here[self.names] = name


def send(client: Any, modules: Iterable[Path]) -> None:
    """Have the scheduler and the workers, those that come later too, import files and folders."""
    from distributed import WorkerPlugin  # pyright: ignore[reportMissingImports]

    class Sent(WorkerPlugin):
        def __init__(self, packed: Packed) -> None:
            self.packed = packed

        def setup(self, worker: Any) -> None:
            self.packed.begin(worker.local_directory)

    packed = Packed.of(modules)
    client.run_on_scheduler(_begin_on_scheduler, packed)
    client.register_plugin(Sent(packed), name=f"leapcheck: {', '.join(sorted(packed.names))}")


def _begin_on_scheduler(packed: Packed, dask_scheduler: Any = None) -> None:
    packed.begin(dask_scheduler.local_directory)


def _forget(names: Iterable[str]) -> None:
    old = {name for name in sys.modules if name.partition(".")[0] in names}
    for name in old:
        del sys.modules[name]
    for registry in (noises, samplers, scores, targets, theorems):
        for name in [name for name, cls in registry.items() if cls.__module__ in old]:
            del registry[name]
    importlib.invalidate_caches()


def _is_code(path: Path) -> bool:
    """A module or a folder, without which one that has no ``__init__`` is found in no archive."""
    return path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")


def _this_process() -> tuple[str, int]:
    return platform.node(), os.getpid()
