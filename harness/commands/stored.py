"""The store that a command was given, and what it says of it when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.foundation import telling

if TYPE_CHECKING:
    from harness.store.store import Store


@contextmanager
def opened(path: Path | None) -> Iterator["Store | None"]:
    """The store at ``path``, if one is given; at the end it is told what came from there.

    Raises ValueError or NotWritten, before anything is measured, where it cannot be used.
    """
    if path is None:
        yield None
        return
    from harness.show.words import count
    from harness.store.store import Store

    with Store(path) as store:
        yield store
        found, made = store.counts["found"], store.counts["kept"]
        sweeps = store.counts["sweeps"]
        judged = f"; {count(sweeps, 'judged sweep')} found" if sweeps else ""
        telling.say(f"{path}: {found:,} measurements found, {made:,} kept{judged}")
        for reason, times in store.unkept.items():
            telling.say(f"{path}: {count(times, 'measurement')} not kept: {reason}")
