"""Experiments: a TOML file that says what is swept, on what, and what should be seen."""

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.foundation.registry import load
from harness.foundation.registry import targets as registered
from harness.foundation.validation import choice, unknown
from harness.problem.problem import Problem
from harness.studies.put import put
from harness.studies.same_law import HINT, LAWS, TO_DATA, check_same_law
from harness.verdicts import chosen
from harness.verdicts.axes import AXES, NEUTRAL_AXES, step_size
from harness.verdicts.theorem import Theorem

OF_OUTPUT = ("kl", "tv", "entropy_fall")
GIVEN = {"name", "folder"}  # of an experiment by its file
SETTINGS = ("label", "problem", "put", "values")  # in a sampler's table, none of its fields
QUANTITIES = (*OF_OUTPUT, "chain_kl", "path_kl", "factorisation_kl", "marginal_kl")


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expect(_Spec):
    """An order that the sweep is to show: ``quantity`` grows like ``axis ** order``, both sides."""

    quantity: str
    order: float
    tolerance: float = Field(default=0.1, gt=0)
    samplers: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> "Expect":
        choice("quantity", self.quantity, QUANTITIES)
        return self


class Compare(_Spec):
    """That ``quantity`` is smaller with sampler ``lower`` than with ``higher``, at equal calls.

    ``law``: what both are compared with, the data, or ``"stopped"`` for the ``q_δ`` where both end.
    """

    quantity: str
    lower: str
    higher: str
    targets: tuple[str, ...] = ()
    law: str = "data"

    @model_validator(mode="after")
    def _known(self) -> "Compare":
        choice("quantity", self.quantity, (*QUANTITIES, *TO_DATA))
        choice("law", self.law, LAWS)
        if self.quantity in TO_DATA and self.law != "data":
            raise ValueError(f"{HINT}: it cannot be to law = {self.law!r}")
        if self.lower == self.higher:
            raise ValueError(f"lower and higher must be two samplers, got {self.lower!r} twice")
        return self


class Experiment(_Spec):
    """One sweep of every target times every sampler along one axis.

    ``problem`` holds what is common (noise, grid, start, score); each value of the sweep is put at
    ``put`` (e.g. ``grid.steps``, or ``target.class_sizes.1`` for an entry of a list; a target may
    say its own).  A target or sampler may carry a ``label`` for tables; a sampler also a table
    ``problem``, which replaces parts of the common one.  What is named ``module:Class``, or
    ``module:function`` for a grid or a score, comes from there; a ``path`` of data starts at the
    ``folder`` of the file.  ``theorems``: names, all by default, none if empty; with ``+`` before
    each, all and these (``["+my_module:Mine"]``).  ``output_only`` leaves out the chain and path
    KL where they cost much more than the output.  Axis ``epsilon`` sweeps the KL to be reached, and
    measures the fewest steps; along ``coupling`` and ``knob``, where a sampler has ``put`` and as
    many ``values`` of its own, rates stay undecided.
    """

    name: str
    question: str
    axis: Literal["step", "S", "d", "T", "delta", "score_error", "coupling", "knob", "epsilon"]
    values: tuple[float, ...] = Field(min_length=1)
    put: str = ""
    problem: dict[str, Any]
    targets: tuple[dict[str, Any], ...] = Field(min_length=1)
    samplers: tuple[dict[str, Any], ...] = Field(min_length=1)
    theorems: tuple[str, ...] | None = None
    output_only: bool = False
    expect: tuple[Expect, ...] = ()
    compare: tuple[Compare, ...] = ()
    folder: Path = Path()

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        chosen.named(self.theorems)
        if self.expect and self.axis in NEUTRAL_AXES:
            raise ValueError(f"along {self.axis} there is no order to expect")
        for expect in self.expect:
            for kind, wanted, known in (
                ("sampler", expect.samplers, [_label(s) for s in self.samplers]),
                ("target", expect.targets, [_label(t) for t in self.targets]),
            ):
                for name in wanted:
                    choice(f"{kind} of this experiment", name, known)
        if self.compare and self.axis == "epsilon":
            raise ValueError("along epsilon there are no score calls to compare at")
        for compare in self.compare:
            if self.output_only and compare.quantity not in (*OF_OUTPUT, *TO_DATA):
                raise ValueError(f"{compare.quantity} is not measured with output_only = true")
            for name in (compare.lower, compare.higher):
                choice("sampler of this experiment", name, [_label(s) for s in self.samplers])
            for name in compare.targets:
                choice("target of this experiment", name, [_label(t) for t in self.targets])
        for kind, names in (
            ("targets", [_label(t) for t in self.targets]),
            ("samplers", [_label(s) for s in self.samplers]),
            ("values", list(self.values)),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"{kind} must all differ (by label), got {names}")
        for sampler in self.samplers:
            own = {"put", "values"} & sampler.keys()
            if own and (self.axis != "knob" or len(own) < 2):
                raise ValueError("a sampler has both put and values of its own, along knob alone")
            if (got := len(sampler.get("values", self.values))) != len(self.values):
                raise ValueError(f"{_label(sampler)} needs {len(self.values)} values, got {got}")
            if len(set(each := sampler.get("values", ()))) < len(each):
                raise ValueError(f"values of {_label(sampler)} must all differ, got {list(each)}")
        if self.axis != "epsilon" and not self.put and not all("put" in t for t in self.targets):
            raise ValueError("put must say which field the swept values go to, e.g. 'grid.steps'")
        return self

    @property
    def chosen_theorems(self) -> dict[str, Theorem]:
        """Instances of the theorems that this experiment checks, by what it calls them."""
        return chosen.named(self.theorems)


