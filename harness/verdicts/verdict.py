"""A verdict: what was compared with what, the outcome, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from harness.foundation import html
from harness.foundation.digits import written


class Status(StrEnum):
    """Outcomes.  VIOLATED and INCONSISTENT are findings; the last two say nothing was decided."""

    HOLDS = "HOLDS"
    VIOLATED = "VIOLATED"
    VACUOUS = "VACUOUS"
    CONSISTENT = "CONSISTENT"
    INCONSISTENT = "INCONSISTENT"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Verdict:
    """One theorem (or one expected order) on one problem or sweep.

    ``theorem`` by name; its ``status``, and the ``reason`` in words; ``rung`` is what was compared.
    ``measured`` and ``bound`` in nats (TV for TV rungs); ``constant`` = measured / form of a rate,
    or the largest factor of a comparison; ``slope`` the worst growth of that constant along the
    axis; ``trust`` the label of the statement; ``terms`` the bound's parts, or the ``least`` and
    ``largest`` factor; ``points`` how many problems had which status.
    ``floor`` says how far off ``measured`` may be for any reason, ``floors`` how far rounding alone
    can move ``measured``, ``bound``, ``constant`` and ``slope``: what two machines may differ by.
    """

    theorem: str
    status: Status
    rung: str
    trust: str
    reason: str
    measured: float = np.nan
    bound: float = np.nan
    constant: float = np.nan
    slope: float = np.nan
    floor: float = 0.0
    floors: Mapping[str, float] = field(default_factory=dict)
    terms: dict[str, float] = field(default_factory=dict)
    points: str = ""

    @property
    def margin(self) -> float:
        """``bound / measured``: how many times too large the bound is; nan for a rate."""
        return self.bound / self.measured if self.measured > 0 else np.nan

    @property
    def decided(self) -> bool:
        """Whether something was compared and a conclusion drawn."""
        return self.status not in (Status.NOT_APPLICABLE, Status.INCONCLUSIVE)

    def html_row(self) -> dict[str, str]:
        """What a table of several shows of this one."""
        return {
            "verdict": str(self.status),
            "theorem": f"{self.theorem} [{self.trust}]",
            "on": self.rung,
            "reason": self.reason,
        }

    def _repr_html_(self) -> str:
        """The verdict with its numbers and the terms of the bound."""
        rows = list(self.html_row().items())
        rows += [
            (name, written(value, self.floors.get(name, 0.0), 6))
            for name in ("measured", "bound", "constant", "slope")
            if not np.isnan(value := getattr(self, name))
        ]
        rows += [(f"term {name}", written(float(v), 0.0, 6)) for name, v in self.terms.items()]
        return html.table(["what", "value"], rows)

    def __str__(self) -> str:
        return f"{self.status:<14} {self.theorem} [{self.trust}] on {self.rung}: {self.reason}"


def of_theorem(theorem: Any, status: Status, reason: str, **details: Any) -> Verdict:
    """A verdict on ``theorem``, on the rung that it bounds unless ``rung`` says another."""
    details.setdefault("rung", theorem.bounds_on)
    return Verdict(theorem.name, status, trust=str(theorem.trust), reason=reason, **details)


def not_applicable(theorem: Any, missing: Sequence[str]) -> Verdict:
    """The verdict that names the assumptions that are not met."""
    return of_theorem(theorem, Status.NOT_APPLICABLE, f"not met: {'; '.join(missing)}")
