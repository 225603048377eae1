"""What is measured on one problem: the numbers and what they mean."""

import math
from dataclasses import dataclass, field, fields

from harness.foundation import html
from harness.foundation.digits import written

SHOWN = ("kl", "chain_kl", "path_kl", "tv", "reverse_kl", "off_support", "score_error", "engine")
"""What a list of measurements shows of each."""
HIDDEN = ("floor", "chain_floor", "path_floor", "seconds")


@dataclass(frozen=True)
class Measurement:
    """Numbers in nats unless said otherwise; ``nan`` where not defined, with a ``reason``.

    They are exact, unless ``engine`` is ``"monte_carlo"``: then the parts of the chain KL and
    ``idle_kl`` are means of ``draws`` drawn paths, and ``chain_floor`` is half the confidence
    interval of ``chain_kl`` (see ``harness.measurement.by_draws``).

    ``kl`` = ``KL(q_δ‖p_out)``, ``reverse_kl`` = ``KL(p_out‖q_δ)``; ``tv``, ``chi2``
    (``χ²(q_δ‖p_out)``) and ``hellinger`` (a distance, at most 1) between the same laws; ``chain_kl
    = start_kl + Σ`` of the step errors, which for independent tokens split in ``factorisation_kl +
    marginal_kl``; ``path_kl`` is Girsanov's, for a frozen generator and for τ-leaping modulo ``S``.
    ``score_error`` = ``ε_score``.  ``total_correlation`` and ``dual_total_correlation`` are of the
    data law. ``off_support`` is the mass of the output on sequences where the *data* law is zero,
    those with a mask included: 0 for data of full support.  It says how much is there where
    ``reverse_kl`` only says inf; for ``δ > 0`` the truth ``q_δ`` has some of its own.
    ``lost_mass``, which ``off_support`` does not count, and ``clipped`` (expected, summed over
    tokens and steps) are probabilities too.  ``idle_kl`` = ``KL(q_δ‖p_0)``, what doing nothing
    gives; ``data_tv`` = ``TV(q_0, p_out)``, against the data themselves.  ``entropy_fall`` =
    ``H(q_δ) - H(p_out)`` of sequences of tokens, over the runs that are not lost.  ``seconds`` it
    took. ``step_factorisation [N]`` is the part of each step, with ``step_floors``; ``reasons`` by
    the number's name.

    ``floors`` says how far rounding can move each number.  ``floor``, ``chain_floor`` and
    ``path_floor`` say how far off ``kl``, ``chain_kl`` and ``path_kl`` may be for any reason:
    rounding, the quadrature of a path KL, the interval of an estimate.
    """

    kl: float
    reverse_kl: float
    tv: float
    chi2: float
    hellinger: float
    chain_kl: float
    start_kl: float
    factorisation_kl: float
    marginal_kl: float
    path_kl: float
    score_error: float
    total_correlation: float
    dual_total_correlation: float
    lost_mass: float
    clipped: float
    idle_kl: float
    data_tv: float
    entropy_fall: float
    off_support: float
    floor: float
    chain_floor: float
    path_floor: float
    engine: str
    seconds: float = field(compare=False)
    draws: int = 0
    floors: dict[str, float] = field(default_factory=dict, compare=False, repr=False)
    reasons: dict[str, str] = field(default_factory=dict)
    step_factorisation: tuple[float, ...] = field(default=(), repr=False)
    step_floors: tuple[float, ...] = field(default=(), compare=False, repr=False)

    def html_row(self) -> dict[str, str]:
        """What a table of several shows of this one."""
        return {name: self._told(name) for name in SHOWN}

    def _repr_html_(self) -> str:
        """Every number with what it may be off by, and why what is not a number is none."""
        rows = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in HIDDEN or isinstance(value, dict | tuple):
                continue
            off = self.floors.get(each.name, 0.0)
            rows.append([each.name, self._told(each.name), f"{off:.1g}" if off else ""])
        rows += [[f"{name}: why", reason, ""] for name, reason in self.reasons.items()]
        return html.table(["quantity", "value", "rounding, at most"], rows)

    def _told(self, name: str) -> str:
        value = getattr(self, name)
        if not isinstance(value, float):
            return str(value)
        return "" if math.isnan(value) else written(value, self.floors.get(name, 0.0), 6)
