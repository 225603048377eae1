"""That laws are computed in float64, everywhere, and said to be as exact as that."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines.sequences import step_laws
from harness.numerics.roundoff import unit_roundoff
from harness.problem.problem import Problem
from harness.regress import bank
from harness.regress.cases import size
from harness.regress.check_outcome import Found
from harness.regress.tolerance import at_least
from harness.regress.traced_step import SHORT, narrowed, program, short_floats

MOST = 1e-10  # of a law's entry: with a larger ``law_error`` little that is wrong would be seen
TIMES = 2.371, 0.7313, 0.01713, 2.13e-3
APART = 1e-7  # times near each at which a law is looked at, as a share
JUMP = 1e-11  # of the largest entry; float32 jumps by 1e-8, float64 far from 1 by 1e-12
ROUNDOFFS = 64.0  # as many explain a larger one, of the precision that a law is computed in


class PrecisionChecks:
    """The check of how exactly one sampler computes its law."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "computes in float64", self.float64

    def float64(self) -> Found:
        """Nothing on the way from the score to the law has fewer digits than ``law_error`` says."""
        claims, problem = self.sampler.claims, bank.step_problems(self.sampler)[0]
        if narrow := self._narrow(problem):
            told = "tokens and states are counted in wide integers, whatever S^d is tried here"
            return Found(False, f"integers are put into {narrow}, of at most {_most(narrow)}", told)
        found, told = self._short(problem)
        unit = unit_roundoff(found)
        if claims.law_error > (most := max(MOST, ROUNDOFFS * unit)):
            number = f"law_error={claims.law_error:g}"
            return Found(False, number, f"no more than {most:.2g}, or nothing else can be decided")
        if not found:
            return self._smooth()
        numbers = ", ".join(f"{count} in {kind}" for kind, count in sorted(found.items()))
        number = f"operations with fewer digits: {numbers}"
        if claims.law_error >= unit:
            return Found(True, number, f"all is judged at its law_error={claims.law_error:.2g}")
        return Found(False, number, told)

    def _smooth(self) -> Found:
        """The law changes with the time of the step as float64 does: what JAX has not seen shows.

        Of a smooth function the second difference over times that are 1e-7 apart is rounding.
        """
        for problem, t in product(bank.step_problems(self.sampler), TIMES):
            jump = _jump(problem, t)
            if not jump <= at_least(JUMP, self.sampler):
                number = f"the law jumps by {jump:.1g} as the time moves by {APART:g} of t={t:g}"
                told = "what JAX does not see has fewer digits; law_error may say so"
                return Found(False, number, f"{told}; {size(problem)}")
        return Found(True, "no number has fewer digits")

    def _narrow(self, problem: Problem) -> str:
        """Integers so narrow that they count few tokens or states; empty where there are none."""
        if self.sampler.claims.on_host or hasattr(self.sampler, "computed_in"):
            return ""
        with jax.enable_x64(True):
            x = problem.chain_space.states()
        return next(narrowed(program(problem, x, False).jaxpr), "")

    def _short(self, problem: Problem) -> tuple[Counter[str], str]:
        """How often each precision below float64 is met in a step, and where it is seen."""
        if hasattr(self.sampler, "computed_in"):  # code of one's own, which is traced
            names = Counter(self.sampler.computed_in(problem))
            return _below_float64(names), "in the code that is traced"
        if self.sampler.claims.on_host:
            law = step_laws.step_law(problem, *problem.grid.intervals()[0])
            kinds = Counter(str(np.asarray(leaf).dtype) for leaf in jax.tree.leaves(law))
            told = "in the law that is returned; what is computed outside of JAX is not seen"
            return _below_float64(kinds), told
        with jax.enable_x64(True):
            x = problem.chain_space.states()
        short = list(short_floats(program(problem, x, True).jaxpr))
        told = f"the first is made by {short[0][1]}" if short else ""
        return Counter(kind for kind, _ in short), told


def _jump(problem: Problem, t: float) -> float:
    """By how much of its largest entry the law of a step from ``t`` is no smooth function of it."""
    laws = []
    for u in t * (1.0 + APART * np.arange(9)):
        leaves = jax.tree.leaves(step_laws.step_law(problem, u, 0.925 * t))
        laws.append(np.concatenate([np.ravel(np.asarray(leaf, np.float64)) for leaf in leaves]))
    values = np.array(laws)
    values = values[:, np.isfinite(values).all(0)]  # a weight's logarithm may be -inf
    bends = np.abs(np.diff(values, 2, axis=0)).max(1) / max(np.abs(values).max(), 1e-300)
    return float(np.median(bends))  # a kink is in two of them


def _most(kind: str) -> int:
    return int(jnp.iinfo(kind).max)


def _below_float64(kinds: Counter[str]) -> Counter[str]:
    return Counter({kind: n for kind, n in kinds.items() if jnp.dtype(kind) in SHORT})
