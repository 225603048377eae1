"""What a check found, and one line for the verdicts of a theorem on many problems."""

from typing import NamedTuple

from harness.verdicts import checks
from harness.verdicts.verdict import Status, Verdict


class Found(NamedTuple):
    """``passed`` is None where nothing could be decided; ``reason`` then says why."""

    passed: bool | None
    number: str
    reason: str = ""


KEEPS_ERROR = Found(None, "it claims an error that no step removes")


def summary(verdicts: list[Verdict]) -> Found:
    """One line for a theorem on many problems: nothing broken, something decided."""
    worst = checks.worst(verdicts)
    match worst.status:
        case Status.VIOLATED | Status.INCONSISTENT:
            return Found(False, str(worst.status), worst.reason)
        case Status.HOLDS | Status.CONSISTENT:
            return Found(True, f"{worst.status}, {worst.reason}")
        case Status.NOT_APPLICABLE:  # for the reason that its own example, the last, does not hide
            return Found(None, verdicts[-1].reason)
    return Found(None, f"{worst.status}, {worst.reason}")
