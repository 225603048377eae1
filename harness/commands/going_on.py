"""What is kept of a run that is cut off, and what can be done after one that differs."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING

from harness.foundation import telling
from harness.foundation.whole_files import NotWritten, check_folder
from harness.foundation.workers import Gone

if TYPE_CHECKING:
    from harness.studies.partial import Partial
    from harness.studies.runner import Outcome


@dataclass(frozen=True)
class Going:
    """A run since ``began``, seconds since the epoch, with the folder of its finished sweeps."""

    partial: "Partial | None"
    began: float

    @classmethod
    def to(cls, folder: Path | None, resume: bool) -> "Going":
        """Keep finished sweeps in ``folder``, of the user's cache by default.

        Raises NotWritten where the folder was asked for and cannot be written, and ValueError where
        rounding errors are made on purpose, which is no run to go on from.
        """
        from harness.foundation import perturbation
        from harness.studies.partial import Partial, in_users_cache

        if os.environ.get(perturbation.VARIABLE):
            if folder or resume:
                raise ValueError(f"no --partial or --resume where {perturbation.VARIABLE} is set")
            return cls(None, time.time())
        partial = Partial(folder or in_users_cache(), resume)
        try:
            check_folder(partial.folder)
        except NotWritten as error:
            if folder or resume:
                raise
            telling.say(f"finished sweeps are not kept: {error}")
            return cls(None, time.time())
        partial.forget_old()
        return cls(partial, time.time())

    def told(self) -> str:
        """How many finished sweeps this run has kept, and where."""
        from harness.show.words import count

        kept = self.partial.since(self.began) if self.partial else 0
        if self.partial is None or not kept:
            return "no finished sweep is kept"
        are = "is" if kept == 1 else "are"
        return f"{count(kept, 'finished sweep')} {are} kept in {self.partial.folder}, for --resume"


@contextmanager
def kept_by(going: Going) -> Iterator[None]:
    """What cuts the run off within says what is kept of it."""
    try:
        yield
    except NotWritten as error:
        raise NotWritten(f"{error}; {going.told()}") from error
    except Gone as error:
        raise Gone(f"{error}; {going.told()}") from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(going.told()) from None


def hint(
    specs: Sequence[Path] | None, results: Path | None, update_ledger: bool, outcome: "Outcome"
) -> str:
    """What can be done after a run with differences; its finished sweeps are kept for it."""
    if update_ledger:
        return "next: mend what is told above; --resume runs no finished sweep again"
    given = [*map(str, specs or ()), *(("--results", str(results)) if results else ())]
    again = join(["leapcheck", "check", *given, "--update-ledger"])
    resumed = " --resume; nothing is run again for it" if outcome.kept else ""
    return f"next: mend what differs, or accept what was found by: {again}{resumed}"
