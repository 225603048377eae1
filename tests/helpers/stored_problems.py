"""Small problems of every kind of engine and measurement, and copies of the source to change."""

import ast
import shutil
from dataclasses import dataclass, replace

from rooms import PACKAGES, ROOT

from harness import MonteCarlo, Problem, grids
from harness.measurement.measure import Measurement
from harness.noise import Absorbing, Uniform
from harness.samplers import Euler, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Perturbed
from toy_targets import CurieWeiss, Pairs, RandomTable, Tilted, TwoBeliefs

GRID = grids.even(2.0, 0.2, 3)
TABLE = RandomTable(3, 2, seed=11)
PROBLEMS = {
    "tweedie": Problem(TABLE, Uniform(), Tweedie(), GRID),
    "euler": Problem(TABLE, Uniform(), Euler(), GRID),
    "wrapped": Problem(TABLE, Uniform(), TauLeaping("wrap"), GRID),
    "another target": Problem(Pairs(3, 1), Uniform(), Tweedie(), GRID),
    "a wrong score": Problem(TABLE, Uniform(), Euler(), GRID, Perturbed(0.1)),
    "masks": Problem(TABLE, Absorbing(), MaskedPlugIn(), GRID),
    "tilted": Problem(Tilted.example(), Uniform(), Euler(), GRID),
    "counts": Problem(CurieWeiss(4, 0.5), Uniform(), Tweedie(), GRID, engine="counts"),
    "drawn": Problem(
        TwoBeliefs.example(), Uniform(), TauLeaping(), GRID, start="exact", engine=MonteCarlo(64)
    ),
}


@dataclass(frozen=True)
class Copy:
    """The source code of our packages in a ``folder`` of its own."""

    folder: object

    @classmethod
    def within(cls, folder):
        """A copy in ``folder``."""
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__", "*.json", "*.csv", "templates")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)
        return cls(folder)

    def change(self, module, how):
        """What ``how`` makes of the source of a ``module``; gives a function that undoes it."""
        path = self.folder / f"{module.replace('.', '/')}.py"
        before = path.read_text(encoding="utf-8")
        after = how(before)
        assert after != before
        path.write_text(after, encoding="utf-8")
        return lambda: path.write_text(before, encoding="utf-8")


def other_number(source):
    """The first number that stands in a function is another one."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    numbers = (each for function in functions for each in ast.walk(function))
    first = next(
        n for n in numbers if isinstance(n, ast.Constant) and type(n.value) in (int, float)
    )
    lines = source.splitlines(keepends=True)
    line = lines[first.lineno - 1]
    lines[first.lineno - 1] = f"{line[: first.col_offset]}7{line[first.end_col_offset :]}"
    return "".join(lines)


def other_words(source):
    """Other docstrings, comments and empty lines."""
    lines = [f"# {line}\n" if line.startswith("#") else line for line in source.splitlines(True)]
    return "# New.\n" + "".join(lines).replace('"""', '"""Now, ', 1).replace(
        "\n\n\n", "\n\n# !\n\n"
    )


def a_measurement(**changes):
    """Numbers that nothing was measured for."""
    names = [each for each in Measurement.__dataclass_fields__ if each not in GIVEN]
    numbers = {name: 0.1 * k for k, name in enumerate(names)}
    found = Measurement(**numbers, **{k: v for k, v in GIVEN.items() if v is not None})
    return replace(found, **changes)


GIVEN = {
    **{"engine": "enumerated", "draws": None, "floors": None, "reasons": None},
    **{"step_factorisation": None, "step_floors": None},
}
