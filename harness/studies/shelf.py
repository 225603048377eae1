"""Where experiments lie and what is expected of them: in the current folder, or as installed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.foundation.validation import choice

PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Shelf:
    """A folder of experiments and the one with their rows and ledger."""

    experiments: Path
    results: Path

    def files(self) -> dict[str, Path]:
        """The files of the experiments by their names, which they are sorted by."""
        return {path.stem: path for path in sorted(self.experiments.glob("*.toml"))}

    @property
    def full(self) -> "Shelf":
        """The long ones, which are checked only when they are named."""
        return Shelf(self.experiments / "full", self.results / "full")


HERE = Shelf(Path("experiments"), Path("results"))


def installed() -> Shelf:
    """The project's own: in a wheel they lie in the package, in a checkout beside it."""
    packaged = PACKAGE / "packaged"
    root = packaged if packaged.is_dir() else PACKAGE.parent
    return Shelf(root / "experiments", root / "results")


def current() -> Shelf:
    """Of the current folder where it has experiments, else what is installed."""
    return HERE if HERE.files() else installed()


def read_from(results: Path | None = None) -> list[Path]:
    """Folders in which kept results are looked for, the first that has them counts.

    ``results`` alone if it is given; else those of the current folder, then what is installed.
    """
    if results is not None:
        return [results]
    found: dict[Path, Path] = {}
    for each in (HERE, HERE.full, installed(), installed().full):
        found.setdefault(each.results.resolve(), each.results)
    return list(found.values())


def is_installed(results: Path) -> bool:
    """Whether a folder of results came with the package, so that nothing is written there.

    Within a checkout it did not: there it is the current folder's.
    """
    ours = installed().results.resolve()
    return results.resolve().is_relative_to(ours) and HERE.results.resolve() != ours


def chosen(specs: Sequence[Path], results: Path | None = None) -> tuple[list[Path], Path]:
    """The files of experiments that are named by name or path, all but the long ones by default.

    And the folder of their results: ``results`` if it is given, else the one that goes with them.
    Raises ValueError for a name that is none, and where they are kept in several folders.
    """
    if not specs:
        shelf = current()
        return list(shelf.files().values()), results or shelf.results
    found = {spec: _found(spec) for spec in specs}
    folders = sorted({str(folder) for _, folder in found.values()})
    if results is None and len(folders) > 1:
        told = " and ".join(folders)
        raise ValueError(f"results of these are in {told}; check them apart, or say --results")
    return [path for path, _ in found.values()], results or Path(folders[0])


def _found(spec: Path) -> tuple[Path, Path]:
    """``(file, folder of results)``; a name has no suffix and no folder, and is no file itself."""
    if spec.suffix or len(spec.parts) != 1 or spec.exists():
        return spec, HERE.results
    shelf = current()
    long = shelf.full.files()
    choice("experiment", str(spec), {**long, **shelf.files()})
    kept = shelf.full if str(spec) in long else shelf
    return kept.files()[str(spec)], kept.results


def check_ours(files: Sequence[Path]) -> None:
    """Raise ValueError for an experiment from elsewhere, in a folder with experiments of its own.

    To those the ledger belongs that verdicts are accepted into.
    """
    if not HERE.files():
        return
    for path in files:
        if HERE.experiments.resolve() not in path.resolve().parents:
            raise ValueError(
                f"{path} is not in {HERE.experiments}/, so its verdicts do not belong in the "
                f"ledger of {HERE.results}/: say where they do, as in --results {path.stem}_results"
            )
