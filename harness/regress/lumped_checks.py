"""What may not change with the space that a law is told on: classes of tokens, counts of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.engines import output_law
from harness.engines.sequences import step_laws
from harness.law.claims import Trait
from harness.law.step import Tokens
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Uniform
from harness.process.truth import on_sequences
from harness.regress import bank, cover
from harness.regress.check_outcome import Found, worse
from harness.regress.cover import Place
from harness.regress.small_steps import kernels, named, shares_off
from harness.regress.symmetry_checks import SAME
from harness.regress.tolerance import at_least
from toy_targets import ClassTable, Table

STEPS = np.array([[2.371, 2.37], [0.7313, 0.7303], [2.13e-3, 2.128e-3]])
"""So short that a rate is not cut off, which a right sampler may do token by token."""

LUMPS = 1e-10  # of a probability, after three steps
TO_EARLY = grids.custom([3.0, 0.1379, 0.1171, 2.13e-3])  # to where rates are large


class LumpedChecks:
    """The checks of one sampler on lumped spaces."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        if cover.in_classes(self.sampler) is not None:
            yield "classes of tokens have the law of their tokens", self.classes
        if Trait.POSITIONS_ALIKE in self.sampler.claims.traits and self.sampler.claims.memory == 1:
            yield "counts of tokens have the law of their sequences", self.counts

    def classes(self) -> Found:
        """From each sequence, with all tokens written out, the step leads to the same classes."""
        there = cover.in_classes(self.sampler)
        assert there is not None
        place, target = there
        problem = place.problem(self.sampler, target)
        try:
            worst, told = self._of_classes(place, problem, target)
        except (ValueError, TypeError) as error:
            return Found(None, "it takes no classes of tokens", str(error))
        why = (
            "a sampler that knows nothing of classes may refuse them by a ValueError where "
            "score(t, x).shape[-1] > score.symbols"
        )
        passed = worst <= at_least(SAME, self.sampler)
        return Found(passed, f"off by {worst:.2g} of a probability", f"{told}; {place}; {why}")

    def _of_classes(self, place: Place, problem: Problem, target: ClassTable) -> tuple[float, str]:
        """By which share the law is off most, and from where."""
        of_token = np.repeat(np.arange(place.tokens), cover.CLASSES)
        words = Place(len(of_token), place.length, Uniform(), "uniform")
        wide = words.problem(self.sampler, written_out(target, of_token))
        x, _ = on_sequences.index_tables(wide.sequences)
        of_state = of_token[x] @ problem.sequences.strides  # [S^d]
        worst, told = 0.0, ""
        for t, s in STEPS:
            lumped = step_laws.step_law(problem, t, s)
            if isinstance(lumped, Tokens):
                of_words: Any = step_laws.step_law(wide, t, s)
                wanted = outcomes(np.asarray(of_words.p), x, of_token)
                found = np.asarray(lumped.p)[of_state]
            else:
                to = np.eye(problem.sequences.size)[of_state]
                wanted = kernels(wide, [t], [s])[0][0] @ to
                found = kernels(problem, [t], [s])[0][0][of_state]
            gaps = shares_off(found, wanted)
            if worse(gaps.max(), worst):
                row, *_ = np.unravel_index(int(gaps.argmax()), gaps.shape)
                state, worst = named(problem, of_state[row]), float(gaps.max())
                told = f"from classes {state}, from t={t:.4g} to s={s:.4g}"
        return worst, told

    def counts(self) -> Found:
        """Of an exchangeable target, where the sampler is called with arrays, outside of JAX."""
        problem = bank.problem(self.sampler, bank.RARE, TO_EARLY)
        if self.sampler.claims.starts_masked and self.sampler.claims.own_order:
            problem = bank.masked_start(self.sampler, bank.RARE, 3)
        try:
            found = output_law(replace(problem, engine="counts"))
        except (ValueError, TypeError) as error:
            return Found(None, "it cannot be told on counts", str(error))
        law = output_law(replace(problem, engine="enumerated"))
        counts = np.stack([(np.indices(law.shape) == a).sum(0) for a in range(law.shape[0])], -1)
        lumped = replace(problem, engine="counts").counts.counts()
        wanted = np.array([law[(counts == each).all(-1)].sum() for each in lumped])
        off = np.abs(found - wanted)
        y = int(np.argmax(off))
        where = f"{', '.join(map(str, lumped[y]))} of each token, {bank.RARE!r}"
        passed = float(off.max()) <= at_least(LUMPS, self.sampler)
        return Found(passed, f"off by {off.max():.2g} of a probability", where)


def outcomes(p: np.ndarray, x: np.ndarray, of_token: np.ndarray) -> np.ndarray:
    """``[n, d, K + 1]`` laws ``p [n, d, S]`` of tokens ``x`` as those of ``K`` classes.

    The own class stands for the own token, and the last column for the others of that class.
    """
    own = x[..., None] == np.arange(len(of_token))
    kept = (p * own).sum(-1, keepdims=True)
    classes = p @ np.eye(of_token.max() + 1)[of_token]
    mine = of_token[x][..., None] == np.arange(classes.shape[-1])
    beside = (classes * mine).sum(-1, keepdims=True) - kept
    return np.concatenate([np.where(mine, kept, classes), beside], -1)


def written_out(target: ClassTable, of_token: np.ndarray) -> Table:
    """``target`` with a token for each of a class; ``of_token [S]`` are the classes of these."""
    law = np.exp(target.log_law())
    sizes = np.bincount(of_token)
    for axis in range(law.ndim):
        law = np.take(np.moveaxis(law, axis, -1) / sizes, of_token, -1)
        law = np.moveaxis(law, -1, axis)
    return Table(law / law.sum())
