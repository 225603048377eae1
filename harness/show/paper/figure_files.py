"""A picture as files: at the size in which it is printed, alike in every run."""

from collections.abc import Sequence
from pathlib import Path

from harness.foundation.validation import choice, real
from harness.foundation.whole_files import replacing
from harness.show.paper import canvas
from harness.show.paper.picture import Picture

INCH = 2.54  # cm
WIDTHS = {"column": 8.5, "text": 17.5}
"""Widths in cm of a column and of a page of two."""
LEAST, MOST = 6.0, 100.0
FORMATS = ("pdf", "svg", "png")
UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
DOTS = 300  # an inch


def width_of(told: str) -> float:
    """The width in inches that ``column``, ``text`` or a number of cm says.  Raises ValueError."""
    if told in WIDTHS:
        return WIDTHS[told] / INCH
    try:
        number = float(told)
    except ValueError:
        raise ValueError(f"width must be column, text or a number of cm, got {told!r}") from None
    return real("width in cm", number, minimum=LEAST, maximum=MOST) / INCH


def formats_of(told: str | None, out: Path) -> tuple[list[str], Path]:
    """File formats, and ``out`` without its ending: from ``told``, else from the ending, else all.

    Raises ValueError.
    """
    ending = out.suffix.removeprefix(".")
    stem = out.with_suffix("") if ending in FORMATS else out
    if told is None:
        return ([ending] if ending in FORMATS else list(FORMATS)), stem
    wanted = [each.strip() for each in told.split(",")]
    return [choice("format", each, FORMATS) for each in dict.fromkeys(wanted)], stem


def write(picture: Picture, width: float, formats: Sequence[str], stem: Path) -> list[Path]:
    """Draw ``picture``, ``width`` inches wide, to ``stem.pdf`` and so on; the folder is made."""
    figure = canvas.drawn(picture, width)
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in formats]
    with canvas.style():
        for path, ending in zip(paths, formats, strict=True):
            with replacing(path) as part:
                figure.savefig(part, dpi=DOTS, metadata=UNDATED[ending])
    return paths
