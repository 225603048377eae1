"""The findings of README, a line each: a text whose every number is computed from committed rows.

``{}`` in the text are the numbers, in order.  To add a finding, add a line here and the
same line to the table, which ``python tests/helpers/findings.py`` prints.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # where this is a program
from helpers import committed
from helpers.committed import counts, curve, number, order, ratio, rows, verdict

BOTH = ("tau_leaping (wrap)", "tau_leaping")  # modulo S, one-jump
HEAD = ["| finding | where it is kept |", "|---|---|"]


class Finding(NamedTuple):
    """``text`` with a ``{}`` for each of ``numbers``, and the experiments that they are from."""

    text: str
    numbers: Callable[[], tuple[float, ...]]
    experiments: tuple[str, ...]

    def row(self) -> str:
        """The line of the table."""
        where = ", ".join(f"`{name}`" for name in self.experiments)
        return f"| {self.text.format(*self.numbers())} | {where} |"


def orders(name: str, *samplers: str) -> Iterator[float]:
    """On the Potts ring, along the step."""
    return (order("step_even", "ring", each, name) for each in samplers)


def largest(experiment: str, name: str, target: str = "") -> float:
    """The largest value in a column, of one target or of all."""
    return max(row[name] for row in rows(experiment) if target in ("", row["target"]))


def plug_in(target: str) -> float:
    """The KL of the masked plug-in over that of Tweedie, at 128 calls."""
    return ratio("equal_calls", target, ("masked plug-in", "tweedie"), 128)


def share(d: int) -> float:
    """The chain KL of Tweedie over κ DTC on a long chain with two flips."""
    sweep = "dmitriev_2026b", "two flips", "tweedie"
    return curve(*sweep, "chain_kl")[d] / curve(*sweep, "form dmitriev_2026b[T]")[d]


def tightest(theorem: str = "explicit_dtc") -> float:
    """The largest share of its bound, in percent, that any sweep of ``theorem`` reaches."""
    mine = [row for row in committed.verdicts() if row["theorem"] == theorem]
    return max(100 * row["measured"] / row["bound"] for row in mine if row["status"] == "HOLDS")


def same_cost(sampler: str) -> float:
    """The KL on steps of equal cost over that on geometric ones, at 256 steps of a ring."""
    both = (f"{sampler}, equal cost", f"{sampler}, geometric")
    return ratio("equal_cost", "ring", both, 256)


def from_the_left() -> list[float]:
    """How many times the output KL by entropy that from left to right is, on letters."""
    letters = "decoders_letters", "letters"
    left, by_entropy = (curve(*letters, each, "kl") for each in ("left to right", "entropy"))
    return [left[rounds] / by_entropy[rounds] for rounds in left]


FINDINGS = (
    Finding(
        "On full support output KL falls like h²: orders {:.2f} (Euler), {:.2f} (τ-leaping), "
        "{:.2f} (Tweedie) on a Potts ring; chain KL like h: {:.2f}, {:.2f}, {:.2f}",
        lambda: (
            *orders("kl", "euler", "tau_leaping", "tweedie"),
            *orders("chain_kl", "euler", "tau_leaping", "tweedie"),
        ),
        ("step_even",),
    ),
    Finding(
        "τ-leaping that loses chains which leave the alphabet is of order {:.2f} there, even in"
        " the output",
        lambda: tuple(orders("kl", "tau_leaping (lose)")),
        ("step_even",),
    ),
    Finding(
        "τ-leaping modulo S has a larger output KL than one-jump τ-leaping wherever both are "
        "run: {:.1f} times on a Potts ring, {:.1f} times on a bit repeated {} times",
        lambda: (
            ratio("step_even", "ring", BOTH, 512),
            ratio("length_1000", "repeated bit", BOTH, 300),
            300,
        ),
        ("step_even", "length_1000"),
    ),
    Finding(
        "`dmitriev_2026a` [T]: the needed constant is seen to grow along neither step, S nor d:"
        " {} sweeps CONSISTENT, {} INCONCLUSIVE, {} INCONSISTENT",
        lambda: tuple(
            counts("dmitriev_2026a", "step", "S", "d")[status]
            for status in ("CONSISTENT", "INCONCLUSIVE", "INCONSISTENT")
        ),
        ("vocabulary", "length", "length_1000"),
    ),
    Finding(
        "`ren_2024` [O]: on a repeated token the needed constant grows with S, like S^{:.2f}: "
        "INCONSISTENT, of a form that we reconstructed",
        lambda: (verdict("vocabulary", "repeated token", "tau_leaping", "ren_2024")["slope"],),
        ("vocabulary",),
    ),
    Finding(
        "`explicit_dtc` [D], every constant known: HOLDS in {} sweeps, VACUOUS in {}, VIOLATED "
        "in {}; the tightest is at {:.2f}% of the bound",
        lambda: (
            *(counts("explicit_dtc")[status] for status in ("HOLDS", "VACUOUS", "VIOLATED")),
            tightest(),
        ),
        ("start", "length_1000"),
    ),
    Finding(
        "Down to the data at {} score calls the KL of the masked plug-in is {:.2f} times that "
        "of Tweedie on a ring and {:.2f} times on a rare event; {:.0f} times on parity and "
        "{:.0f} times on a repeated token, where tokens determine each other",
        lambda: (128, *map(plug_in, ("ring", "rare event", "parity", "repeated token"))),
        ("equal_calls",),
    ),
    Finding(
        "First hitting is exact in d score calls: KL {:g} after {:.0f} calls for {:.0f} bits of"
        " parity",
        lambda: (
            max(row["kl"] for row in rows("equal_calls") if row["sampler"] == "first hitting"),
            number("equal_calls", "parity", "first hitting", "score_calls", 128),
            number("equal_calls", "parity", "first hitting", "d", 128),
        ),
        ("equal_calls", "reveals"),
    ),
    Finding(
        "Under uniform noise DNDM keeps a bias: KL {:.3f} after {:,.0f} steps, where that of "
        "Tweedie is {:.1e}",
        lambda: (
            number("dndm_uniform", "table", "dndm", "kl", 1024),
            largest("dndm_uniform", "N"),
            number("dndm_uniform", "table", "tweedie", "kl", 1024),
        ),
        ("dndm_uniform",),
    ),
    Finding(
        "The θ-trapezoidal rule is of order {:.2f} in TV where a double jump is read as one to "
        "its target and the rate is not clamped; {:.2f} with the clamp, {:.2f} where double "
        "jumps are dropped",
        lambda: tuple(
            order("one_site", "one_site", f"{each} target", "tv")
            for each in ("no clamp, one_jump to the", "clamp, one_jump to the", "no clamp, reject,")
        ),
        ("one_site",),
    ),
    Finding(
        "Gumbel draws with uniforms of {} bits (float16) cost {:.3f} nats of a token's entropy "
        "in {} steps over {:.0f} words, of {} bits (float32) {:.1e}",
        lambda: (
            11,
            number("coarse_draws", "16 words", "float16, 11 bits", "entropy_fall", 64),
            64,
            number("coarse_draws", "16 words", "float16, 11 bits", "S", 64),
            24,
            number("coarse_draws", "16 words", "float32, 24 bits", "entropy_fall", 64),
        ),
        ("coarse_draws",),
    ),
    Finding(
        "Half of the guidance by an exact value keeps an error, KL {:.3f} after {} steps, the "
        "best of {} proposals {:.4f}; full guidance falls like h^{:.2f}",
        lambda: (
            number("guided", "more ones", "D3PM, half of it", "kl", 512),
            512,
            8,
            number("guided", "more ones", "best of 8 by soft value", "kl", 512),
            order("guided", "more ones", "D3PM, full guidance", "kl"),
        ),
        ("guided",),
    ),
    Finding(
        "KL alone hides mass on forbidden sequences: on parity of {:.0f} bits {:.4f} of the "
        "output of τ-leaping, {:.4f} of that of Tweedie, and the reverse KL is infinite",
        lambda: (
            largest("step_forbidden", "d", "parity(length=4)"),
            number("step_forbidden", "parity(length=4)", "tau_leaping", "off_support", 1024),
            number("step_forbidden", "parity(length=4)", "tweedie", "off_support", 1024),
        ),
        ("step_forbidden",),
    ),
    Finding(
        "With S the output KL of one-jump τ-leaping hardly grows up to {:,.0f} words: at most "
        "like S^{:.2f}; at the critical point of a magnet it grows like d^{:.2f} up to d = "
        "{:,.0f}",
        lambda: (
            min(largest(each, "S") for each in ("vocabulary_zipf", "vocabulary_classes")),
            max(
                order(experiment, target, "tau_leaping", "kl")
                for experiment in ("vocabulary_zipf", "vocabulary_classes")
                for target in {row["target"] for row in rows(experiment)}
            ),
            order("length_1000", "critical magnet", "tau_leaping", "kl"),
            largest("length_1000", "d"),
        ),
        ("vocabulary_zipf", "vocabulary_classes", "length_1000"),
    ),
    Finding(
        "`dmitriev_2026b` [T]: on a long chain with two flips the chain KL of Tweedie is {:.2f}"
        " κ·DTC at d = {} and {:.2f} at {:,}, still growing: INCONCLUSIVE",
        lambda: (share(16), 16, share(1024), 1024),
        ("dmitriev_2026b",),
    ),
    Finding(
        "`explicit_path` [D], a theorem of our own for any score estimate, no constant hidden: "
        "HOLDS in {} sweeps, VIOLATED in {}, at {:.1f}% of the bound at most; its identity for "
        "paths in {}",
        lambda: (
            *(counts("explicit_path")[status] for status in ("HOLDS", "VIOLATED")),
            tightest("explicit_path"),
            counts("explicit_path_identity")["HOLDS"],
        ),
        ("equal_cost", "noises"),
    ),
    Finding(
        "On steps that cost the same (`grids.equal_cost`) the output KL at {} steps of a ring is "
        "{:.2f} times that on geometric steps for τ-leaping, {:.2f} times for Tweedie",
        lambda: (256, *map(same_cost, ("tau_leaping", "tweedie"))),
        ("equal_cost",),
    ),
    Finding(
        "Decoders at as many rounds, on {} letters: left to right loses {:.1f} to {:.1f} times as "
        "much as the surest by entropy",
        lambda: (64, min(from_the_left()), max(from_the_left())),
        ("decoders_letters",),
    ),
)

if __name__ == "__main__":
    print(*HEAD, *(finding.row() for finding in FINDINGS), sep="\n")
