"""The rooms of ``harness`` and beside it, and the imports that are allowed between them."""

from pathlib import Path

import harness

ROOT = Path(harness.__file__).parents[1]
BASE = ("foundation", "numerics", "process", "law")
RUN = (*BASE, "problem", "engines", "measurement", "verdicts")
ARROWS: dict[str, tuple[str, ...]] = {
    # Room: the rooms that it may import.  From ``problem`` on no room knows a sampler by name.
    "foundation": (),
    "numerics": BASE[:1],
    "process": BASE[:2],
    "law": BASE[:3],
    "samplers": BASE,
    "problem": BASE,
    "traced": (*BASE, "problem"),
    "engines": RUN[:5],
    "measurement": RUN[:6],
    "store": RUN[:7],
    "verdicts": RUN[:7],
    "studies": RUN,
    "show": (*RUN, "studies"),
    "regress": (*RUN, "toy_targets", "root"),
    "real": (*RUN, "samplers", "traced", "studies", "show", "regress", "toy_targets", "root"),
    "bench": (*RUN[:6], "samplers", "toy_targets", "root"),
    "commands": (*RUN, "traced", "store", "studies", "show", "regress", "real", "bench", "root"),
    "cli": (*RUN, "traced", "studies", "show", "regress", "real", "bench", "commands", "root"),
    # The root is what users import; a public module there may name what is in these rooms again.
    "root": (*RUN, "samplers", "store", "studies", "show", "root"),
    "toy_targets": BASE[:3],
    "bounds": (*RUN, "samplers", "toy_targets", "root"),
    # The name of what is installed, for all of it.
    "leapcheck": ("cli", "root", "toy_targets", "bounds"),
}
ROOMS = tuple(ARROWS)[: tuple(ARROWS).index("cli")]
ENGINES: dict[str, tuple[str, ...]] = {
    # Folder of ``engines``: the folders that it may import.
    "sequences": (),
    "counts": ("sequences",),
    "draws": ("sequences",),
}
PACKAGES = ("harness", "toy_targets", "bounds")
LOADS_BY_NAME = (
    "harness.foundation.registry",  # what a spec names; importing it imports nothing
    "harness.foundation.lazy_names",  # what a package offers, as its imports for types have it
    "leapcheck",
)


def name_of(file: Path) -> str:
    """``package.module`` of a file; a package's own name for its ``__init__``."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for p in PACKAGES for file in sorted((ROOT / p).rglob("*.py"))}
MODULES["leapcheck"] = ROOT / "leapcheck.py"


def room_of(module: str) -> str:
    """The row of ``ARROWS`` that a module is in."""
    package, *inner = module.split(".")
    if package != "harness":
        return package
    return inner[0] if inner and inner[0] in (*ROOMS, "cli") else "root"
