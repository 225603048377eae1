"""What a sampler says that it looks at, or draws, inside of a step, and that its law shows."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines.sequences import by_kind, step_laws
from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.process import grids
from harness.regress import bank
from harness.regress.check_outcome import Found
from harness.regress.one_step import TOLERANCE
from harness.regress.score_spy import Spy
from harness.regress.step_matrix import dense, states
from harness.regress.tolerance import at_least

SEEN = 1e-3  # of ``h``: how much a law must move when what is seen again is twice as much
NEAR = 1e-3  # of a rate, extrapolated from steps of 1e-3 and 5e-4


class SeenChecks:
    """The checks of what one sampler looks at inside of a step."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        if Trait.RATES_SEEN_AGAIN in self.sampler.claims.traits:
            yield "what is seen again matters", self.matters
        if self.sampler.claims.draws > 1:
            yield "keeps one of as many draws as it says", self.draws

    def matters(self) -> Found:
        """The law of a state moves with the score elsewhere and later than where it began."""
        problem = bank.problem(self.sampler, bank.ONE_WAY, grids.custom([0.7, 0.6]))
        (t, s), x = problem.grid.intervals()[0], states(problem)
        laws = []
        for factor in (1.0, 2.0):
            score = _Later(problem.score_model, t, x[0], factor)
            with jax.enable_x64(True):
                y = problem.chain_space.states()
                law = self.sampler.step(score, problem.noise, y, jnp.asarray(t), jnp.asarray(s))
                rows, _ = by_kind.transitions(
                    by_kind.written_out(law, problem.chain_space, y), problem.chain_space
                )
            laws.append(np.asarray(rows)[0])
        moved = float(np.abs(laws[1] - laws[0]).max())
        told = "the score of other states, asked later in the step, is not used"
        return Found(moved > SEEN * (t - s), f"the law of a state moves by {moved:.2g}", told)

    def draws(self) -> Found:
        """Small steps jump to ``y`` at ``k v(y)/(v(y) + (k-1) v(x))`` times the proposal's rate."""
        k, found = self.sampler.claims.draws, []
        if self.sampler.claims.begins_with is None:
            told = "claims.begins_with must name the sampler whose draws are chosen from, by values"
            return Found(False, f"{k} draws of no sampler that is named", told)
        problem = bank.tilted(self.sampler, next(iter(bank.noises(self.sampler).values())))[0]
        said = dataclasses.replace(problem, sampler=self.sampler.claims.begins_with)
        base = dataclasses.replace(said, target=problem.target.base)
        t, x = 0.7, states(problem)
        near = (x[:, None] != x).sum(-1) == 1
        with float64():
            value = np.exp(np.asarray(problem.score_model.log_value(t, x)))
        for h in (1e-3, 5e-4):
            kept = dense(problem, step_laws.step_law(problem, t, t - h))
            once = dense(base, step_laws.step_law(base, t, t - h))
            found.append(np.divide(kept, once, out=np.zeros_like(kept), where=near & (once > 0)))
        ratio = 2 * found[1] - found[0]
        wanted = k * value / (value + (k - 1) * value[:, None])
        off = np.where(near & (ratio > 0), np.abs(ratio / wanted - 1), 0.0)
        alike = [
            n
            for n in range(1, 2 * k)
            if np.where(
                near & (ratio > 0),
                np.abs(ratio / (n * value / (value + (n - 1) * value[:, None])) - 1),
                0.0,
            ).max()
            <= NEAR
        ]
        told = f"the law is that of {alike[0]} draws" if alike else "of no number of draws"
        if off.max() > NEAR:
            return Found(False, f"off by {off.max():.2g} of a rate, {k} said", told)
        s = 0.3
        kept = dense(problem, step_laws.step_law(problem, t, s))
        once = dense(base, step_laws.step_law(base, t, s))
        with float64():
            value = np.exp(np.asarray(problem.score_model.log_value(s, x)))
        gap = float(np.abs(kept - one_kept(once, value / value.max(), k)).max())
        told = f"one of {k} draws is kept, but not by their values at s = {s}, the step's end"
        close = gap <= at_least(TOLERANCE, self.sampler)
        return Found(close, f"off by {max(off.max(), gap):.2g}, {k} said", told)


def one_kept(proposal: np.ndarray, value: np.ndarray, k: int) -> np.ndarray:
    """``[n, m]`` the law of one of ``k`` draws from ``proposal [n, m]``, by weights ``value [m]``.

    ``k p(y) E[v(y) / (v(y) + Σ v(others))]``, where ``1/a`` is the integral of ``e^{-ua}`` over
    ``u``, so that the others factorise; by the trapezoidal rule in ``log u``.
    """
    log_u = np.arange(-45.0, 45.0, 0.04)  # ends where what is cut off is below rounding
    u = np.exp(log_u)[:, None]
    fall = np.exp(-u * value)  # [points, m]
    others = (proposal @ fall.T) ** (k - 1)  # [n, points]
    return k * proposal * value * (others @ (u * fall)) * 0.04


class _Later(Spy):
    """A score that says ``factor`` times as much after ``t`` in all states but ``x``."""

    def __init__(self, score: Any, t: float, x: Any, factor: float) -> None:
        super().__init__(score)
        self._t, self._x, self._factor = t, x, factor

    def __call__(self, u: Any, y: Any) -> Any:
        other = (jnp.asarray(y) != self._x).any(-1) & (jnp.asarray(u) < self._t)
        return self._score(u, y) * jnp.where(other, self._factor, 1.0)[:, None, None]
