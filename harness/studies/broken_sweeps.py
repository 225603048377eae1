"""Sweeps that ended with an error: they are told, and what the others found is kept."""

from collections.abc import Container, Mapping

from harness.studies.comparison import BELOW
from harness.studies.ledger import Row

Place = tuple[str, str, str]  # experiment, target, sampler


def told(error: Exception, place: Place) -> Exception:
    """The error with where it was met; one of a kind that we do not raise is a ValueError."""
    experiment, target, sampler = place
    where = f"experiment {experiment}, {target} with {sampler}"
    if type(error) in (ValueError, TypeError, FloatingPointError):
        return type(error)(f"{where}: {error}")
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return ValueError(f"{where}: {kind}{error}")


def raise_if_all(broken: Mapping[Place, Exception], sweeps: int) -> None:
    """Raise the first error where each of so many ``sweeps`` has ended with one."""
    if broken and len(broken) == sweeps:
        raise next(iter(broken.values()))


def is_of(row: Row, broken: Container[Place]) -> bool:
    """Whether a line is of a sweep that is ``broken``, or compares another with one."""
    experiment, target, sampler, theorem = (
        str(row.get(key, "")) for key in ("experiment", "target", "sampler", "theorem")
    )
    higher = theorem.partition(BELOW)[2]
    return any((experiment, target, name) in broken for name in (sampler, higher))
