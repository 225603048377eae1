"""What a line looks like belongs to a name: the same in every figure, told apart without colour.

Known names take the style of their place in ``names``; others one by their letters, and where two
of a figure would look alike the later one takes the next that is free.  No two samplers of a
figure share marker and filling, no two theorems dash and marker.  Colours are those of Okabe and
Ito, which the colour-blind can tell apart; yellow, which is lost on white, is left out.
"""

import zlib
from collections.abc import Mapping, Sequence, Set
from itertools import product
from typing import Any

from harness.show.paper.names import SAMPLERS, THEOREMS, known_sampler

Style = dict[str, Any]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
MARKS: list[tuple[Any, bool]] = [
    *((marker, full) for full, marker in product((True, False), "os^DvPX*<>hp")),
    *((marker, full) for full, marker in product((True, False), ("d", (4, 1), (6, 1), (3, 1)))),
]
"""Markers of samplers, filled and hollow."""
DASHES = (
    *((0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 2))),
    "-",
)
THIN = [
    (dash, marker) for marker, dash in product(("", "x", "+", "1", "2", "|", "3", "4", "_"), DASHES)
]
"""Dashes and markers of theorems."""
DASHED: Mapping[str, Any] = {
    "kl": "-",
    "chain_kl": (0, (4, 1.5)),
    "path_kl": (0, (4, 1, 1, 1)),
    "factorisation_kl": (0, (1, 1)),
    "marginal_kl": (0, (2, 2)),
    "reverse_kl": (0, (7, 1.5)),
    "start_kl": (0, (7, 1, 1, 1, 1, 1)),
    "tv": "-",
    "data_tv": (0, (4, 1.5)),
    "stopping_tv": (0, (1, 1)),
    "off_support": "-",
    "lost_mass": (0, (4, 1.5)),
    "clipped": (0, (1, 1)),
}


def dash_of(quantity: str) -> Any:
    """The dash of a quantity that shares its panel with others."""
    return DASHED.get(quantity, (0, (3, 1, 1, 1, 1, 1)))


def of_samplers(labels: Sequence[str]) -> dict[str, Style]:
    """``{label: style}`` for the samplers of one figure.

    Raises ValueError where there are more than can be told apart.
    """
    places = _places(labels, list(SAMPLERS), known_sampler, len(MARKS), "samplers")
    colours = _colours({known_sampler(label) for label in places})
    return {
        label: _sampler(colours[known_sampler(label)], place) for label, place in places.items()
    }


def _colours(names: Set[str]) -> dict[str, str]:
    """A colour for each sampler of a figure, with its variants; no two alike while there are more.

    Known ones take that of their place first.
    """
    known, count = list(SAMPLERS), len(COLOURS)
    ours = sorted(names & SAMPLERS.keys(), key=known.index)
    taken: dict[str, str] = {}
    for name in [*ours, *sorted(names - SAMPLERS.keys())]:
        start = known.index(name) if name in SAMPLERS else zlib.crc32(name.encode())
        wanted = [COLOURS[(start + k) % count] for k in range(count)]
        taken[name] = next((each for each in wanted if each not in taken.values()), wanted[0])
    return taken


def of_theorems(names: Sequence[str]) -> dict[str, Style]:
    """``{name: style}`` for the theorems of one figure.  Raises ValueError, as above."""
    places = _places(names, list(THEOREMS), str, len(THIN), "theorems")
    return {name: _theorem(place) for name, place in places.items()}


def _places(
    labels: Sequence[str], known: Sequence[str], name_of: Any, most: int, kind: str
) -> dict[str, int]:
    """A place of its own for each label: that in the table, or one by its letters."""
    wanted = list(dict.fromkeys(labels))
    if len(wanted) > most:
        raise ValueError(f"a figure can tell {most} {kind} apart, got {len(wanted)}; choose fewer")
    ours = [label for label in wanted if _same(label, name_of(label)) and name_of(label) in known]
    taken: dict[str, int] = {}
    for label in [*ours, *sorted(set(wanted) - set(ours))]:
        start = known.index(name_of(label)) if label in ours else zlib.crc32(label.encode())
        free = ((start + k) % most for k in range(most))
        taken[label] = next(place for place in free if place not in taken.values())
    return {label: taken[label] for label in wanted}


def _same(label: str, name: str) -> bool:
    return len(label) == len(name)  # a longer label names a variant


def _sampler(colour: str, place: int) -> Style:
    marker, full = MARKS[place]
    return {"color": colour, "marker": marker, "mfc": colour if full else "white"}


def _theorem(place: int) -> Style:
    dash, marker = THIN[place]
    return {"color": COLOURS[(place + 1) % len(COLOURS)], "ls": dash, "marker": marker}
