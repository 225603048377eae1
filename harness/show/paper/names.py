"""How samplers, theorems, quantities and axes are called in print."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.foundation.validation import choice

SAMPLERS: Mapping[str, str] = {
    # Only added to at the end: the place in this table makes the style.
    "tau_leaping": "τ-leaping (one jump)",
    "euler": "Euler",
    "tweedie": "Tweedie",
    "tau_leaping (wrap)": "τ-leaping (modulo S)",
    "frozen_score": "Frozen score",
    "tau_leaping (lose)": "τ-leaping (leaving chains lost)",
    "theta_trapezoidal": "θ-trapezoidal",
    "masked_plug_in": "Masked plug-in",
    "first_hitting": "First hitting",
    "theta_rk2": "θ-RK-2",
    "predictor_corrector": "Predictor–corrector",
    "uniformization": "Uniformization",
    "dndm": "DNDM",
    "dndm_continuous": "DNDM, continuous",
    "confidence": "Confidence",
    "fixed_cardinality": "Fixed cardinality",
    "multinomial_d3pm": "D3PM",
    "soft_value_decoding": "Soft value decoding",
    "gumbel_draws": "Gumbel draws",
    "truncated_uniformization": "Truncated uniformization",
    "threshold": "Threshold",
    "entropy_bound": "Entropy bound",
    "blocks": "Blocks",
    "remasking": "Remasking",
    "fixed_order": "Fixed order",
}
"""``{name: in print}``.  A label that begins with one of them is printed as that and the rest."""

THEOREMS: Mapping[str, str] = {
    # Only added to at the end, as above.
    "liang_2025": "Liang et al. 2025",
    "dmitriev_2026a": "Dmitriev et al. 2026a",
    "explicit_dtc": "Explicit DTC bound",
    "ren_2024": "Ren et al. 2024",
    "dmitriev_2026b": "Dmitriev et al. 2026b",
    "total_correlation": "Total correlation",
    "dmitriev_2026a_one_jump": "Form of Dmitriev et al. 2026a, one jump",
    "zhang_2024_early_stopping": "Zhang et al. 2024, early stopping",
    "zhang_2024_full_support": "Zhang et al. 2024, full support",
    "chain": "Data processing",
    "start_uniform": "Start, uniform noise",
    "start_absorbing": "Start, absorbing noise",
    "early_stopping": "Early stopping",
    "early_stopping_output": "Early stopping and output",
    "explicit_dtc_masked": "Explicit DTC bound, masked",
    "wainwright_2026": "Wainwright 2026, Theorem 1",
    "wainwright_2026_odds": "Wainwright 2026, odds",
    "wainwright_2026_optimal": "Wainwright 2026, optimal",
    "absorb_2025": "Liang et al. 2025, absorbing",
    "li_cai_2025": "Li and Cai 2025",
    "ren_2025": "Ren et al. 2025",
    "chen_ying_2024": "Chen and Ying 2024",
    "first_hitting": "Zheng et al. 2025, first hitting",
    "dndm": "Chen et al. 2024, DNDM",
    "zhang_2024_sharp_path": "Frozen score, sharp path KL",
    "zhang_2024_sharp_chain": "Frozen score, sharp chain KL",
    "riemann_masked": "Riemann sums, masked",
    "di4c_2025": "Hayakawa et al. 2025",
    "dmitriev_2026a_lower": "Dmitriev et al. 2026a, from below",
    "dmitriev_2026a_masked": "Dmitriev et al. 2026a, masked",
    "dmitriev_2026a_geometric": "Dmitriev et al. 2026a, geometric",
    "dmitriev_2026b_path": "Dmitriev et al. 2026b, paths",
    "lost_jumps": "Lost jumps, from below",
    "explicit_path": "Explicit path bound",
    "explicit_path_identity": "Path identity",
    "exact_time": "Rates at every time",
    "huang_2026": "Huang et al. 2026",
    "chen_cong_li_2026": "Chen, Cong and Li 2026",
    "chen_cong_li_2026_schedule": "Chen, Cong and Li 2026, schedules",
    "wen_2026": "Wen 2026",
    "wen_2026_entropy_bound": "Wen 2026, entropy bound",
    "dependence_plus_estimation": "Dependence and estimation",
}
TRUST = {"T": "", "O": ", order only", "D": ", proved here", "N": ", a comparison"}
"""What is added to a theorem's name, by the label of its statement."""


