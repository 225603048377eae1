"""Problems as nested tables of plain values, and back: what experiment files are written in."""

from collections.abc import Collection, Mapping
from typing import Any

from harness.foundation.registry import load, noises, samplers, targets
from harness.foundation.validation import unknown
from harness.problem import contracts as contracts  # what comes from outside is held to them
from harness.problem import engine_spec
from harness.process import grids, own_score


def spec(problem: Any) -> dict[str, Any]:
    """The fields of ``problem`` as tables of plain values."""
    return {
        "target": targets.spec(problem.target),
        "noise": noises.spec(problem.noise),
        "sampler": samplers.spec(problem.sampler),
        "grid": problem.grid.spec(),
        "score": own_score.spec(problem.score),
        "start": problem.start,
        "max_states": problem.max_states,
        "engine": engine_spec.spec(problem.engine),
    }


def fields(spec: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The fields, of those ``known``, that ``spec`` describes.  Raises ValueError."""
    load()
    found = dict(spec)
    for key in found:
        if key not in known:
            raise ValueError(unknown("field of a problem", key, known))
    makers = {
        "target": targets.build,
        "noise": noises.build,
        "sampler": samplers.build,
        "grid": grids.from_spec,
        "score": own_score.from_spec,
        "engine": engine_spec.from_spec,
    }
    for key, make in makers.items():
        if key in found:
            found[key] = make(found[key])
    for key in ("target", "noise", "sampler", "grid"):
        if key not in found:
            raise ValueError(f"a problem needs a {key}")
    return found
