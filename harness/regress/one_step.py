"""One step of a sampler on a tiny problem, as traits are verified on it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from harness.engines.sequences import step_laws
from harness.law.claims import Trait
from harness.law.step import Tokens
from harness.problem.problem import Problem
from harness.process.truth import on_sequences
from harness.regress import bank

TOLERANCE = 1e-10  # of a probability or a rate; the ones compared are of order one


@lru_cache
def of_tokens(sampler: Any) -> bool:
    """Whether the law of its step is that of each token, declared or not."""
    if sampler.claims.on_host or Trait.INDEPENDENT_TOKENS in sampler.claims.traits:
        return Trait.INDEPENDENT_TOKENS in sampler.claims.traits
    problem = bank.step_problems(sampler)[0]
    try:
        law = step_laws.step_law(problem, *problem.grid.intervals()[0])
    except Exception:  # what a stranger's code raises is told by the checks of its law
        return False
    return isinstance(law, Tokens)


@dataclass(frozen=True)
class Step:
    """One step of ``problem.sampler`` from ``t`` to ``s``, and its law for every state."""

    problem: Problem
    t: float
    s: float

    @property
    def law(self) -> Any:
        return step_laws.step_law(self.problem, self.t, self.s)

    @property
    def rates(self) -> np.ndarray:
        """``[S^d, d, S]`` reverse rates at ``t`` by the problem's score, 0 at the own token.

        The true ones where that is the exact score.
        """
        marginal = self.problem.marginal(self.t)
        flow = np.concatenate([flow for _, flow in self.problem.reverse_flow(marginal)])
        true = flow / marginal[:, None, None]
        error = getattr(self.problem.score_model, "log_error", None)
        return true if error is None else true * np.exp(np.asarray(error))

    @property
    def own(self) -> np.ndarray:
        """``[S^d, d, S]`` True where ``b = x_i``."""
        x, _ = on_sequences.index_tables(self.problem.sequences)
        return x[..., None] == np.arange(self.problem.sequences.tokens)
