"""What a decoder that looks at values costs, round by round, along all walks that it can take.

The tokens that it reveals are a function of the unmasked ones, so from all masks it visits few
states; at each the law of what it reveals is a table of the data law, and its total correlation a
divergence of that from the product of its margins.  No output law is made.
"""

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from harness.engines.sequences import step_laws
from harness.engines.steps import told_times
from harness.law.step import Tokens
from harness.measurement import reveal_chain
from harness.numerics.divergence import bregman
from harness.numerics.marginals import marginals, product
from harness.problem.problem import Problem


@dataclass(frozen=True)
class RevealWalk:
    """``dependence``: nats, mean ``Σ_r TC(X_{S_r} | x_{C_r})``; ``parallel``: mean number of rounds
    that reveal more than one token; ``hidden``: probability that a mask is left at the end.
    """

    dependence: float
    parallel: float
    hidden: float


def walk(problem: Problem) -> RevealWalk:
    """Along all walks from all masks, each with the probability that the data give it.

    Raises ValueError where the space has no mask, or a mask is revealed at random.
    """
    space = problem.sequences
    if not (space.masked and problem.start == "mask"):
        raise ValueError(f"a walk begins with all tokens masked, got start={problem.start!r}")
    agrees = reveal_chain.known(problem).reshape(space.shape)
    mask, length = space.tokens - 1, space.length
    here: dict[tuple[int, ...], float] = {(mask,) * length: 1.0}
    dependence = parallel = 0.0
    for (t, _), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        stays = _stays(problem, t, told)
        after: dict[tuple[int, ...], float] = defaultdict(float)
        for x, weight in here.items():
            chosen = [i for i in range(length) if x[i] == mask and stays[x][i] == 0]
            seen = tuple(slice(mask) if i in chosen else slice(a, a + 1) for i, a in enumerate(x))
            joint = agrees[seen].reshape((mask,) * len(chosen))
            joint = joint / joint.sum()
            if len(chosen) > 1:
                dependence += weight * _total_correlation(joint)
                parallel += weight
            for values in np.argwhere(joint > 0):
                y = list(x)
                for i, a in zip(chosen, values.tolist(), strict=True):
                    y[i] = a
                after[tuple(y)] += weight * joint[tuple(values)]
        here = after
    return RevealWalk(dependence, parallel, sum(p for x, p in here.items() if mask in x))


def rounds(problem: Problem) -> float:
    """The mean number of steps of a run that begin with a mask, tokens drawn as the sampler does.

    Raises ValueError where a mask is revealed at random.
    """
    space = problem.sequences
    law, mask = problem.start_law.reshape(space.shape), space.tokens - 1
    here = {tuple(x): float(law[tuple(x)]) for x in np.argwhere(law > 0).tolist()}
    found = 0.0
    for (t, _), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        found += sum(weight for x, weight in here.items() if mask in x)
        p = np.asarray(_tokens(problem, t, told).p).reshape(*space.shape, space.length, -1)
        after: dict[tuple[int, ...], float] = defaultdict(float)
        for x, weight in here.items():
            ways = [[(a, w) for a, w in enumerate(row.tolist()) if w > 0] for row in p[x]]
            for way in itertools.product(*ways):
                after[tuple(a for a, _ in way)] += weight * math.prod(w for _, w in way)
        here = after
    return found


def _stays(problem: Problem, t: float, told: float) -> np.ndarray:
    """``[S + 1]*d + [d]`` the probability that a mask stays one.  Raises ValueError."""
    law, space = _tokens(problem, t, told), problem.sequences
    return np.asarray(law.p)[..., -1].reshape(*space.shape, space.length)


def _tokens(problem: Problem, t: float, told: float) -> Tokens:
    """The step law, in which masks are revealed, or not, for sure.  Raises ValueError."""
    law, space = step_laws.step_law(problem, t, told), problem.sequences
    if isinstance(law, Tokens):
        masked = reveal_chain.masks(space)
        stays = np.asarray(law.p)[..., -1]
        if not (masked & (stays != 0) & (stays != 1)).any():
            return law
    raise ValueError("a walk needs tokens that are revealed, or not, by what is unmasked")


def _total_correlation(joint: np.ndarray) -> float:
    return float(np.asarray(bregman(joint, product(marginals(joint)))).sum())
