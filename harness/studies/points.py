"""Which problems of an experiment something is asked of: one of each sweep, or all along one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.foundation.validation import choice
from harness.problem.problem import Problem
from harness.studies.experiment import Experiment, sweeps
from harness.verdicts.right_side import unmet
from harness.verdicts.theorem import Theorem

MOST = 8  # that are shown at a time


@dataclass(frozen=True)
class Points:
    """``problems`` of one target and one sampler, along ``axis``, and its ``theorems``.

    ``at``: the value of the axis at each; along ``step`` its size.
    """

    label: str
    axis: str
    at: tuple[float, ...]
    problems: tuple[Problem, ...]
    theorems: tuple[Theorem, ...]


def _labels(found: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(found))


def chosen(
    experiment: Experiment,
    targets: Sequence[str] | None = None,
    samplers: Sequence[str] | None = None,
    at: float | None = None,
    along: bool = False,
    of: Theorem | None = None,
) -> list[Points]:
    """The problems of ``experiment``, of these labels, at one value of its axis or along it.

    ``at`` is the last value by default.  Where these are too many, those whose problems meet the
    assumptions of the theorem ``of``, if one is given.  Raises ValueError for a label or a value
    that is none of the experiment's, along ``epsilon``, for more than MOST sweeps and, if
    ``along``, than one.
    """
    if experiment.axis == "epsilon":
        raise ValueError(
            f"{experiment.name} sweeps the KL to be reached: it has no problems by value"
        )
    found = sweeps(experiment)
    for kind, wanted in (("target", targets), ("sampler", samplers)):
        for label in wanted or ():
            choice(f"{kind} of {experiment.name}", label, [getattr(s, kind) for s in found])
    value = experiment.values[-1] if at is None else at
    if value not in experiment.values:
        told = ", ".join(f"{each:g}" for each in experiment.values)
        raise ValueError(
            f"{experiment.name} has no value {value:g} along {experiment.axis}: {told}"
        )
    ours = [
        sweep
        for sweep in found
        if (not targets or sweep.target in targets) and (not samplers or sweep.sampler in samplers)
    ]
    most, place = 1 if along else MOST, experiment.values.index(value)
    if len(ours) > most and of is not None:
        ours = [sweep for sweep in ours if not unmet(of, sweep.problems[place])] or ours
    if len(ours) > most:
        raise ValueError(
            f"{experiment.name} has {len(ours)} pairs of target and sampler, at most {most} are "
            f"shown: choose by --target ({_labels(s.target for s in ours)}) and --sampler "
            f"({_labels(s.sampler for s in ours)})"
        )
    theorems = tuple(experiment.chosen_theorems.values())
    where = slice(None) if along else slice(place, place + 1)
    swept = experiment.axis if experiment.axis == "knob" else experiment.put or experiment.axis
    return [
        Points(
            f"{sweep.sampler} on {sweep.target}"
            + ("" if along else f", {swept} = {sweep.values[place]:g}"),
            experiment.axis,
            sweep.places[where],
            sweep.problems[where],
            theorems,
        )
        for sweep in ours
    ]
