"""``leapcheck store``: what is kept of measurements, and how it is kept in order."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.printing import print_lines
from harness.commands.stored import BESIDE, beside_results

if TYPE_CHECKING:
    from harness.store.store import Store

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}

store = typer.Typer(no_args_is_help=True, help="Show, prune, verify and export kept measurements.")
File = Annotated[
    Path | None,
    typer.Argument(help="the store", metavar="FILE", show_default=BESIDE),
]


def _opened(path: Path | None) -> "Store":
    from harness.store.store import Store

    return Store(path or beside_results(), make=False)


@store.command()
def show(file: File = None) -> None:
    """Say how much is kept in a store, of which samplers, and how old it is."""
    import time

    from harness.show.words import count
    from harness.store.store import DAY
    from harness.store.upkeep import summary

    with _opened(file) as opened:
        found, path = summary(opened), opened.path
    what = f"{count(found.measurements, 'measurement')}, {_size(found.bytes)}"
    lines = [f"{path}: {what}, {found.seconds:,.0f} s of measuring"]
    if found.sweeps:
        lines.append(f"  {count(found.sweeps, 'sweep')} judged, {found.judging:,.0f} s of judging")
    if found.measurements:
        now = time.time()
        first, last = (int((now - each) / DAY) for each in (found.oldest, found.newest))
        lines.append(f"  made {count(first, 'day')} to {count(last, 'day')} ago")
    if found.leased:
        lines.append(f"  {count(found.leased, 'problem')} being measured now")
    print_lines([*lines, *(f"  {name}: {number}" for name, number in found.samplers.items())])


@store.command()
def prune(
    file: File = None,
    days: Annotated[
        float | None, typer.Option(min=0, help="take out what was not used for so many days")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="then the least used until the rest has this size: 500M, 2G, ..."),
    ] = None,
) -> None:
    """Take measurements and judged sweeps out of a store, by age or size; make its file smaller."""
    from harness.show.words import count
    from harness.store.upkeep import prune as pruned

    if days is None and size is None:
        raise ValueError("prune needs --days, --size or both")
    most = None if size is None else _bytes(size)
    with _opened(file) as opened:
        gone, path = pruned(opened, days=days, bytes_=most), opened.path
    told = f"{count(gone.measurements, 'measurement')} and {count(gone.sweeps, 'judged sweep')}"
    print_lines([f"took {told} out of {path}"])


@store.command()
def verify(
    file: File = None,
    sample: Annotated[int, typer.Option(min=1, help="how many are computed again")] = 20,
    seed: Annotated[int, typer.Option(help="which of them")] = 0,
) -> None:
    """Compute a random sample of a store again and compare, as with the ledger.

    What the present code would not take from the store is left out.  Exit code 1 where a number
    differs by more than 1e-8 of it and rounding.
    """
    from harness.foundation import telling
    from harness.show.words import count
    from harness.store.upkeep import kept
    from harness.studies.computed_again import differences

    lines, tried, other = [], 0, 0
    with _opened(file) as opened:
        for each in kept(opened, sample, seed):
            telling.tell(f"computing a sample of {opened.path} again, {tried} of {sample}")
            problem = each.problem
            if problem is None or opened.wanted(problem, each.asked).digest != each.digest:
                other += 1
                continue
            tried += 1
            found = differences(problem, each.asked, each.measurement)
            lines += [f"{each.digest}: {line}" for line in found]
    print_lines(lines)
    left = f", {other} were made by other code or versions" if other else ""
    told = count(len(lines), "difference") if lines else "all agree"
    print_lines([f"{count(tried, 'measurement')} computed again: {told}{left}"])
    if lines:
        raise typer.Exit(1)


@store.command()
def export(
    file: File = None,
    out: Annotated[Path, typer.Option(help="the Parquet file")] = Path("measurements.parquet"),
) -> None:
    """Write all that a store has as a Parquet file, a row a measurement; needs pyarrow."""
    from harness.foundation import whole_files
    from harness.show.words import count
    from harness.store.upkeep import export as exported

    whole_files.check_file(out)
    with _opened(file) as opened:
        number = exported(opened, out)
    print_lines([f"wrote {count(number, 'measurement')} to {out}"])


def _bytes(size: str) -> int:
    """``"2G"`` as bytes.  Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]?)B?", size)
    if not found:
        raise ValueError(f"a size is a number with k, M, G or T, got {size!r}")
    return int(float(found[1]) * UNITS[found[2]])


def _size(number: int) -> str:
    unit = max((name for name, of in UNITS.items() if number >= of), key=UNITS.__getitem__)
    return f"{number / UNITS[unit]:.3g} {unit}B"
