"""The problems behind a verdict: told in one line, and written as an experiment that runs."""

import json
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.foundation import whole_files
from harness.foundation.counted import counted
from harness.foundation.registry import label, theorems
from harness.problem.problem import Problem
from harness.verdicts.axes import base_axis
from harness.verdicts.theorem import Theorem
from harness.verdicts.verdict import Verdict

ONE = "step"  # the axis of an experiment on a single problem
PARTS = ("target", "sampler")  # an experiment has lists of these; the rest is common
LONGEST = 160  # characters of a target told in full


@dataclass(frozen=True)
class Case:
    """A theorem, the problems that a verdict on it is about, in order along ``axis``, and it."""

    theorem: Theorem
    verdict: Verdict
    axis: str = ONE
    problems: Sequence[Problem] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Target, noise, grid, start and score, where the problems differ, and the terms."""
        last = self.problems[-1]
        told = {
            "target": _short(label(last.target)) + _in_classes(last),
            "noise": label(last.noise),
            "sampler": label(last.sampler),
            "grid": _grid(last),
            "start": last.start,
            "score": label(last.score),
        }
        parts = [f"{name} {value}" for name, value in told.items()]
        if path := self.swept:
            values = ", ".join(f"{_at(each.spec(), path):g}" for each in self.problems)
            parts.append(f"with {path} = {values}")
        elif len(self.problems) > 1:
            parts.append(f"the last of {len(self.problems)} along {self.axis}")
        if terms := self.verdict.terms:
            parts.append(f"terms {', '.join(f'{k} {v:.4g}' for k, v in terms.items())}")
        return "; ".join(parts)

    @property
    def swept(self) -> str:
        """``section.key`` of the one number in which the problems differ; empty if there is none.

        ``section.key.i`` where it is an entry of a list.
        """
        specs = [problem.spec() for problem in self.problems]
        paths = {path for spec in specs for path in _numbers(spec)}
        differing = [path for path in paths if len({_at(spec, path) for spec in specs}) > 1]
        if len(specs) < 2 or len(differing) != 1:
            return ""
        common = [_without(spec, differing[0]) for spec in specs]
        return differing[0] if all(spec == common[0] for spec in common) else ""


def experiment(case: Case) -> str:
    """``case`` as the text of an experiment file.

    A sweep in more than one number cannot be one: its last problem stands for it.
    """
    put, problems = case.swept, list(case.problems)
    if not put:
        problems = problems[-1:]
        grid = problems[0].spec()["grid"]
        put = next((f"grid.{key}" for key in ("steps", "kappa") if key in grid), "grid.times.0")
    values = [_at(problem.spec(), put) for problem in problems]
    spec = {key: value for key, value in problems[0].spec().items() if _needed(key, value)}
    axis = base_axis(case.axis) if len(problems) > 1 else ONE
    verdict = case.verdict
    lines = [
        f"# {verdict.status} {verdict.theorem} on {verdict.rung}: {verdict.reason}",
        f"question = {_toml(f'Why is {verdict.theorem} {verdict.status} here?')}",
        f"axis = {_toml(axis)}",
        f"put = {_toml(put)}",
        f"values = {_toml(values)}",
        f"theorems = {_toml([_name(case.theorem)])}",
        f"problem = {_toml({k: v for k, v in spec.items() if k not in PARTS})}",
        *(f"{part}s = [\n    {_toml(_labelled(spec[part], problems, part))},\n]" for part in PARTS),
    ]
    return "\n".join(lines) + "\n"


def save(case: Case, path: Path) -> None:
    """Write ``case`` to ``path``, an experiment named by its file; its folder is made."""
    whole_files.write_text(path, experiment(case))


def _name(theorem: Theorem) -> str:
    """As ``theorems`` of an experiment names it."""
    cls = type(theorem)
    known = theorems.get(theorem.name) is cls
    return theorem.name if known else f"{cls.__module__}:{cls.__qualname__}"


def _labelled(spec: dict[str, Any], problems: Sequence[Problem], part: str) -> dict[str, Any]:
    """With a label where the fields, which an experiment shows, are longer than a line."""
    shown = label(getattr(problems[-1], part))
    return spec if len(shown) <= LONGEST else {"label": str(spec["name"]).split(":")[-1], **spec}


def _needed(key: str, value: Any) -> bool:
    defaults = {"max_states": Problem.max_states, "engine": Problem.engine}
    return defaults.get(key) != value


def size(problem: Problem) -> str:
    """The shape of a problem, in words."""
    return f"S={problem.target.space.tokens}, d={problem.space.length}"


def _in_classes(problem: Problem) -> str:
    """The vocabulary, where tokens are known by their classes; else nothing."""
    space = problem.target.space
    if not space.class_sizes:
        return ""
    return f" ({space.tokens} classes of S={space.vocabulary} tokens, d={space.length})"


def _grid(problem: Problem) -> str:
    grid, recipe = problem.grid, dict(problem.grid.recipe)
    kind = f"{recipe['name']} " if "name" in recipe else ""
    kappa = f", κ {grid.kappa:.4g}" if grid.stop > 0 and math.isfinite(grid.start) else ""
    told = ", steps told to be of another length than they are" if grid.told is not None else ""
    steps = counted(grid.steps, "step")
    return f"{kind}from {grid.start:g} to {grid.stop:g} in {steps}{kappa}{told}"


def _short(text: str) -> str:
    text = " ".join(text.split())  # an array is printed in several lines
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _numbers(spec: Any, path: tuple[str, ...] = ()) -> list[str]:
    """``a.b`` or ``a.b.i`` of every number in the tables of ``spec``, two or three names deep."""
    if isinstance(spec, Mapping) and len(path) < 2:
        return [found for key, value in spec.items() for found in _numbers(value, (*path, key))]
    if isinstance(spec, list) and len(path) == 2:
        return [found for k, value in enumerate(spec) for found in _numbers(value, (*path, str(k)))]
    is_number = isinstance(spec, int | float) and not isinstance(spec, bool)
    return [".".join(path)] if is_number and len(path) > 1 else []


def _at(spec: Any, path: str) -> Any:
    """The number at ``path``; None where a spec has none."""
    for key in path.split("."):
        try:
            spec = spec[int(key)] if isinstance(spec, list) else spec[key]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return spec


def _without(spec: Any, path: str) -> Any:
    """A copy of the tables of ``spec`` with nothing at ``path``."""
    copy = deepcopy(spec)
    *outer, key = path.split(".")
    table = copy
    for each in outer:
        table = table[each]
    table[int(key) if isinstance(table, list) else key] = None
    return copy


def _toml(value: Any) -> str:
    """A plain value as TOML, on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