@dataclass(frozen=True)
class Sweep:
    """One target and one sampler of an experiment: the problems along the axis, in its order."""

    experiment: Experiment
    target: str
    sampler: str
    values: tuple[float, ...]
    problems: tuple[Problem, ...]

    @property
    def places(self) -> tuple[float, ...]:
        """Where each problem is along the axis: the step size, the stop time, else the value."""
        match self.experiment.axis:
            case "step":
                return tuple(step_size(problem) for problem in self.problems)
            case "delta":
                return tuple(problem.grid.stop for problem in self.problems)
        return self.values

    def expectations(self) -> list[Expect]:
        """The expected orders that speak of this sweep."""
        return [
            expect
            for expect in self.experiment.expect
            if (not expect.samplers or self.sampler in expect.samplers)
            and (not expect.targets or self.target in expect.targets)
        ]

    def comparisons(self) -> list[Compare]:
        """The comparisons in which this sweep should come out lower."""
        return [
            compare
            for compare in self.experiment.compare
            if compare.lower == self.sampler
            and (not compare.targets or self.target in compare.targets)
        ]


def read(path: Path) -> Experiment:
    """The experiment in a TOML file.  Raises ValueError naming the file and what is wrong."""
    try:
        table = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ValueError(f"no experiment at {path}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not valid TOML: {error}") from None
    try:
        for key in GIVEN & table.keys():
            raise ValueError(f"{path}: an experiment is named by its file; remove {key!r}")
        return Experiment(name=path.stem, folder=path.parent, **table)
    except ValidationError as error:
        raise ValueError(f"{path}: {'; '.join(map(_message, error.errors()))}") from None


def sweeps(experiment: Experiment) -> list[Sweep]:
    """All sweeps, every problem built and so validated.  Raises ValueError naming the case."""
    load()  # of one that another process has read, too
    found = []
    for target, sampler in itertools.product(experiment.targets, experiment.samplers):
        names = _label(target), _label(sampler)
        own = tuple(sampler.get("values", experiment.values))
        values = (None,) if experiment.axis == "epsilon" else own
        try:
            problems = tuple(_problem(experiment, target, sampler, value) for value in values)
        except (ValueError, TypeError, FileNotFoundError) as error:
            where = f"experiment {experiment.name}, {' with '.join(names)}"
            raise ValueError(f"{where}: {error}") from error
        found.append(Sweep(experiment, *names, own, problems))
    _same_laws(experiment, found)
    return found


def _same_laws(experiment: Experiment, found: Sequence[Sweep]) -> None:
    """Whether the two of each comparison run to one law: along the step, at each value else."""
    problems = {(sweep.target, sweep.sampler): sweep.problems for sweep in found}
    for sweep in found:
        for compare in sweep.comparisons():
            both = compare.lower, compare.higher
            runs = {name: problems[sweep.target, name] for name in both}
            cases = [runs]
            if experiment.axis != "step":
                each = zip(*runs.values(), strict=True)
                cases = [dict(zip(both, ((p,) for p in pair), strict=True)) for pair in each]
            for case in cases:
                try:
                    check_same_law(compare.quantity, compare.law, case)
                except ValueError as error:
                    where = f"experiment {experiment.name}, [[compare]] on {sweep.target}"
                    raise ValueError(f"{where}: {error}") from error


def _problem(
    experiment: Experiment,
    target: Mapping[str, Any],
    sampler: Mapping[str, Any],
    value: float | None,
) -> Problem:
    common = {**experiment.problem, **sampler.get("problem", {})}
    spec: dict[str, Any] = {
        "noise": {"name": "uniform"},
        **{k: dict(v) if isinstance(v, Mapping) else v for k, v in common.items()},
        "target": _located(target, experiment.folder, ("label", "put")),
        "sampler": {k: v for k, v in sampler.items() if k not in SETTINGS},
    }
    if value is not None:
        put(spec, sampler.get("put", target.get("put", experiment.put)), value)
    return Problem.from_spec(spec)


def _located(
    table: Mapping[str, Any], folder: Path, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A target with the path of its data, and of those that it holds, from ``folder`` on."""
    found = {k: v for k, v in table.items() if k not in without}
    for key, value in found.items():
        if isinstance(value, Mapping):
            found[key] = _located(value, folder)
        elif isinstance(value, str) and key in registered.ways.get(found.get("name", ""), {}):
            found[key] = str(folder / value)
    return found


def _label(spec: Mapping[str, Any]) -> str:
    """``label``, or the name with its fields."""
    if "label" in spec:
        return spec["label"]
    fields = [f"{k}={v}" for k, v in spec.items() if k not in ("name", *SETTINGS)]
    return f"{spec.get('name')}({', '.join(fields)})" if fields else str(spec.get("name"))


def _message(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        model = {"expect": Expect, "compare": Compare}.get(error["loc"][0], Experiment)
        return unknown("key", error["loc"][-1], set(model.model_fields) - GIVEN)
    told = error["msg"].removeprefix("Value error, ")
    return f"{where}: {told}" if where else told


assert {*AXES, *NEUTRAL_AXES, "epsilon"} == set(Experiment.model_fields["axis"].annotation.__args__)  # type: ignore[union-attr]
