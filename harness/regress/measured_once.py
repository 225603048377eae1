"""What was measured of a problem, kept for all theorems that are tried on it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from harness.measurement.measure import measure
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_of import of_sweep


class OutputFirst(Quantities):
    """The output alone is measured until somebody asks for more: a chain takes its own programs.

    Where the problem is small it is nearly no work to run it once more.
    """

    @property
    def ends(self) -> Measurement:
        return self.measurement if "measurement" in vars(self) else self._output

    @cached_property
    def _output(self) -> Measurement:
        return measure(self.problem, output_only=True)


class MeasuredOnce:
    """Quantities of problems and of sweeps, each asked of a problem only once.

    Several theorems that are given the same instance share what is measured: nearly all the time of
    a check is that.
    """

    def __init__(self) -> None:
        self._on: dict[Problem, Quantities] = {}
        self._along: dict[tuple[Any, ...], list[Quantities]] = {}

    def on(self, problem: Problem) -> Quantities:
        """Those of one problem."""
        return self._on.setdefault(problem, OutputFirst(problem))

    def along(self, problems: Sequence[Problem], output_only: bool = False) -> list[Quantities]:
        """Those of a sweep, which are measured together where shapes allow."""
        key = (*problems, output_only)
        if key not in self._along:
            self._along[key] = of_sweep(problems, output_only=output_only)
        return self._along[key]
