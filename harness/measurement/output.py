"""What is measured on the law of the output: divergences from the truth, and what was lost."""

import math
from collections import Counter
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from harness.engines.steps import Run
from harness.measurement.output_floors import hellinger_floor, moved_squares
from harness.numerics import divergence
from harness.numerics.divergence import CARRIED, ENTRY_ERROR, kl_floor, kl_of_laws_floor, total
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.grids import Grid
from harness.process.score import Score
from harness.process.space import Sequences, Space
from harness.process.truth import on_sequences as on_all
from harness.process.truth.underflow import seen

Numbers = dict[str, dict[str, Any]]
"""``values``, their ``floors`` and ``facts`` about what is infinite."""

TAILS = 1e-250  # where a law of counts has such entries, others may have underflowed
LEAST = 1e-307  # about the smallest number with all its digits

_OF_OUTPUT = (
    *("kl", "reverse_kl", "tv", "chi2", "hellinger"),
    *("off_support", "lost_mass", "clipped", "idle_kl", "data_tv", "entropy_fall"),
)

_OF_DATA = ("total_correlation", "dual_total_correlation")
_OF_START = ("start_kl", *_OF_DATA)
_FACTS = ("unheld", "all_lost", "forbidden", "unreached")


class Told(NamedTuple):
    """Of both ends of a run: numbers by name, their floors, reasons for what is no number."""

    values: dict[str, float]
    floors: dict[str, float]
    reasons: dict[str, str]


def of_ends(problem: Problem, run: Run | None) -> Told:
    """What is measured where a run starts and ends, and of the data; without ``run`` no output.

    By numpy: for one problem that is as fast, and nothing has to be compiled.
    """
    space, grid = problem.space, problem.grid
    found: Numbers = {"values": {}, "floors": {}, "facts": {}}
    if run is not None:
        wanted = problem.marginal(grid.stop)
        if isinstance(space, Counts):
            idle, impossible = _idle_kl(problem, wanted), _impossible(problem)
        else:
            idle = divergence.kl(wanted, problem.start_law, lost=0.0)
            impossible = problem.data_law == 0
        law, lost, clipped = run.law, run.lost, run.clipped
        found = numbers(
            space, problem.data_law, wanted, law, lost, clipped, impossible, idle, errors(problem)
        )
    found["values"]["start_kl"] = start_kl(problem)
    found["floors"]["start_kl"] = start_floor(problem)
    found["values"] |= zip(_OF_DATA, problem.dependence, strict=True)
    found["floors"] |= zip(_OF_DATA, problem.dependence_floors, strict=True)
    return told(problem, found)


def of_arrays(
    space: Sequences,
    truth: Score,
    start_law: Any,
    start: Any,
    stop: Any,
    output: Any,
    errors: Any,
) -> Any:
    """The same on all sequences as one array, which ``unpacked`` takes apart; traceable.

    ``start_law`` is ``p_0``, ``output`` the law of the run, what it lost and what was clipped, if
    it is to be measured; the run is from time ``start`` to ``stop``.
    """
    data, noised = truth.data_law, truth.marginal(start)
    laws = jnp.stack([seen(space, noised), truth.marginal(stop)])
    of_start, idle = divergence.kls(laws, jnp.stack([start_law, start_law]))
    found: Numbers = {"values": {}, "floors": {}, "facts": {}}
    if output is not None:
        law, lost, clipped = output
        found = numbers(space, data, laws[1], law, lost, clipped, data == 0, idle, errors)
    values, floors = found["values"], found["floors"]
    values["start_kl"] = of_start
    floors["start_kl"] = kl_of_laws_floor(noised, start_law, float(space.length**2))
    for name in _OF_DATA:
        known = getattr(on_all, f"{name}_with_floor")
        values[name], floors[name] = known(space, data)
    names = _names(output is not None)
    return jnp.stack([jnp.asarray(found[kind][name], jnp.float64) for kind, name in names])


def unpacked(found: np.ndarray, with_output: bool) -> Numbers:
    """What ``of_arrays`` has found, by name."""
    apart: Numbers = {"values": {}, "floors": {}, "facts": {}}
    for (kind, name), number in zip(_names(with_output), found.tolist(), strict=True):
        apart[kind][name] = number
    return apart