@dataclass(frozen=True)
class Quantity:
    """A measured column: its name in print, its unit, and which rung a theorem must bound."""

    label: str
    unit: str
    rung: str = ""


KL, TV = "KL, nats", "total variation"
QUANTITIES: Mapping[str, Quantity] = {
    "kl": Quantity("output KL", KL, "output"),
    "chain_kl": Quantity("chain KL", KL, "chain"),
    "path_kl": Quantity("path KL", KL, "path"),
    "factorisation_kl": Quantity("factorisation part", KL),
    "marginal_kl": Quantity("marginal part", KL),
    "start_kl": Quantity("KL at the start", KL),
    "reverse_kl": Quantity("reverse KL", KL),
    "idle_kl": Quantity("KL of doing nothing", KL),
    "score_error": Quantity("score error", KL),
    "tv": Quantity("TV", TV, "tv"),
    "data_tv": Quantity("TV to the data", TV, "data"),
    "stopping_tv": Quantity("TV of stopping early", TV, "stopping"),
    "off_support": Quantity("mass off the support", "probability"),
    "lost_mass": Quantity("lost mass", "probability"),
    "clipped": Quantity("clipped mass", "probability"),
    "hellinger": Quantity("Hellinger distance", "Hellinger distance"),
    "chi2": Quantity("χ²", "χ²"),
    "steps": Quantity("fewest steps", "steps N", "steps"),
    "constant": Quantity("needed constant", "needed constant"),
}
"""What can be drawn.  ``steps`` is of sweeps along ε only; ``constant`` is one line a theorem."""


@dataclass(frozen=True)
class Names:
    """Names in print, of which a file may give others.

    Each table maps a label, or a theorem's name, to what is printed.
    """

    samplers: Mapping[str, str] = field(default_factory=dict)
    theorems: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)

    def target(self, label: str) -> str:
        """A target's label in print."""
        return self.targets.get(label, label)

    def sampler(self, label: str) -> str:
        """A sampler's label in print."""
        if label in self.samplers:
            return self.samplers[label]
        known = known_sampler(label)
        if known not in SAMPLERS:
            return label
        printed, rest = SAMPLERS[known], label[len(known) :]  # all spellings are equally long
        if rest.lstrip().startswith("("):  # says itself which variant it is
            printed, rest = re.sub(r" \(.*\)$", "", printed), f" {rest.lstrip()}"
        return printed + rest

    def theorem(self, column: str) -> str:
        """A theorem in print, from ``name[trust]`` as a column is headed."""
        name, trust = named(column)
        if name in self.theorems:
            return self.theorems[name]
        return THEOREMS.get(name, name) + TRUST.get(trust, f" [{trust}]" if trust else "")


def read(path: Path) -> Names:
    """``Names`` from a TOML file with a table for each of its fields.  Raises ValueError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not valid TOML: {error}") from None
    for key, table in tables.items():
        choice(f"table in {path}", key, ("samplers", "theorems", "targets"))
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            raise ValueError(f"{path}: {key} must be a table of names in print, got {table!r}")
    return Names(**tables)


def named(column: str) -> tuple[str, str]:
    """``(name, trust)`` of a theorem from ``name[trust]``; trust is empty where none is said."""
    found = re.match(r"(.*?)\[(\w)\]", column)
    return (found[1], found[2]) if found else (column, "")


def known_sampler(label: str) -> str:
    """The longest known name that a label begins with, however it is spelt, or all of the label.

    ``masked plug-in, cosine`` begins with ``masked_plug_in``.
    """
    spelt = re.sub(r"[ _-]", "_", label.lower())
    fitting = [
        name
        for name in SAMPLERS
        if re.match(re.escape(re.sub(r"[ _-]", "_", name)) + r"(?![a-z0-9])", spelt)
    ]
    return max(fitting, key=len, default=label)
