"""The laws of a problem: its data, noised and not, where it starts, what the sampler is told."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.numerics import compositions, divergence
from harness.problem import own_scores
from harness.problem.memory import forgotten, remembering
from harness.problem.spaces import Spaces
from harness.process.analytic_score import AnalyticScore
from harness.process.counts import Counts
from harness.process.noise import noise_kernel
from harness.process.own_score import ScoreFunction
from harness.process.reveal_score import RevealScore
from harness.process.score import CountScore, Score
from harness.process.space import MAX_STATES
from harness.process.truth import on_counts, on_sequences

KEPT = 2**20  # numbers in all the marginals that a problem keeps
AT_ONCE = 64  # marginals at the times of a grid that are computed in one call


class Laws(Spaces):
    """Laws on the states of a ``Problem``, each made when asked for and kept."""

    @cached_property
    def analytic(self) -> Any:
        """The target's noised law in closed form; see ``toy_targets.analytic``."""
        return self.target.analytic()

    @cached_property
    def conditionals(self) -> Any:
        """What the target knows of hidden tokens; see ``toy_targets.conditionals``."""
        return self.target.conditionals()

    @cached_property
    def dependence(self) -> tuple[float, float]:
        """Total and dual total correlation of the data law in nats; ``nan`` where not known.

        Drawn problems have the target's closed form, or the exact numbers from its counts.
        """
        if not self.drawn:
            return self._dependence[0][0], self._dependence[1][0]
        if self.space.masked:
            return self.conditionals.dependence()
        found = self.analytic.dependence()
        sequences = self.target.space
        few = compositions.size(sequences.tokens, sequences.length) <= self.max_states
        if math.isnan(found[1]) and getattr(self.target, "exchangeable", False) and few:
            return dataclasses.replace(self.whole, engine="counts").dependence
        return found

    @cached_property
    def _dependence(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The exact ones, each with its floor."""
        truth, law = self.truth, self.data_law
        return (
            truth.total_correlation_with_floor(self.space, law),
            truth.dual_total_correlation_with_floor(self.space, law),
        )

    @property
    def dependence_floors(self) -> tuple[float, float]:
        """How far rounding can move each; 0 for a closed form."""
        return (0.0, 0.0) if self.drawn else (self._dependence[0][1], self._dependence[1][1])

    @property
    def chain_start(self) -> np.ndarray:
        """``start_law`` on ``chain_space``: every memory holds the value 0."""
        return remembering(self.sequences, self.sampler.claims.memory, self.start_law)

    def forgotten(self, law: Any) -> Any:
        """A law on ``chain_space`` as one on ``sequences``: memories are summed out."""
        return forgotten(self.sequences, self.sampler.claims.memory, law)

    @cached_property
    def data_law(self) -> np.ndarray:
        """``q_0`` on the states, float64, summing to one."""
        self._refuse_law()
        law = self._law_of_counts() if isinstance(self.space, Counts) else self._law_of_sequences()
        total = law.sum()
        if not abs(total - 1) < 1e-9:
            raise ValueError(f"law of {label(self.target)} must sum to 1, got {total:.10g}")
        return perturbed("data law", law / total)

    @cached_property
    def full_support(self) -> bool:
        """Whether every state has a positive probability, however small, in the data law."""
        if self.space.masked:
            return False
        if isinstance(self.space, Counts):  # the law itself may underflow
            log_law = self.target.log_prob_of_counts(self.counts.counts())
            return bool(np.isfinite(np.asarray(log_law)).all())
        return bool(self.data_law.min() > 0)

    def _refuse_law(self) -> None:
        if self.drawn:
            raise ValueError(
                "engine=MonteCarlo makes no law on all sequences; where they are few enough, "
                "engine='auto' does"
            )

    def _law_of_sequences(self) -> np.ndarray:
        log_law = np.asarray(self.target.log_law(), dtype=np.float64)
        space = self.target.space
        if log_law.shape != space.shape:
            raise ValueError(
                f"log_law of {label(self.target)} must have shape {space.shape}, "
                f"got {log_law.shape}"
            )
        whole = np.zeros(self.noise.alphabet(space).shape)
        whole[(slice(space.tokens),) * space.length] = np.exp(log_law)
        return whole.reshape(-1)

    def _law_of_counts(self) -> np.ndarray:
        """The law of the counts; where sequences are few, that they are exchangeable is checked."""
        sequences, counts = self.noise.alphabet(self.target.space), self.counts.counts()
        clean = counts[:, self.target.space.tokens :].sum(1) == 0  # no token is the mask
        one = np.full(len(counts), -np.inf)
        tokens = counts[clean, : self.target.space.tokens]
        one[clean] = np.asarray(self.target.log_prob_of_counts(tokens), dtype=np.float64)
        law = np.exp(one + compositions.log_multiplicity(counts))  # each alone has no float
        if sequences.length * math.log(sequences.tokens) < math.log(MAX_STATES) + 1e-9:
            x = np.indices(sequences.shape).reshape(sequences.length, -1)
            held = np.stack([(x == value).sum(0) for value in range(sequences.tokens)], 1)
            off = np.abs(np.exp(one[compositions.index(held)]) - self._law_of_sequences()).max()
            if off > 1e-9:
                raise ValueError(
                    f"{label(self.target)} says that it is exchangeable, but a sequence and its "
                    f"counts differ in probability by {off:.3g}"
                )
        return law

    @cached_property
    def noise_law(self) -> np.ndarray:
        """Where ``start="noise"`` begins: independent tokens, stationary or a surrogate of that."""
        self._refuse_law()
        return self._independent(self._start_token)

    def _independent(self, token: np.ndarray) -> np.ndarray:
        return perturbed("start law", self.truth.independent(self.space, token))

    @property
    def _start_token(self) -> np.ndarray:
        return self.symbol_noise.start_token(self.grid.start, self.space.tokens)

    def kl_to_independent(self, law: np.ndarray, token: np.ndarray | None = None) -> float:
        """KL in nats from ``law`` to independent tokens, each ``token [S]``; else ``noise_law``.

        Of a thousand tokens most laws of counts have tails that float64 does not hold.
        """
        token = self._start_token if token is None else token
        independent = self._independent(token)
        if not isinstance(self.space, Counts):
            return divergence.kl(law, independent, lost=0.0)
        log_law = self._log_independent(token)
        return divergence.kl(law, independent, lost=0.0, log_p=log_law)

    def _log_independent(self, token: np.ndarray) -> np.ndarray:
        return perturbed("start law", on_counts.log_independent(self.counts, token))

    @cached_property
    def start_law(self) -> np.ndarray:
        """``p_0 [S^d]``, where the sampler begins."""
        return self.noise_law if self.start == "noise" else self.marginal(self.grid.start)

    def kernel(self, t: float) -> np.ndarray:
        """``P_t [S, S]`` of one token, float64."""
        with float64():
            return np.asarray(noise_kernel(self.symbol_noise, t, self.space.tokens))

    def marginal(self, t: float) -> np.ndarray:
        """``q_t``, the data law after noise time ``t``."""
        return self._marginal(t)

    def token_laws(self, t: float) -> np.ndarray:
        """``[d, S]`` law of each token by itself at noise time ``t``."""
        law, length = self.marginal(t), self.space.length
        if isinstance(self.space, Counts):
            return np.tile(law @ self.space.counts() / length, (length, 1))
        each = (on_sequences.token_marginal(self.sequences, law, i) for i in range(length))
        return np.stack(list(each))

    def marginals(self, times: np.ndarray) -> np.ndarray:
        """``q_t [m, states]`` for ``m`` times at once."""
        if isinstance(self.space, Counts):
            return np.stack([self.marginal(t) for t in times])
        with float64():
            return np.asarray(_marginals(self.exact_score, np.asarray(times, np.float64)))

    @cached_property
    def _marginal(self) -> Callable[[float], np.ndarray]:
        """A step asks for the marginals at its ends a few times over, theorems once more.

        Of small spaces those at the times of the grid come many at once, since each is a call.
        """
        times, kept = self.grid.times, max(4, KEPT // self.space.size)
        place = {t: k for k, t in enumerate(times)}
        ahead: dict[float, np.ndarray] = {}

        @lru_cache(maxsize=kept)
        def marginal(t: float) -> np.ndarray:
            if isinstance(self.space, Counts):
                kernel = self.kernel(t)
                found = on_counts.spread(self.counts, self.symbol_noise, self.data_law, kernel)
                return perturbed("marginal", found)
            if kept < AT_ONCE or t not in place:
                with float64():
                    return np.asarray(_marginal(self.exact_score, t))
            if t not in ahead:
                ahead.clear()
                # The last time too: what a run ends with is asked for as soon as where it starts.
                following = dict.fromkeys([*times[place[t] :][: AT_ONCE - 1], times[-1]])
                padded = [*following, *[t] * (AT_ONCE - len(following))]  # one shape: one compiled
                ahead.update(zip(following, self.marginals(np.array(padded)), strict=False))
            return ahead[t]

        return marginal

    @cached_property
    def exact_score(self) -> Score:
        space = self.sequences
        base = None if self._base_law is None else space.spread_out(self._base_law)
        with float64():
            return Score(space, self.symbol_noise, space.spread_out(self.data_law), base_law=base)

    @property
    def _base_law(self) -> np.ndarray | None:
        """What the data law is a tilted version of, if it is one."""
        base = getattr(self.target, "base", None)
        return None if base is None else dataclasses.replace(self.whole, target=base).data_law

    @cached_property
    def score_model(self) -> Any:
        """What the sampler asks: a ``Score``, ``CountScore``, ``AnalyticScore``, or its own."""
        if self.drawn and self.space.masked:
            return RevealScore(self.sequences, self.symbol_noise, self.conditionals)
        if self.drawn:
            return AnalyticScore(self.sequences, self.symbol_noise, self.analytic)
        if isinstance(self.score, ScoreFunction):
            return own_scores.model(self)
        error = self.score.log_error(self.space, self.score_error_weights)
        if isinstance(self.space, Counts):
            return CountScore(self.space, self.marginal, error)
        if error is not None:
            with float64():  # once: numpy's would be copied anew for every block of states
                error = self.sequences.spread_out(jnp.asarray(error))
        return dataclasses.replace(self.exact_score, log_error=error)

    def reverse_flow(self, law: np.ndarray) -> Iterator[tuple[slice, Array]]:
        """Flow ``law(x) r_i(b)`` of the true reverse rates, 0 at the own token, in blocks.

        Blocks are ``(rows, [rows, slots, symbols])``; in counts, the flow of all tokens of a slot.
        """
        with float64():
            for rows in self.space.blocks():
                count, noise = rows.stop - rows.start, self.symbol_noise
                yield rows, self.truth.reverse_flow(self.space, count, noise, law, rows.start)

    def reversal(self, t: float, s: float) -> Any:
        """What the truth does between ``s`` and ``t``: a ``Reversal`` of ``truth``."""
        return self.truth.Reversal(self, t, s)

    def score_error_weights(self) -> Iterator[tuple[slice, Array]]:
        """``Σ_k (t_k - t_{k+1}) q(x) R(b, x_i) s``: what ``ε_score`` weighs, in blocks."""
        return self.reverse_flow(self._occupation)

    @cached_property
    def _occupation(self) -> np.ndarray:
        """``Σ_k (t_k - t_{k+1}) q_{t_k}``, of which the score error is a linear function."""
        if math.isinf(self.grid.start):
            raise ValueError(
                "ε_score adds up over noise time, which is infinite from T = inf; "
                "give the score's size, or a grid that starts at a finite time"
            )
        law = np.zeros(self.space.size)
        for t, s in self.grid.intervals():
            law += (t - s) * self.marginal(t)
        return law


@jax.jit
def _marginal(score: Score, t: float) -> Any:
    return score.marginal(t)


@jax.jit
def _marginals(score: Score, times: np.ndarray) -> Any:
    return jax.lax.map(score.marginal, times)