def _names(with_output: bool) -> list[tuple[str, str]]:
    of_numbers = (*_OF_OUTPUT, *_OF_START) if with_output else _OF_START
    found = [(kind, name) for kind in ("values", "floors") for name in of_numbers]
    return found + [("facts", name) for name in _FACTS if with_output]


def start_kl(problem: Problem) -> float:
    """``KL(q_T‖p_0)``, 0 when the sampler starts at ``q_T``."""
    if problem.start == "exact":
        return 0.0
    now = seen(problem.space, problem.marginal(problem.grid.start))
    if problem.start == "noise":
        return float(problem.kl_to_independent(now))
    return float(divergence.kl(now, problem.start_law))


def start_floor(problem: Problem) -> float:
    """How far rounding can move ``start_kl``; the law of ``d`` tokens carries the errors of all."""
    if problem.start == "exact":
        return 0.0
    laws = problem.marginal(problem.grid.start), problem.start_law
    return float(kl_of_laws_floor(*laws, float(problem.space.length**2)))


def errors(problem: Problem) -> tuple[float, float, float]:
    """How many errors an entry of the output law carries: independent ones, alike ones, all.

    Squares of independent ones add up, so that these are the square of how large they are together.
    What is the same in every step of one length, as a kernel's error is, adds up.  That of a
    sampler's law, where it has one that is not rounding, counts twice.
    """
    grid, own = problem.grid, 2 * problem.sampler.claims.law_error / ENTRY_ERROR
    alike = math.hypot(*Counter(alike_steps(grid)).values())
    return grid.steps * (1.0 + own**2), alike, grid.steps * (1.0 + own) + alike


def alike_steps(grid: Grid) -> list[str]:
    """``[N]`` the lengths of the steps: equal texts where kernels are nearly the same."""
    return [f"{t - s:.6e}" for t, s in grid.intervals()]


def numbers(
    space: Space,
    data: Any,
    wanted: Any,
    law: Any,
    lost: Any,
    clipped: Any,
    impossible: Any,
    idle: Any,
    errors: tuple[Any, Any, Any],
) -> Numbers:
    """``values``, their ``floors`` and ``facts`` about what is infinite, of one output law.

    ``wanted`` is ``q_δ``; ``law``, of which ``lost`` is missing, the output's.  ``impossible``
    marks states where the data law is 0; ``idle`` is ``KL(q_δ‖p_0)``; last what ``errors`` gives.
    Arrays of numpy or of JAX, traceable.
    """
    xp, (independent, alike, most) = divergence.library(law), errors
    whole = law.sum() + lost
    law, lost = law / whole, lost / whole
    unheld = isinstance(space, Counts) & ((law > 0) & (law < TAILS)).any()
    unheld = unheld & ((law < CARRIED) & (wanted >= CARRIED)).any()
    wanted, law = divergence.carried(wanted, law)
    forbidden = xp.where(wanted == 0, law, 0.0)
    held = law  # but for what rounding alone can leave where the truth is 0, which decides nothing
    if not isinstance(space, Counts):
        dust = total(forbidden) <= ENTRY_ERROR * most
        held = xp.where(dust & (wanted == 0), 0.0, law)
    forwards, backwards = divergence.kls(xp.stack([wanted, held]), xp.stack([held, wanted]))
    kept = law.sum()
    orders = space.log_sequences() if isinstance(space, Counts) or space.class_sizes else None
    true, true_floor = _entropy(wanted, orders)
    found, found_floor = _entropy(law / xp.where(kept > 0, kept, 1.0), orders)
    values = {
        "kl": xp.where(unheld, np.nan, forwards + lost),
        "reverse_kl": xp.where(lost > 0, np.inf, backwards),
        "tv": divergence.tv(wanted, law, lost),
        "chi2": divergence.chi2(wanted, held, lost),
        "hellinger": divergence.hellinger(wanted, held, lost),
        "off_support": total(xp.where(impossible, law, 0.0)),
        "lost_mass": lost,
        "clipped": clipped,
        "idle_kl": idle,
        "data_tv": divergence.tv(data, law, lost),
        "entropy_fall": xp.where(kept > 0, true - found, np.nan),
    }
    off = kl_of_laws_floor(wanted, law, independent, alike)
    error = ENTRY_ERROR * xp.sqrt(independent)
    grown = error / 2 + ENTRY_ERROR * alike / 4
    summed = grown * xp.sqrt(moved_squares(law) + moved_squares(wanted))
    squares = xp.where(xp.isfinite(values["chi2"]), values["chi2"], 0.0)
    rare = xp.where(impossible, law, 0.0)
    floors = {
        "kl": xp.where(xp.isfinite(values["kl"]), off, 0.0),
        "reverse_kl": xp.where(xp.isfinite(values["reverse_kl"]), off, 0.0),
        "tv": summed,
        "chi2": 2 * error * xp.sqrt(squares) + error**2,
        "hellinger": hellinger_floor(values["hellinger"], wanted, law, 2 * grown),
        "off_support": grown * xp.sqrt(rare @ rare) + ENTRY_ERROR * values["off_support"],
        "lost_mass": 2 * grown * lost,
        "clipped": 2 * grown * clipped,
        "idle_kl": kl_floor(idle, space.length**2),
        "data_tv": summed,
        "entropy_fall": true_floor + found_floor + 2 * summed,
    }
    facts = {
        "unheld": unheld,
        "all_lost": kept <= 0,
        "forbidden": total(forbidden),
        "unreached": ((wanted > 0) & (law == 0)).sum(),
    }
    return {"values": values, "floors": floors, "facts": facts}


