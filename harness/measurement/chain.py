"""Chain and path KL of a run, added up step by step as the engine goes."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind, step_laws
from harness.engines.steps import Step
from harness.foundation.precision import float64
from harness.law.step import Generator, RandomOrder, Tokens, Varying
from harness.measurement import reveal_chain
from harness.measurement.path_kl import path_kl
from harness.numerics.divergence import bregman, kl_floor, nonnegative
from harness.problem.problem import Problem
from harness.process.noise import Absorbing
from harness.process.noise.base import AMPLIFICATION
from harness.process.space import Sequences
from harness.process.truth import on_sequences
from harness.process.truth.underflow import seen

PAIRWISE_STATES = 4096  # up to here the chain KL of a step that is no product is summed exactly
_IMPOSSIBLE = "in the step from t={:g} a possible value has probability 0 under the sampler"
OF_RATES = 9  # those of true rates and a sampler's, which steps do not add to
_ROWS = 64  # states whose whole transition law is held at once


class StepSums:
    """Chain and path KL, added up step by step as the engine runs."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.factorisations: list[float] = []
        self.own_floors: list[float] = []
        self.alike_floors: dict[float, list[float]] = {}  # by the length of the step
        self.marginal = self.chain = self.path = self.path_error = 0.0
        self.product = self.generator = self.other = False
        self.reasons: dict[str, str] = {}
        self.order: reveal_chain.OwnOrder | None = None

    def add(self, step: Step) -> None:
        claims = self.problem.sampler.claims
        if claims.memory > 1:
            self.chain = np.nan
            self.reasons["chain_kl"] = "the sampler remembers what the true chain has not"
            return
        if claims.own_order:
            self._add_in_own_order(step)
            return
        others: list[Any] = []
        marginal, reversal = 0.0, None
        if step.laws.in_blocks:
            reversal = self.problem.reversal(step.t, step.s)
            total = step.laws.total(_block_marginal_kl, _of_truth(reversal))
            self._add_product(step, reversal, total)
            return
        with float64():
            for rows, law in step.laws:
                if not isinstance(law, Tokens):
                    others.append(law)
                    continue
                reversal = reversal or self.problem.reversal(step.t, step.s)
                space = self.problem.space
                if isinstance(space, Sequences):
                    given = _of_truth(reversal)
                    marginal += float(_block_marginal_kl(space, law, rows.start, given))
                    continue
                joint = seen(space, reversal.joint(rows.start, rows.stop - rows.start))
                holders = space.holders(rows)
                marginal += float(_marginal_kl(joint, holders, reversal.law_t[rows], law))
        if reversal is None:
            self._add_other(step, step_laws.joined(others))
        else:
            self._add_product(step, reversal, marginal)

    def _add_product(self, step: Step, reversal: Any, marginal: float) -> None:
        self.product = True
        self.factorisations.append(reversal.factorisation)
        self.own_floors.append(reversal.own_floor)
        self.alike_floors.setdefault(step.t - step.s, []).append(reversal.alike_floor)
        self.marginal += marginal
        if np.isinf(marginal):
            self.reasons.setdefault("chain_kl", _IMPOSSIBLE.format(step.t))

    def _add_in_own_order(self, step: Step) -> None:
        """A step of a sampler that reveals masks in an order of its own."""
        self.other, space = True, self.problem.sequences
        if space.size > PAIRWISE_STATES:
            self.chain = np.nan
            self.reasons["chain_kl"] = (
                f"{space.size:,} states: a chain of reveals in the sampler's own order is summed "
                f"up to {PAIRWISE_STATES:,}"
            )
            return
        self.order = self.order or reveal_chain.OwnOrder(self.problem)
        added = self.order.add(step_laws.joined([law for _, law in step.laws]))
        self.chain += added
        if np.isinf(added):
            self.reasons.setdefault("chain_kl", _IMPOSSIBLE.format(step.t))

    def _add_other(self, step: Step, law: Any) -> None:
        """A step that is not a product: its chain KL is summed over pairs of states."""
        above = ""
        if isinstance(law, Generator | Varying):
            self.generator, above = True, "; path_kl is above it"
            path, error = path_kl(self.problem, step, law)
            self.path, self.path_error = self.path + path, self.path_error + error
        elif self._reveals_one_at_a_time(step, law):
            self.generator, above = True, "; path_kl is above it"
            self.path += reveal_chain.path_kl(self.problem, law, step.t, step.s)
        else:
            self.other = True
        space = self.problem.space
        if not isinstance(space, Sequences) or space.class_sizes:
            self.chain = np.nan
            self.reasons["chain_kl"] = (
                "the chain KL of a step that is no product is that of sequences of tokens, which "
                f"lumped states do not show{above}"
            )
        elif space.size <= PAIRWISE_STATES:
            law_s, law_t = self.problem.marginal(step.s), self.problem.marginal(step.t)
            kernel = self.problem.kernel(step.t - step.s)
            added = _pairwise_chain_kl(space, law, law_s, law_t, kernel)
            self.chain += added
            if np.isinf(added):
                self.reasons.setdefault("chain_kl", _IMPOSSIBLE.format(step.t))
        else:
            self.chain = np.nan
            self.reasons["chain_kl"] = (
                f"{space.size:,} states: the chain KL of a step that is no product is summed up "
                f"to {PAIRWISE_STATES:,}{above}"
            )

    def _reveals_one_at_a_time(self, step: Step, law: Any) -> bool:
        """Whether masks go one at a time, at the true rate: so that the path KL is known."""
        noise = self.problem.noise
        if not (isinstance(law, RandomOrder) and isinstance(noise, Absorbing)):
            return False
        with float64():
            chance = 1.0 - float(noise.hidden(step.t, step.s))
            waits = np.asarray(law.waits) == reveal_chain.masks(self.problem.sequences)
        return bool(waits.all()) and abs(float(law.chance) - chance) < 1e-12

    def values(self, start: float, skipped: bool) -> tuple[dict[str, float], dict[str, float]]:
        """The chain's and the path's part of a ``Measurement``, and its ``floors``."""
        nan = np.nan
        if self.order is not None and self.order.unfinished() > reveal_chain.UNFINISHED:
            self.chain = np.inf
            self.reasons["chain_kl"] = (
                "revealed in the sampler's own order, the truth does not end at q_δ: it needs "
                "δ = 0 and a step for every subset"
            )
        # Differences of entropies.  A kernel's error is the same in all steps of one length.
        off = math.hypot(*self.own_floors, *map(math.fsum, self.alike_floors.values()))
        factorisation = nonnegative(math.fsum(self.factorisations), off)
        chain = start + self.chain + factorisation + self.marginal
        product = self.product and not (self.generator or self.other)
        frozen = self.generator and not (self.product or self.other)
        path = start + self.path if frozen else nan
        laws = self._roundings
        floors = {
            "chain_kl": kl_floor(chain, laws) + off,
            "factorisation_kl": off,
            "marginal_kl": kl_floor(self.marginal, laws),
            "path_kl": kl_floor(path, OF_RATES),
        }
        chain = nan if skipped else nonnegative(chain, floors["chain_kl"])
        if skipped:
            self.reasons["chain_kl"] = "not measured"
        if not product:
            self.reasons["factorisation_kl"] = self.reasons["marginal_kl"] = (
                "not measured" if skipped else "the step is not a product over tokens"
            )
        if not frozen:
            self.reasons["path_kl"] = "not measured" if skipped else "measured for generators only"
        values = {
            "chain_kl": chain,
            "factorisation_kl": factorisation if product else nan,
            "marginal_kl": self.marginal if product else nan,
            "path_kl": path,
            "chain_floor": floors["chain_kl"],
            "path_floor": self.path_error + floors["path_kl"],
        }
        return values, floors

    def step_floors(self, whole: float) -> tuple[float, ...]:
        """A floor for the factorisation of each step, so that they add up to that of the sum."""
        steps = len(self.factorisations)
        return (whole / steps,) * steps if steps else ()

    @property
    def _roundings(self) -> float:
        """In the laws of all steps: of each token, its score and the truth beside it.

        The truth of a token carries the errors of the others' kernels, on counts those of all.
        What undoes the noise of a step multiplies an error by ``e^h``.
        """
        problem, length = self.problem, self.problem.space.length
        steps = [0.0 if problem.space.masked else t - s for t, s in problem.grid.intervals()]
        # Beyond AMPLIFICATION nothing is undone.
        grown = math.fsum(min(math.exp(min(h, 50.0)), AMPLIFICATION) ** 2 for h in steps)
        return grown * (2 * length**2 if isinstance(problem.space, Sequences) else length**3)


