"""Work and precision of samplers: what each reaches, at how many score calls, and of which order.

Every target times every sampler times every kind of grid is a *sweep* along the step; the numbers
of a row are those of ``Measurement``, each with its floor.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from harness.foundation.registry import label
from harness.foundation.validation import choice, instance, unknown
from harness.measurement.kept import Store
from harness.measurement.many import measure_many
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.process.grids import Grid
from harness.process.noise import Uniform
from harness.studies.experiment import OF_OUTPUT, QUANTITIES
from harness.studies.judge import ACCURACY, calls_of
from harness.studies.ledger import Row
from harness.studies.same_law import TO_DATA, check_same_law, law_of, told
from harness.verdicts.axes import step_size
from harness.verdicts.slopes import local_slopes

OF_LAW = (
    *("kl", "tv", "data_tv", "reverse_kl", "chi2", "hellinger"),
    *("entropy_fall", "off_support", "lost_mass", "clipped"),
)
"""What every row of a study has of the output, each with a column ``..._floor``."""
OWN = {field.name for field in fields(Problem)} - {"target", "sampler", "grid"}


@dataclass(frozen=True)
class Sweep:
    """Problems that differ in their grid alone, coarse to fine, and what they are called."""

    target: str
    sampler: str
    grid: str
    problems: tuple[Problem, ...]


def sweeps(samplers: Any, targets: Any, grids: Any, common: Mapping[str, Any]) -> list[Sweep]:
    """All sweeps, with every problem built.  Raises TypeError or ValueError that names the case."""
    found = []
    for where, target in labelled("targets", targets).items():
        for name, sampler in labelled("samplers", samplers).items():
            own: dict[str, Any] = {"sampler": sampler}
            if isinstance(sampler, Mapping):
                own = dict(sampler)
            given = {"noise": Uniform(), **common, **own, "target": target}
            kinds = families(given.pop("grids", grids))
            for key in given:
                if key not in (*OWN, "sampler", "target"):
                    known = OWN | ({"sampler", "grids"} if key in own else set())
                    raise ValueError(unknown("field of a study", key, known))
            for kind, family in kinds.items():
                try:
                    problems = [Problem(**given, grid=grid) for grid in family]
                    found.append(Sweep(where, name, kind, by_step(problems)))
                except (ValueError, TypeError) as error:
                    case = f"study, {where} with {name} on {kind}"
                    raise type(error)(f"{case}: {error}") from error
    return found


def measured(
    found: Sequence[Sweep], quantity: str, store: Store | None = None, client: Any = None
) -> list[Row]:
    """A row for each problem.  Raises ValueError where ``quantity`` is to more than one law.

    A run that fails has its reason in ``error`` and nan for numbers.  ``store`` and ``client`` as
    in ``measure_many``.
    """
    choice("quantity", quantity, (*QUANTITIES, *TO_DATA))
    for where in dict.fromkeys(sweep.target for sweep in found):
        runs = {f"{s.sampler}, {s.grid}": s.problems for s in found if s.target == where}
        check_same_law(quantity, "stopped", runs)
    problems = [problem for sweep in found for problem in sweep.problems]
    output_only = quantity in (*OF_OUTPUT, *TO_DATA)
    given: dict[str, Any] = {"errors": "return", "store": store, "client": client}
    measurements = iter(measure_many(problems, output_only=output_only, **given))
    return [
        row
        for sweep in found
        for row in _rows(sweep, [next(measurements) for _ in sweep.problems], quantity)
    ]


def _rows(sweep: Sweep, found: Sequence[Any], quantity: str) -> list[Row]:
    numbers = [_numbers(each, quantity) for each in found]
    sizes = [step_size(problem) for problem in sweep.problems]
    values = [each[quantity] for each in numbers]
    orders = local_slopes(sizes, values, [each["uncertainty"] for each in numbers])
    return [
        {
            "target": sweep.target,
            "sampler": sweep.sampler,
            "grid": sweep.grid,
            "N": problem.grid.steps,
            "h": size,
            "T": problem.grid.start,
            "delta": problem.grid.stop,
            "law": told(0.0) if quantity in TO_DATA else law_of(problem),
            "score_calls": calls_of(problem) if isinstance(each, Measurement) else math.nan,
            **known,
            "order": order.value if order else math.nan,
            "order_error": order.error if order else math.nan,
            "label": str(order.label) if order else "",
            "draws": getattr(each, "draws", 0),
            "error": "" if isinstance(each, Measurement) else str(each),
        }
        for problem, size, each, known, order in zip(
            sweep.problems, sizes, found, numbers, [None, *orders], strict=True
        )
    ]


def _numbers(found: Any, quantity: str) -> Row:
    """The quantity first, and how far off it may be for any reason."""
    columns = dict.fromkeys((quantity, *OF_LAW))
    numbers: Row = {}
    for column in columns:
        known = isinstance(found, Measurement)
        numbers[column] = getattr(found, column) if known else math.nan
        numbers[f"{column}_floor"] = found.floors.get(column, 0.0) if known else math.nan
        if column == quantity:
            accuracy = getattr(found, ACCURACY.get(quantity, ""), 0.0)
            numbers["uncertainty"] = max(accuracy, numbers[f"{column}_floor"])
    return numbers


def by_step(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Coarse to fine.  Raises ValueError where two have one step size."""
    found = sorted(problems, key=step_size, reverse=True)
    sizes = [step_size(problem) for problem in found]
    if len(set(sizes)) < len(sizes):
        raise ValueError(f"grids of one kind must differ in their step size, got {sizes}")
    return tuple(found)


def labelled(what: str, things: Any) -> dict[str, Any]:
    """Things by their labels: a table's own, or what they are called.

    Raises TypeError for what is neither, ValueError for none, or for two that are called alike.
    """
    if not isinstance(things, Mapping):
        if not isinstance(things, Iterable):
            told = f"{what} must be a sequence, or a table of labels"
            raise TypeError(f"{told}, got {things!r}")
        listed = list(things)
        names = [_name(thing) for thing in listed]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"{what} must all differ in what they are called, got {name!r} twice; "
                    f"a table gives them labels: {{'one': ..., 'two': ...}}"
                )
        things = dict(zip(names, listed, strict=True))
    if not things:
        raise ValueError(f"a study needs at least one of {what}, got none")
    return {str(key): value for key, value in things.items()}


def families(grids: Any) -> dict[str, list[Grid]]:
    """Grids by their kind: as a table has them, or by the recipe of the first in a sequence."""
    if isinstance(grids, Mapping):
        tables = {str(kind): family for kind, family in grids.items()}
    else:
        listed = [grids] if isinstance(grids, Grid) else grids
        if not isinstance(listed, Iterable):
            raise TypeError(f"grids must be a sequence of Grid, or a table of them, got {grids!r}")
        listed = list(listed)
        kind = dict(getattr(listed[0], "recipe", ())).get("name", "custom") if listed else ""
        tables = {str(kind): listed}
    found = {
        kind: [family] if isinstance(family, Grid) else list(family)
        for kind, family in tables.items()
    }
    if not found or not all(found.values()):
        raise ValueError("a study needs at least one grid of each kind, got none")
    for kind, family in found.items():
        for k, grid in enumerate(family):
            instance(f"grids[{kind!r}][{k}]", grid, Grid)
    return found


def _name(thing: Any) -> str:
    return label(thing) if is_dataclass(thing) else str(thing)
