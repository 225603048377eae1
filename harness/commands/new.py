"""``leapcheck new``: a file that runs, to begin with, and its test."""

import keyword
import re
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from harness.commands.printing import print_lines
from harness.foundation import whole_files

TEMPLATES = Path(__file__).with_name("templates")
FIRST = {  # what to try with each kind; the file is called $name
    "sampler": "leapcheck regress $name:$Class",
    "theorem": "leapcheck regress $name:$Class",
    "target": "pytest test_$name.py",
    "experiment": "leapcheck check $name.toml --results results_$name --update-ledger",
}


def new(
    kind: Annotated[str, typer.Argument(help="sampler, theorem, target or experiment")],
    name: Annotated[str, typer.Argument(help="of the file, like my_sampler")],
    folder: Annotated[Path, typer.Option(help="where to write")] = Path(),
) -> None:
    """Write a sampler, theorem, target or experiment that runs, and its test, to begin with."""
    from harness.foundation.validation import choice

    choice("kind", kind, FIRST)
    name = of_module(kind, name)
    for path in write(kind, name, folder):
        print_lines([f"wrote {path}"])
    print_lines([f"try it: {_filled(FIRST[kind], name)}"])


def of_module(kind: str, name: str) -> str:
    """``name`` as that of a module: MySampler as my_sampler.  Raises ValueError if it is none."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(f"name must be that of a Python module, like my_{kind}, got {name!r}")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def write(kind: str, name: str, folder: Path) -> list[Path]:
    """The files written for a thing of ``kind`` in the module ``name``.

    Raises ValueError where a file is there already.
    """
    end = "toml" if kind == "experiment" else "py"
    sources = {f"{name}.{end}": f"{kind}.{end}.txt", f"test_{name}.py": f"{kind}_test.py.txt"}
    paths = {folder / file: TEMPLATES / source for file, source in sources.items()}
    for path in paths:
        if path.exists():
            raise ValueError(f"{path} is there already; another name, or another --folder")
    for path, source in paths.items():
        whole_files.write_text(path, _filled(source.read_text(encoding="utf-8"), name))
    return list(paths)


def _filled(text: str, name: str) -> str:
    words = [word for word in name.split("_") if word]
    return Template(text).substitute(name=name, Class="".join(w[0].upper() + w[1:] for w in words))
