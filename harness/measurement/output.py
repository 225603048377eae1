"""What is measured on the law of the output: divergences from the truth, and what was lost."""

import math

import numpy as np

from harness.engines.steps import Run
from harness.numerics import divergence
from harness.numerics.divergence import CARRIED, ENTRY_ERROR, kl_floor, kl_of_laws_floor
from harness.problem.problem import Problem
from harness.process.space import Counts

TAILS = 1e-250  # where a law of counts has such entries, others may have underflowed
LEAST = 1e-307  # about the smallest number with all its digits

_OF_OUTPUT = (
    *("kl", "reverse_kl", "tv", "chi2", "hellinger"),
    *("off_support", "lost_mass", "clipped", "idle_kl", "data_tv", "entropy_fall"),
)


def of_output(
    problem: Problem, run: Run | None
) -> tuple[dict[str, float], dict[str, float], dict[str, str]]:
    """What is measured on the output law, its floors, reasons for what is infinite or missing."""
    if run is None:
        why = dict.fromkeys(_OF_OUTPUT, "not measured")
        return dict.fromkeys(_OF_OUTPUT, math.nan), {"kl": 0.0}, why
    wanted, total = problem.marginal(problem.grid.stop), run.law.sum() + run.lost
    law, lost = run.law / total, run.lost / total
    unheld = _underflows(problem, law) and bool(((law < CARRIED) & (wanted >= CARRIED)).any())
    wanted, law = divergence.carried(wanted, law)
    values = {
        "kl": divergence.kl(wanted, law, lost),
        "reverse_kl": divergence.reverse_kl(wanted, law, lost),
        "tv": divergence.tv(wanted, law, lost),
        "chi2": divergence.chi2(wanted, law, lost),
        "hellinger": divergence.hellinger(wanted, law, lost),
        "off_support": float(law[_impossible(problem)].sum()),
        "lost_mass": lost,
        "clipped": run.clipped,
        "idle_kl": _idle_kl(problem, wanted),
        "data_tv": divergence.tv(problem.data_law, law, lost),
        "entropy_fall": math.nan,
    }
    if unheld:
        values["kl"] = math.nan
    floors = _floors(problem, values, wanted, law)
    reasons, forbidden = {}, float(law[wanted == 0].sum())
    if unheld:
        reasons["kl"] = (
            "the output law has tails that float64 does not hold, where the truth is larger"
        )
    if (kept := law.sum()) > 0:
        (true, off), (found, off_too) = (_entropy(problem, p) for p in (wanted, law / kept))
        values["entropy_fall"] = true - found
        floors["entropy_fall"] = off + off_too + 2 * floors["tv"]
    else:
        reasons["entropy_fall"] = "all runs are lost"
    for name in ("reverse_kl", "chi2"):
        if np.isinf(values[name]):
            why = f"{lost:.3g} of the mass is lost" if lost > 0 else ""
            reasons[name] = why or f"{forbidden:.3g} of the mass is on sequences of probability 0"
    if np.isinf(values["kl"]):
        reasons["kl"] = (
            f"the sampler cannot reach {int(((wanted > 0) & (law == 0)).sum())} possible sequences"
        )
        if problem.space.masked and problem.grid.stop == 0:
            reasons["kl"] += f"; {forbidden:.3g} of its mass still has a mask: too few steps?"
    return values, floors, reasons


def _impossible(problem: Problem) -> np.ndarray:
    """``[states]`` True where the data law is zero; where it has only underflowed it is not."""
    space = problem.space
    if not isinstance(space, Counts):
        return problem.data_law == 0
    tokens = problem.target.space.tokens
    counts = space.counts()
    clean = counts[:, tokens:].sum(1) == 0  # no token is the mask
    impossible = ~clean
    log_law = np.asarray(problem.target.log_prob_of_counts(counts[clean, :tokens]))
    impossible[clean] = log_law == -np.inf
    return impossible


def _idle_kl(problem: Problem, wanted: np.ndarray) -> float:
    """``KL(q_δ‖p_0)``; where ``p_0`` has underflowed, with what float64 holds at the least."""
    if problem.start == "noise":
        return problem.kl_to_independent(wanted)
    start = problem.start_law
    if _underflows(problem, start):  # no more than the KL, and all of it but in the tails
        start = np.maximum(start, LEAST)
    return divergence.kl(wanted, start, lost=0.0)


def _underflows(problem: Problem, law: np.ndarray) -> bool:
    """Whether a law of counts is so small somewhere that its zeros need be none."""
    return isinstance(problem.space, Counts) and bool(((law > 0) & (law < TAILS)).any())


def _entropy(problem: Problem, law: np.ndarray) -> tuple[float, float]:
    """Entropy in nats of the sequence of tokens, and its floor."""
    value, floor = divergence.entropy_with_floor(law)
    orders = law * problem.space.log_sequences()
    return value + float(orders.sum()), floor + ENTRY_ERROR * float(np.sqrt(orders @ orders))


def _floors(
    problem: Problem, values: dict[str, float], wanted: np.ndarray, law: np.ndarray
) -> dict[str, float]:
    """How far errors of the entries of both laws move each number, a rounding a step."""
    steps = problem.grid.steps
    error = ENTRY_ERROR * math.sqrt(steps)
    of_laws = kl_of_laws_floor(wanted, law, steps, alike=steps)
    # What is the same in every step, as a kernel's error is, adds up.
    grown = ENTRY_ERROR * (math.sqrt(steps) / 2 + steps / 4)
    summed = grown * math.sqrt(law @ law + wanted @ wanted)
    squares = values["chi2"] if np.isfinite(values["chi2"]) else 0.0
    return {
        "kl": of_laws if np.isfinite(values["kl"]) else 0.0,
        "reverse_kl": of_laws if np.isfinite(values["reverse_kl"]) else 0.0,
        "tv": summed,
        "chi2": 2 * error * math.sqrt(squares) + error**2,
        "hellinger": error,
        "idle_kl": kl_floor(values["idle_kl"], problem.space.length**2),
        "data_tv": summed,
    }
