"""The exact law of a sampler on token counts, through the same step laws as on sequences.

A token at value ``a`` moves by the sampler's law given its own value and its own ratios; the
``n_a`` tokens at ``a`` move independently and alike, so the counts move by a convolution of
multinomials.
"""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences.accounts import checked
from harness.engines.sequences.generator import uniformized
from harness.engines.steps import Run, Step, told_times
from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.rounding import rounded
from harness.law.step import Generator, StepLaw, Tokens
from harness.numerics import convolution
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.truth import masked_counts

LUMPS = 1e-9  # how far a token's law may move when its neighbours are hidden from the sampler
_TRIED = 64  # states on which that is tried in every step


class StepLaws:
    """The law of one step from all count states; the interface of ``step_laws.StepLaws``."""

    in_blocks = False

    def __init__(self, problem: Problem, t: float, told: float) -> None:
        self.problem, self.t, self.told = problem, t, told
        self._only: StepLaw | None = None

    def __iter__(self) -> Iterator[tuple[slice, StepLaw]]:
        yield slice(0, self.problem.space.size), self.whole

    @property
    def whole(self) -> StepLaw:
        """The law of all states."""
        if self._only is None:
            space = self.problem.counts
            with float64():
                law = self._of(np.arange(space.size), space.block(0, space.size))
                law = checked(self.problem, self.t, law, space.size)
                self._refuse_neighbours(law)
                self._only = law
                return law
        return self._only

    def _of(self, rows: np.ndarray, slots: np.ndarray) -> StepLaw:
        """The sampler's law for ``slots [n, m]``, token values, of the count states ``rows``."""
        problem = self.problem
        x, t, s = jnp.asarray(slots), jnp.asarray(self.t), jnp.asarray(self.told)
        score = problem.score_model.at(rows, slots)
        law: Any = rounded(problem.sampler.step(score, problem.symbol_noise, x, t, s))
        if not isinstance(law, Tokens | Generator):
            raise TypeError(
                f"the step of {label(problem.sampler)} is a {type(law).__name__}, which cannot be "
                "lumped to counts; use engine='enumerated' where sequences are few"
            )
        return perturbed("step law", law)

    def _refuse_neighbours(self, law: StepLaw) -> None:
        """Raise ValueError unless a token has the law of its slot, alone and in a sequence.

        A sampler that looks at positions, at other tokens or at how many there are is not a law of
        counts; lumped, it would silently be another sampler.  Tried on 64 counts, each as one
        sequence in an order of its own: every position has its turn.  (A sampler that looks for one
        certain count among many others can pass.)
        """
        space = self.problem.counts
        rows = np.unique(np.linspace(0, space.size - 1, _TRIED).astype(int))
        alone, slots = np.repeat(rows, space.tokens), np.tile(np.arange(space.tokens), len(rows))
        held = space.counts()[alone, slots] > 0
        alone, slots = alone[held], slots[held]
        single = self._of(alone, slots[:, None].astype(np.int32))
        self._refuse_another(law, single, alone, slots[:, None], "the other tokens are hidden")
        rng = np.random.default_rng(0)
        tokens = np.stack([np.repeat(np.arange(space.tokens), n) for n in space.counts()[rows]])
        mixed = rng.permuted(tokens, axis=1).astype(np.int32)
        sequences = self._of(rows, mixed)
        self._refuse_another(law, sequences, rows, mixed, "it stands in a sequence")

    def _refuse_another(
        self, law: StepLaw, other: StepLaw, rows: np.ndarray, slots: np.ndarray, where: str
    ) -> None:
        """Raise ValueError unless ``other``, of ``slots [n, m]``, is ``law`` of the same slots."""
        for name in ("p", "lost", "rates"):
            if not hasattr(law, name):
                continue
            among, apart = np.asarray(getattr(law, name)), np.asarray(getattr(other, name))
            if among.ndim < 2:
                continue
            wanted = among[rows[:, None], slots]
            gap = np.abs(wanted - apart)
            if not (gap <= LUMPS * np.maximum(np.abs(wanted), 1.0)).all():
                raise ValueError(
                    f"{label(self.problem.sampler)} cannot be lumped to counts: the law of a "
                    "token must depend on its own value and its own ratios only, but it changes "
                    f"by {np.nanmax(gap):.3g} when {where}; use engine='enumerated'"
                )


def steps(problem: Problem) -> Iterator[Step | Run]:
    """Every ``Step`` of the sampler, then the ``Run``."""
    space = problem.counts
    law, lost, clipped = problem.start_law, 0.0, 0.0
    for (t, s), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        laws = StepLaws(problem, t, told)
        after, gone, moved = push(space, law, laws.whole)
        yield Step(t, s, laws)
        law, lost, clipped = perturbed("run law", after), lost + gone, clipped + moved
    yield Run(law, lost, clipped)


def push(space: Counts, law: np.ndarray, step: StepLaw) -> tuple[np.ndarray, float, float]:
    """``law [N]`` after the step, the mass lost in it, the expected probability clipped in it."""
    holders = space.holders(slice(0, space.size))
    if isinstance(step, Generator):
        rates = np.asarray(step.rates)[..., : space.tokens] * holders[..., None]
        with float64():
            pushed = _push_generator(law, rates, space.moved(), float(step.duration))
            return np.asarray(pushed), 0.0, 0.0
    if not isinstance(step, Tokens):
        raise TypeError(f"the counts engine cannot push a {type(step).__name__}")
    p = np.asarray(step.p)
    if space.class_sizes:  # another token of the class is in the class
        p = p[..., :-1] + p[..., -1:] * np.eye(space.tokens)
    loses = np.broadcast_to(np.asarray(step.lost), holders.shape)
    lost = float(-(law * np.expm1((holders * np.log1p(-loses)).sum(1))).sum())
    clipped = float((law[:, None] * holders * np.asarray(step.clipped)).sum())
    clean = np.arange(space.tokens - 1)
    if space.masked and (p[:, clean, clean] == 1).all():  # only masks move
        return masked_counts.revealed(law, p[:, -1], space.length), lost, clipped
    return convolution.push(law, p, space.length), lost, clipped


@jax.jit
def _push_generator(law: Array, rates: Array, to: Array, duration: Any) -> Array:
    """``rates [N, S, S]`` of all tokens of a slot; ``to`` the states that they lead to."""

    def arrivals(law: Array) -> Array:
        flow = law[:, None, None] * rates
        return jnp.zeros_like(law).at[to.reshape(-1)].add(flow.reshape(-1))

    return uniformized(law, rates.sum((-1, -2)), duration, arrivals)