def told(problem: Problem, found: Numbers) -> Told:
    """``numbers`` as floats, and the reasons for what is infinite or missing."""
    # One nan for all, so that measurements that say the same are equal.
    values = {n: math.nan if np.isnan(v) else float(v) for n, v in found["values"].items()}
    floors = {name: float(floor) for name, floor in found["floors"].items()}
    if problem.start == "exact":
        values["start_kl"] = floors["start_kl"] = 0.0
    if not found["facts"]:
        why = dict.fromkeys(_OF_OUTPUT, "not measured")
        return Told({**dict.fromkeys(_OF_OUTPUT, math.nan), **values}, {"kl": 0.0, **floors}, why)
    facts, reasons, lost = found["facts"], {}, values["lost_mass"]
    for name in ("reverse_kl", "chi2"):
        if math.isinf(values[name]):
            why = f"{lost:.3g} of the mass is lost" if lost > 0 else ""
            forbidden = float(facts["forbidden"])
            reasons[name] = why or f"{forbidden:.3g} of the mass is on sequences of probability 0"
    if facts["unheld"]:
        reasons["kl"] = (
            "the output law has tails that float64 does not hold, where the truth is larger"
        )
    if math.isinf(values["kl"]):
        reasons["kl"] = f"the sampler cannot reach {int(facts['unreached'])} possible sequences"
        if problem.space.masked and problem.grid.stop == 0:
            reasons["kl"] += (
                f"; {float(facts['forbidden']):.3g} of its mass still has a mask: too few steps?"
            )
    if facts["all_lost"]:
        reasons["entropy_fall"] = "all runs are lost"
    return Told(values, floors, reasons)


def _impossible(problem: Problem) -> np.ndarray:
    """``[counts]`` True where the data law is zero; where it has only underflowed it is not."""
    tokens, counts = problem.target.space.tokens, problem.counts.counts()
    clean = counts[:, tokens:].sum(1) == 0  # no token is the mask
    impossible = ~clean
    log_law = np.asarray(problem.target.log_prob_of_counts(counts[clean, :tokens]))
    impossible[clean] = log_law == -np.inf
    return impossible


def _idle_kl(problem: Problem, wanted: np.ndarray) -> float:
    """``KL(q_δ‖p_0)`` on counts; where ``p_0`` has underflowed, with the least that is held."""
    if problem.start == "noise":
        return problem.kl_to_independent(wanted)
    start = problem.start_law
    if bool(((start > 0) & (start < TAILS)).any()):  # no more than the KL, and all but its tails
        start = np.maximum(start, LEAST)
    return float(divergence.kl(wanted, start, lost=0.0))


def _entropy(law: Any, orders: np.ndarray | None) -> tuple[Any, Any]:
    """Entropy in nats of the sequence of tokens, and its floor.

    ``orders``: the log of how many sequences each state stands for, where not of one.
    """
    value, floor = divergence.entropy_with_floor(law)
    if orders is None:
        return value, floor
    terms = law * orders
    return value + total(terms), floor + ENTRY_ERROR * divergence.library(law).sqrt(terms @ terms)