@jax.jit
def _marginal_kl(joint: Array, holders: Array, law_t: Array, law: Tokens) -> Array:
    """``Σ_i E KL(c_i‖k_i)``, ``c_i = Pr(X_s^i = · | X_t)`` the truth, ``k_i`` the sampler's."""
    weight = law_t[:, None] * holders  # [n, slots]
    lost = (weight * law.lost).sum()
    # In one long row: the loops over a few symbols each are much slower.
    wanted = jax.lax.optimization_barrier(weight[..., None] * law.p).reshape(-1)
    return lost + bregman(joint.reshape(-1), wanted, jnp).sum()


def _of_truth(reversal: on_sequences.Reversal) -> tuple[Any, ...]:
    """What ``_block_marginal_kl`` is given."""
    return reversal.noise, reversal.h, reversal.halves, reversal.kernel, reversal.law_t


@partial(jax.jit, static_argnames=("space",))
def _block_marginal_kl(space: Sequences, law: Tokens, first: Array, given: Any) -> Array:
    """The same for the states from ``first`` on; ``given`` is ``_of_truth``."""
    noise, h, halves, kernel, law_t = given
    rows = law.p.shape[0]
    joint = seen(space, on_sequences.token_joint(space, rows, noise, halves, kernel, h, first))
    here = jax.lax.dynamic_slice(law_t, (first,), (rows,))
    return _marginal_kl(joint, jnp.ones((rows, space.slots)), here, law)


def _pairwise_chain_kl(
    space: Sequences, law: Any, law_s: np.ndarray, law_t: np.ndarray, kernel: np.ndarray
) -> float:
    """``E KL(q_{s|t}(·|X_t) ‖ K(X_t, ·))`` by the whole transition law, rows at a time."""
    x = np.asarray(space.states())
    with float64():
        matrix, lost = (np.asarray(each) for each in by_kind.transitions(law, space))
    total = float((law_t * lost).sum())
    for first in range(0, space.size, _ROWS):
        rows = np.arange(first, min(first + _ROWS, space.size))
        forward = np.ones((len(rows), 1))
        for i in range(space.length):  # P_h(y, x) for all y: one factor a token
            factor = kernel[:, x[rows, i]].T
            forward = (forward[:, :, None] * factor[:, None, :]).reshape(len(rows), -1)
        joint = seen(space, law_s * forward)
        total += float(bregman(joint, law_t[rows, None] * matrix[rows]).sum())
    return total
