"""Traits that say which masks are revealed, and how."""

import numpy as np

from harness.engines.sequences import by_kind
from harness.foundation.precision import float64
from harness.law.step import RandomOrder, Tokens
from harness.process.truth import on_sequences
from harness.regress.jump_laws import NOT_APART
from harness.regress.one_step import Step


def determined_choice(step: Step) -> tuple[float, str]:
    """Every mask is revealed, or stays, for sure."""
    law, space = step.law, step.problem.chain_space
    if not (space.masked and isinstance(law, Tokens)):
        return np.inf, "the step is no product over tokens of which the last symbol is a mask"
    stays = np.asarray(law.p)[..., -1][space.states() == space.tokens - 1]
    off = float(np.minimum(stays, 1.0 - stays).max(initial=0.0))
    return off, f"a mask stays with a probability {off:.3g} from 0 and 1"


def fixed_order(step: Step) -> tuple[float, str]:
    """States with the same masks reveal the same of them, for sure."""
    law, space = step.law, step.problem.sequences
    if not isinstance(law, Tokens):
        return np.inf, NOT_APART
    x, _ = on_sequences.index_tables(space)
    masked, stays = x == space.tokens - 1, np.asarray(law.p)[..., -1]
    _, first, same = np.unique(masked, axis=0, return_index=True, return_inverse=True)
    alike = np.abs(stays - stays[first][np.ravel(same)])
    unsure = np.minimum(stays, np.abs(1 - stays))
    off = float(np.where(masked, np.maximum(alike, unsure), 0.0).max())
    return off, f"whether a token is revealed differs by {off:.3g} between states of equal masks"


def one_at_a_time(step: Step) -> tuple[float, str]:
    law, problem = step.law, step.problem
    if not isinstance(law, RandomOrder):
        return np.inf, f"the step is a {type(law).__name__}, not a RandomOrder"
    (x, _), kernel = on_sequences.index_tables(problem.sequences), problem.kernel(step.t - step.s)
    forward = np.prod(kernel[x[:, None], x[None]], axis=-1)  # from y at s to x at t
    wanted = problem.marginal(step.s)[:, None] * forward / problem.marginal(step.t)
    with float64():
        found = np.asarray(by_kind.transitions(law, problem.sequences)[0])
    off = float(np.abs(found - wanted.T).max())
    return off, f"the law of a step is {off:.3g} from that of X_s given X_t"
