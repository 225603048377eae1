"""Files that are written whole or not at all: under a name beside them, then renamed.

A full disk, a kill or a folder that cannot be written leaves the file that was there before as it
was.  What is cut off by a kill leaves at most a file whose name begins with a dot.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


class NotWritten(OSError):
    """A file or folder that could not be written; the message has its path and the reason."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what ``path`` shall be once the block ends; its folder is made.

    After an error ``path`` is as it was.  What is no regular file, as /dev/stdout, is written
    directly, and of a link the file that it leads to.  Raises NotWritten.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        with _told(path):
            yield path
        return
    with _told(path):
        whole = path.resolve()
        if whole.is_dir():
            raise IsADirectoryError("it is a folder")
        whole.parent.mkdir(parents=True, exist_ok=True)
        part = whole.with_name(f".{whole.stem}.{os.getpid()}{whole.suffix}")
        try:
            yield part
            _to_disk(part)
            if whole.exists():
                shutil.copymode(whole, part)
            part.replace(whole)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``; its folder is made.  Raises NotWritten."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write ``content``, in which no number is infinite or nan, as JSON.  Raises NotWritten."""
    told = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, told + "\n")


def write_xml(path: Path, root: ElementTree.Element) -> None:
    """Write the document of ``root``, indented.  Raises NotWritten."""
    ElementTree.indent(root)
    with replacing(path) as part:
        ElementTree.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)


def append_text(path: Path, text: str) -> None:
    """Add ``text`` to the end of ``path``, all of it or nothing.  Raises NotWritten."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_text(path, before + text)


def check_file(path: Path) -> None:
    """Raise NotWritten now, not after the work, where ``path`` could not be written.

    Nothing is left behind, and no folder made.
    """
    if path.is_dir():
        raise NotWritten(f"cannot write {path}: it is a folder")
    if not path.exists() or path.is_file():
        with _told(path):
            _try(path.resolve().parent)


def check_folder(folder: Path) -> None:
    """Raise NotWritten now where no file could be written in ``folder``, or it not be made."""
    with _told(folder):
        _try(folder.absolute())


def _try(folder: Path) -> None:
    """Write a file that is gone at once in ``folder``, or where it would be made."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    with tempfile.TemporaryFile(dir=there, prefix=".leapcheck") as trial:
        trial.write(b"0")


def _to_disk(path: Path) -> None:
    """What is still on its way to the disk arrives, or the error that it meets is raised."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """An error of the system within says which file it is about, not which name it had so long."""
    try:
        yield
    except (NotWritten, BrokenPipeError):
        raise
    except OSError as error:
        raise NotWritten(f"cannot write {path}: {error.strerror or error}") from error
