"""What is asked of a whole run: the output law and the draws are what the step laws make."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.engines import output_law, simulate
from harness.engines.sequences import step_laws
from harness.foundation.registry import label
from harness.numerics import statistics
from harness.regress import bank
from harness.regress.cases import size
from harness.regress.check_outcome import Errors, Found
from harness.regress.step_matrix import dense, states

CHAINS = 20_000
SAME = 1e-12  # of a probability, after three steps of two engines


class RunChecks:
    """The checks of the runs of one sampler."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "output law is the product of the step laws", self.product
        yield "draws follow the law", self.draws

    def product(self) -> Found:
        """The engine against dense ``S^d x S^d`` matrices, which know no shortcut."""
        seen = Errors(SAME)
        for problem in bank.step_problems(self.sampler):
            law, tokens = problem.chain_start, problem.sequences.tokens
            for t, s in problem.grid.intervals():
                law = law @ dense(problem, step_laws.step_law(problem, t, s))
            symbols = states(problem) // self.sampler.claims.memory
            index = np.ravel_multi_index(tuple(symbols.T), (tokens,) * symbols.shape[1])
            law = np.bincount(index, law, problem.sequences.size)
            off = float(np.abs(output_law(problem).reshape(-1) - law).max())
            seen.see(
                off,
                f"{size(problem)}, {label(problem.noise)} noise, target {label(problem.target)}",
            )
        return seen.found(f"off by {seen.worst:.2g} at most")

    def draws(self) -> Found:
        """Draws tested against the output law, at a false-alarm rate that all share."""
        problems = bank.step_problems(self.sampler)
        level, results = statistics.false_alarm_each(len(problems)), []
        for problem in problems:
            drawn = simulate(problem, key=0, chains=CHAINS)
            results.append(statistics.draws_test(drawn, output_law(problem), level))
        worst = min(results, key=lambda result: result.p_value)
        effect = max(result.detectable_tv for result in results)
        number = f"p = {worst.p_value:.2g}, a TV of {effect:.2g} is detectable"
        return Found(worst.passed, number, worst.reason)
