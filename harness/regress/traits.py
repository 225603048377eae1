"""What each trait means, verified on the law itself: a declaration is taken at its word nowhere.

``verify(trait, sampler)`` computes what the trait says from the truth, in plain numpy, and compares
it with the step laws of the sampler on tiny problems: uniform and non-symmetric noise, a target of
full support without symmetry, the exact score, a short step and a long one; and other sizes.  A
trait that says how the law follows from the rates is true of any score: it is verified on one that
is far off, too.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from harness.engines.sequences import by_kind
from harness.engines.sequences.accounts import rates_at
from harness.engines.sequences.by_kind import Pairs
from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.law.step import Generator, Kernel, Tokens, Varying
from harness.measurement.differential_inequality import flows_in_step
from harness.measurement.path_kl import nodes_in_step
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, CyclicWalk
from harness.process.score import Perturbed
from harness.process.truth import on_sequences
from harness.regress import bank, jump_laws, reveal_traits
from harness.regress.cases import size
from harness.regress.check_outcome import worse
from harness.regress.jump_laws import NOT_APART
from harness.regress.one_step import TOLERANCE, Step
from harness.regress.score_spy import score_calls
from harness.regress.tolerance import at_least
from toy_targets import RandomTable, Table

GRID = grids.custom([7.3171, 2.0317, 1.9173, 0.3149, 0.2083])  # in the long ones Euler must clip
LAST = (0.1093, 0.0)
SIZES = (RandomTable(4, 2, seed=7), RandomTable(2, 5, seed=7))  # of other S and d

MASKED = RandomTable(2, 4, seed=7)  # under absorbing noise, of one that takes any

OF_RATES = {
    Trait.ONE_JUMP,
    Trait.WRAPPED_JUMPS,
    Trait.LOST_JUMPS,
    Trait.LINEAR_IN_RATES,
    Trait.FROZEN_RATES,
    Trait.EXACT_TIME,
    Trait.TRUNCATED_TIME,
}
"""What they say is how the law follows from the rates, whichever score these come from."""

LEARNED = Perturbed(1.0)  # one that is far off


class Verified(NamedTuple):
    """``number``: how far the law is from the trait; 0 to rounding where it has it."""

    passed: bool
    number: float
    reason: str


def verify(trait: Trait, sampler: Any) -> Verified:
    """Whether ``sampler`` has ``trait``, and by how much it misses it.  Raises ValueError."""
    if trait not in VERIFIERS:
        raise ValueError(f"trait {trait!r} has no verifier in harness.regress.traits")
    worst = Verified(True, 0.0, "")
    for problem in _problems(trait, sampler):
        last = [] if sampler.claims.needs_early_stopping else [LAST]
        for t, s in [*GRID.intervals(), *last]:
            number, what = VERIFIERS[trait](Step(problem, t, s))
            if not worst.reason or worse(number, worst.number):
                under = f"{size(problem)}, {type(problem.noise).__name__} noise"
                under += ", a score that is far off" * (problem.score == LEARNED)
                where = f"{what} in the step from t={t:g} to s={s:g}, {under}"
                worst = Verified(number <= at_least(TOLERANCE, sampler), number, where)
    return worst


def _problems(trait: Trait, sampler: Any) -> Iterator[Problem]:
    """Both noises, and other sizes, one under a walk; absorbing noise, if it takes any.

    Of a trait of rates some with a score that is far off.
    """
    *_, last = noises = bank.noises(sampler).values()
    of_rates = trait in OF_RATES
    for noise in noises:
        yield bank.problem(sampler, bank.ONE_WAY, GRID, noise)
    if of_rates:
        yield bank.problem(sampler, bank.ONE_WAY, GRID, last, score=LEARNED)
    for target in SIZES[1:] if trait is Trait.POSITIONS_ALIKE else SIZES:
        yield bank.problem(sampler, target, GRID)
    if sampler.claims.needs_mask or sampler.claims.needs_uniform:
        return
    if trait is not Trait.POSITIONS_ALIKE:
        yield bank.problem(sampler, SIZES[0], GRID, CyclicWalk())
    if not bank.refusal(sampler, Absorbing()):
        yield bank.problem(sampler, MASKED, GRID, Absorbing())
        if of_rates:
            yield bank.problem(sampler, MASKED, GRID, Absorbing(), score=LEARNED)


def rates_in_step(problem: Problem, t: float, s: float) -> float:
    """How far the rates that the sampler declares are from generating its law, at most.

    Kolmogorov's forward equation, integrated over the step: what a token's law has gained since
    ``t`` has flowed to it.
    """
    times, weights, fine = nodes_in_step(t, s)
    gained = 0.0
    for u, weight in zip(times[:fine], weights[:fine], strict=True):
        _, flow = flows_in_step(problem, t, u)
        gained = gained + weight * (flow.sum(-2) - flow.sum(-1))
    step = Step(problem, t, s)
    return float(np.abs(np.asarray(step.law.p) - step.own - gained).max())


def _independent_tokens(step: Step) -> tuple[float, str]:
    kind = type(step.law).__name__
    if step.problem.sampler.claims.memory > 1:
        return np.inf, "the law depends on what tokens remember"
    return (0.0 if isinstance(step.law, Tokens) else np.inf), f"the step is a {kind}"


def _keeps_mass(step: Step) -> tuple[float, str]:
    law = step.law
    if isinstance(law, Tokens):
        kept = np.asarray(law.p).sum(-1)
        lost = float(max(np.asarray(law.lost).max(), np.abs(1 - kept).max()))
    else:
        with float64():
            rows, gone = (
                np.asarray(part) for part in by_kind.transitions(law, step.problem.sequences)
            )
        lost = float(max(np.abs(gone).max(), np.abs(1 - rows.sum(-1)).max()))
    return lost, f"{lost:.3g} of a token's mass is lost"


def _score_at_grid_times(step: Step) -> tuple[float, str]:
    calls = score_calls(step.problem, step.t, step.s)
    if not calls:
        return np.inf, "the score is not called before the step begins"
    x = np.asarray(step.problem.chain_space.states()) // step.problem.sampler.claims.memory
    if not all(np.array_equal(y, x) for _, y in calls):
        return np.inf, "the score is called at other states than the present ones"
    off = max((abs(float(u) - step.t) for u, _ in calls), default=0.0)
    return off, f"the score is called up to {off:.3g} away from t"


def _positions_alike(step: Step) -> tuple[float, str]:
    """Permuting the positions of the data permutes the law, and does nothing else.

    Tried where no two tokens are alike, and where all are, sure of their values and not, so that a
    tie is broken by position or it is not.
    """
    off, x = 0.0, np.asarray(step.problem.chain_space.states())
    length = x.shape[1]
    longer = length != bank.UNTIED.space.length
    orders = [np.roll(np.arange(length), -1), np.r_[1, 0, 2:length]]  # they make all permutations
    for target in (step.problem.target,) if longer else (bank.UNTIED, bank.RARE, bank.FIELD):
        law, data = _matrix(step, target), np.exp(target.log_law())
        for order in orders:
            to = x[:, order] @ step.problem.chain_space.strides
            moved = _matrix(step, Table(data.transpose(order)))
            off = max(off, float(np.abs(moved[np.ix_(to, to)] - law).max()))
    return off, f"the law is off by {off:.3g} under a permutation of positions"


def _matrix(step: Step, target: Any) -> np.ndarray:
    """``K [S^d, S^d]`` of the step on another target."""
    moved = replace(step, problem=replace(step.problem, target=target))
    with float64():
        return np.asarray(by_kind.transitions(moved.law, moved.problem.chain_space)[0])


def _exact_token_marginals(step: Step) -> tuple[float, str]:
    law, problem, space = step.law, step.problem, step.problem.sequences
    if not isinstance(law, Tokens):
        return np.inf, NOT_APART
    kernel = problem.kernel(step.t - step.s)
    halves = on_sequences.half_noised(space, problem.marginal(step.s), kernel)
    joint = [
        on_sequences.posterior_joint(space, half, kernel, i).reshape(-1, space.tokens)
        for i, half in enumerate(halves)
    ]
    wanted = np.stack(joint, 1) / problem.marginal(step.t)[:, None, None]
    off = float(np.abs(np.asarray(law.p) - wanted).max())
    return off, f"a token's law is {off:.3g} from Pr(X_s^i = b | X_t)"


def independent(tokens: int, length: int) -> Table:
    """Tokens with laws of their own: of the first rising, of the second falling, and so on."""
    weights = [np.arange(1.0, tokens + 1)[:: (-1) ** i] ** (i + 1) for i in range(length)]
    return Table(functools.reduce(np.multiply.outer, [each / each.sum() for each in weights]))


def one_sequence(tokens: int, length: int) -> Table:
    """Always the last token and then the first, in turn."""
    faces = [np.eye(tokens)[-1 if i % 2 == 0 else 0] for i in range(length)]
    return Table(functools.reduce(np.multiply.outer, faces))


def _exact_for(data: Callable[[int, int], Table]) -> Callable[[Step], tuple[float, str]]:
    """On this data a step goes from the law of the truth at its start to that at its end."""

    def gap(step: Step) -> tuple[float, str]:
        if step.problem.sampler.claims.memory > 1:
            return np.inf, "what tokens remember has no law in the truth"
        space = step.problem.target.space
        target = data(space.tokens, space.length)
        moved = replace(step, problem=replace(step.problem, target=target))
        begun, wanted = moved.problem.marginal(step.t), moved.problem.marginal(step.s)
        with float64():
            rows = by_kind.transitions(moved.law, moved.problem.chain_space)[0]
        off = float(np.abs(begun @ np.asarray(rows) - wanted).max())
        return off, f"on {target!r} a state is {off:.3g} more or less likely than in the truth"

    return gap


def _frozen_rates(step: Step) -> tuple[float, str]:
    law = step.law
    if not isinstance(law, Generator):
        return np.inf, f"the step is a {type(law).__name__}, not a Generator"
    rates = float(np.abs(np.asarray(law.rates) - step.rates).max())
    duration = abs(float(law.duration) - (step.t - step.s))
    return max(rates, duration), (
        f"rates are {rates:.3g} from the true ones at t, the duration {duration:.3g} from h"
    )


def _exact_time(step: Step) -> tuple[float, str]:
    return _at_times(step, lambda rates, true: rates - true, "from the true ones")


def _truncated_time(step: Step) -> tuple[float, str]:
    """In each state all rates are the true ones times one share, at most 1."""

    def gap(rates: np.ndarray, true: np.ndarray) -> np.ndarray:
        leave = true.sum((1, 2), keepdims=True)
        share = rates.sum((1, 2), keepdims=True) / np.where(leave > 0, leave, 1.0)
        return rates - np.minimum(share, 1.0) * true

    return _at_times(step, gap, "from a share of the true ones")


def _at_times(
    step: Step, gap: Callable[[np.ndarray, np.ndarray], np.ndarray], what: str
) -> tuple[float, str]:
    """The largest ``gap`` of the rates and the true ones, at three times of the step."""
    law, h = step.law, step.t - step.s
    if not isinstance(law, Varying):
        return np.inf, f"the step is a {type(law).__name__}, not a Varying"
    off = abs(float(law.begin) - step.t) + abs(float(law.end) - step.s)
    for u in (step.t, step.t - 0.3 * h, step.s):
        with float64():
            rates = np.asarray(rates_at(law, step.problem.sequences, u))
        off = max(off, float(np.abs(gap(rates, Step(step.problem, u, step.s).rates)).max()))
    return off, f"rates are {off:.3g} {what} at a time of the step"


def _rates_seen_again(step: Step) -> tuple[float, str]:
    calls = score_calls(step.problem, step.t, step.s)
    if len(calls) != 2 or not isinstance(step.law, Pairs | Kernel):
        return np.inf, f"the score is called {len(calls)} times in a {type(step.law).__name__}"
    (first, _), (second, _) = calls
    off = abs(float(first) - step.t) + max(0.0, step.s - float(second))
    inside = float(second) < step.t
    return (off if inside else np.inf), f"the score is called at {first:g}, then at {second:g}"


VERIFIERS: dict[Trait, Callable[[Step], tuple[float, str]]] = {
    Trait.INDEPENDENT_TOKENS: _independent_tokens,
    Trait.KEEPS_MASS: _keeps_mass,
    Trait.SCORE_AT_GRID_TIMES: _score_at_grid_times,
    Trait.POSITIONS_ALIKE: _positions_alike,
    Trait.EXACT_TOKEN_MARGINALS: _exact_token_marginals,
    Trait.EXACT_FOR_INDEPENDENT: _exact_for(independent),
    Trait.EXACT_FOR_ONE_SEQUENCE: _exact_for(one_sequence),
    Trait.ONE_JUMP: jump_laws.one_jump,
    Trait.WRAPPED_JUMPS: jump_laws.wrapped_jumps,
    Trait.LOST_JUMPS: jump_laws.lost_jumps,
    Trait.LINEAR_IN_RATES: jump_laws.linear_in_rates,
    Trait.FROZEN_RATES: _frozen_rates,
    Trait.EXACT_TIME: _exact_time,
    Trait.TRUNCATED_TIME: _truncated_time,
    Trait.RATES_SEEN_AGAIN: _rates_seen_again,
    Trait.DETERMINED_CHOICE: reveal_traits.determined_choice,
    Trait.FIXED_ORDER: reveal_traits.fixed_order,
    Trait.ONE_AT_A_TIME: reveal_traits.one_at_a_time,
}
