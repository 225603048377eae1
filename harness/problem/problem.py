"""A problem: everything that a run or a theorem may depend on."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.precision import float64
from harness.foundation.registry import label, load, noises, samplers, scores, targets
from harness.foundation.validation import choice, integer, unknown
from harness.law.claims import Claims, Trait
from harness.numerics import compositions, divergence
from harness.problem import monte_carlo
from harness.problem.monte_carlo import MonteCarlo
from harness.process import grids
from harness.process.analytic_score import AnalyticScore
from harness.process.grids import Grid
from harness.process.noise import Noise
from harness.process.score import CountScore, Exact, Score
from harness.process.space import MAX_STATES, Counts, Sequences, Space
from harness.process.truth import on_counts, on_sequences

ENGINES = ("auto", "enumerated", "counts")
COUNTS_ABOVE = 4096  # sequences, beyond which an exchangeable target is taken by its counts
KEPT = 2**20  # numbers in all the marginals that a problem keeps
AT_ONCE = 64  # marginals at the times of a grid that are computed in one call


@dataclass(frozen=True)
class Problem:
    """A data law, the noise that blurs it, and a sampler that runs back along a grid.

    ``engine``: ``"enumerated"`` works on all sequences, ``"counts"`` on the token counts of an
    exchangeable target; ``"auto"`` takes the counts where there are more than 4,096 sequences.
    ``MonteCarlo(...)`` estimates the chain KL by draws, on sequences of any length, for a target
    with an ``analytic`` noised law and the exact score; nothing of size ``S^d`` is made.
    ``start="noise"`` begins at the stationary law of the noise (absorbing noise has a surrogate),
    ``"exact"`` at ``q_T``, ``"mask"`` at ``T = inf`` with every token masked.  Spaces
    of more than ``max_states`` states are refused here, before anything is allocated.  Equal
    problems hash alike; ``spec`` and ``from_spec`` round-trip through plain tables.
    """

    target: Any
    noise: Noise
    sampler: Any
    grid: Grid
    score: Any = Exact()  # noqa: RUF009 (frozen)
    start: str = "noise"
    max_states: int = MAX_STATES
    engine: str | MonteCarlo = "auto"

    def __post_init__(self) -> None:
        _expect("target", self.target, ("space", "log_law"))
        _expect("sampler", self.sampler, ("step", "claims"))
        _expect("score", self.score, ("log_error",))
        if not isinstance(self.noise, Noise):
            raise TypeError(f"noise must be a Noise, got {self.noise!r}")
        if not isinstance(self.grid, Grid):
            raise TypeError(f"grid must be a Grid, got {self.grid!r}")
        choice("start", self.start, ("noise", "exact", "mask"))
        integer("max_states", self.max_states, 2)
        if self.drawn:
            self._check_drawn()
        else:
            choice("engine", self.engine, ENGINES)
            self._refuse_above()
        self.symbol_noise.check(self.space.tokens)
        if self.start == "noise":
            self.symbol_noise.start_token(self.grid.start, self.space.tokens)
        parameters = getattr(type(self.sampler), "__dataclass_params__", None)
        if parameters is None or not (parameters.frozen and parameters.eq):
            raise TypeError(
                "a sampler must be a frozen dataclass, since compiled laws are kept by its value; "
                f"{type(self.sampler).__name__} is not"
            )
        try:
            hash(self.sampler)
        except TypeError as error:
            raise TypeError(f"the fields of a sampler must be hashable: {error}") from None
        if not isinstance(self.sampler.claims, Claims):
            raise TypeError(f"claims of a sampler must be a Claims, got {self.sampler.claims!r}")
        self._check_alphabet()

    def _check_alphabet(self) -> None:
        """Whether this sampler can run on this alphabet, and from where it is to start."""
        space, claims, name = self.space, self.sampler.claims, label(self.sampler)
        if claims.adds_values and (space.class_sizes or space.masked):
            what = "classes of tokens do" if space.class_sizes else "a mask does"
            raise ValueError(f"{name} adds up token values, which {what} not have")
        ends = [t - told for t, told in zip(self.grid.times, self.grid.told_steps(), strict=False)]
        if claims.needs_early_stopping and min(ends) <= 0:
            raise ValueError(
                f"{name} needs steps that end at δ > 0, as told, since at 0 rates have no bound; "
                f"got {min(ends):g}"
            )
        if claims.memory > 1:
            if space.class_sizes:
                raise ValueError(f"{name} remembers, which classes of tokens do not")
            self.chain_space.refuse_above(self.max_states)
        if claims.needs_mask and not space.masked:
            raise ValueError(f"{name} needs absorbing noise, got {self.noise}")
        if (self.start == "mask") != math.isinf(self.grid.start):
            raise ValueError(
                "start='mask' goes with a grid that starts at T = inf and no other start does, "
                f"got start={self.start!r} at T = {self.grid.start:g}"
            )
        if self.start == "mask" and not (space.masked and claims.starts_masked):
            limit = "absorbing noise" if not space.masked else "a step law with a limit at T = inf"
            hint = "; masked_plug_in has one" if space.masked else ""
            told = f"start='mask' needs {limit}, which {name} on {self.noise} has not{hint}"
            raise ValueError(told)

    def _check_drawn(self) -> None:
        if not hasattr(self.target, "analytic"):
            raise ValueError(
                "engine=MonteCarlo needs a target whose noised law is known in closed form (see "
                f"toy_targets.analytic), got {label(self.target)}"
            )
        if self.space.masked:
            raise ValueError(f"engine=MonteCarlo knows no mask, got {self.noise}")
        if not isinstance(self.score, Exact):
            raise ValueError(
                "engine=MonteCarlo needs the exact score: the error of another is a table over "
                f"all sequences, of which no draw can ask; got {label(self.score)}"
            )

    def _refuse_above(self) -> None:
        try:
            self.space.refuse_above(self.max_states)
        except ValueError as error:
            if not hasattr(self.target, "analytic"):
                raise
            hint = "its chain KL can be estimated by draws: engine=MonteCarlo(draws=...)"
            raise ValueError(f"{error}; {hint}") from None

    @property
    def drawn(self) -> bool:
        """Whether the engine is ``MonteCarlo``: then there is no law on all states."""
        return isinstance(self.engine, MonteCarlo)

    @cached_property
    def analytic(self) -> Any:
        """The target's noised law in closed form; see ``toy_targets.analytic``."""
        return self.target.analytic()

    @cached_property
    def dependence(self) -> tuple[float, float]:
        """Total and dual total correlation of the data law in nats; ``nan`` where not known.

        Drawn problems have the target's closed form, or the exact numbers from its counts.
        """
        if not self.drawn:
            of = self.truth.total_correlation, self.truth.dual_total_correlation
            return of[0](self.space, self.data_law), of[1](self.space, self.data_law)
        found = self.analytic.dependence()
        sequences = self.target.space
        few = compositions.size(sequences.tokens, sequences.length) <= self.max_states
        if math.isnan(found[1]) and getattr(self.target, "exchangeable", False) and few:
            return dataclasses.replace(self, engine="counts").dependence
        return found

    @cached_property
    def space(self) -> Space:
        """The states that the engine works on: all sequences, or counts."""
        sequences = self.noise.alphabet(self.target.space)
        if self.drawn or self.engine == "enumerated":
            return sequences
        lumps = getattr(self.target, "exchangeable", False)
        if self.engine == "counts" and not lumps:
            raise ValueError(f"engine='counts' needs an exchangeable target, got {self.target!r}")
        if self.sampler.claims.memory > 1:
            if self.engine == "counts":
                name = label(self.sampler)
                raise ValueError(f"{name} remembers, which counts do not: engine='enumerated'")
            return sequences
        # A sampler that does not say that its tokens move alike is taken by sequences if it can be.
        traits = self.sampler.claims.traits
        alike = Trait.POSITIONS_ALIKE in traits
        apart = {Trait.INDEPENDENT_TOKENS, Trait.FROZEN_RATES} & traits
        most = COUNTS_ABOVE if alike and apart else self.max_states
        few = sequences.length * math.log(sequences.tokens) < math.log(most) + 1e-9
        if self.engine == "auto" and (few or not lumps):
            return sequences
        if not alike:
            raise ValueError(
                f"counts need a sampler that {Trait.POSITIONS_ALIKE}, which "
                f"{label(self.sampler)} does not claim; engine='enumerated' where sequences are few"
            )
        return Counts(sequences.tokens, sequences.length, sequences.class_sizes, sequences.masked)

    @property
    def sequences(self) -> Sequences:
        """``space`` where it is that of all sequences.  Raises ValueError where it is counts."""
        if not isinstance(self.space, Sequences):
            raise ValueError("this needs all sequences one by one: engine='enumerated'")
        return self.space

    @cached_property
    def chain_space(self) -> Sequences:
        """Where the sampler's chain lives: ``sequences``, of tokens with what each remembers."""
        space, memory = self.sequences, self.sampler.claims.memory
        return space if memory == 1 else Sequences(space.tokens * memory, space.length)

    @property
    def chain_start(self) -> np.ndarray:
        """``start_law`` on ``chain_space``: every memory holds the value 0."""
        space, memory = self.sequences, self.sampler.claims.memory
        if memory == 1:
            return self.start_law
        law = np.zeros((space.tokens, memory) * space.length)
        law[(slice(None), 0) * space.length] = self.start_law.reshape(space.shape)
        return law.reshape(-1)

    def forgotten(self, law: np.ndarray) -> np.ndarray:
        """A law on ``chain_space`` as one on ``sequences``: memories are summed out."""
        space, memory = self.sequences, self.sampler.claims.memory
        axes = tuple(range(1, 2 * space.length, 2))
        return law.reshape((space.tokens, memory) * space.length).sum(axes).reshape(-1)

    @property
    def counts(self) -> Counts:
        """``space`` where it is that of counts.  Raises ValueError where it is sequences."""
        if not isinstance(self.space, Counts):
            raise ValueError("this needs token counts: engine='counts'")
        return self.space

    @property
    def truth(self) -> ModuleType:
        """Exact facts about laws on ``space``: the module of ``harness.process.truth`` for it."""
        return on_counts if isinstance(self.space, Counts) else on_sequences

    @cached_property
    def symbol_noise(self) -> Noise:
        """The noise as it acts on the symbols of ``space``."""
        sizes = self.space.class_sizes
        return self.noise.on_classes(sizes) if sizes else self.noise

    @cached_property
    def data_law(self) -> np.ndarray:
        """``q_0`` on the states, float64, summing to one."""
        self._refuse_law()
        law = self._law_of_counts() if isinstance(self.space, Counts) else self._law_of_sequences()
        total = law.sum()
        if not abs(total - 1) < 1e-9:
            raise ValueError(f"law of {label(self.target)} must sum to 1, got {total:.10g}")
        return law / total

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
        shape = self.target.space.shape
        if log_law.shape != shape:
            raise ValueError(
                f"log_law of {label(self.target)} must have shape {shape}, got {log_law.shape}"
            )
        whole = np.zeros(self.noise.alphabet(self.target.space).shape)
        whole[(slice(self.target.space.tokens),) * self.target.space.length] = np.exp(log_law)
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
        return self.truth.independent(self.space, self._start_token)

    @property
    def _start_token(self) -> np.ndarray:
        return self.symbol_noise.start_token(self.grid.start, self.space.tokens)

    def kl_to_independent(self, law: np.ndarray, token: np.ndarray | None = None) -> float:
        """KL in nats from ``law`` to independent tokens, each ``token [S]``; else ``noise_law``.

        Of a thousand tokens most laws of counts have tails that float64 does not hold.
        """
        token = self._start_token if token is None else token
        independent = self.truth.independent(self.space, token)
        if not isinstance(self.space, Counts):
            return divergence.kl(law, independent, lost=0.0)
        log_law = on_counts.log_independent(self.space, token)
        return divergence.kl(law, independent, lost=0.0, log_p=log_law)

    @cached_property
    def start_law(self) -> np.ndarray:
        """``p_0 [S^d]``, where the sampler begins."""
        return self.noise_law if self.start == "noise" else self.marginal(self.grid.start)

    def kernel(self, t: float) -> np.ndarray:
        """``P_t [S, S]`` of one token, float64."""
        with float64():
            return np.asarray(_kernel(self.symbol_noise, t, self.space.tokens))

    def marginal(self, t: float) -> np.ndarray:
        """``q_t``, the data law after noise time ``t``."""
        return self._marginal(t)

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
                return on_counts.spread(self.space, self.data_law, self.kernel(t))
            if kept < AT_ONCE or t not in place:
                with float64():
                    return np.asarray(_marginal(self.exact_score, t))
            if t not in ahead:
                ahead.clear()
                following = times[place[t] :][:AT_ONCE]
                padded = [*following, *[t] * (AT_ONCE - len(following))]  # one shape: one compiled
                ahead.update(zip(following, self.marginals(np.array(padded)), strict=False))
            return ahead[t]

        return marginal

    @cached_property
    def exact_score(self) -> Score:
        return Score(self.sequences, self.symbol_noise, self.data_law, base_law=self._base_law)

    @property
    def _base_law(self) -> np.ndarray | None:
        """What the data law is a tilted version of, if it is one."""
        base = getattr(self.target, "base", None)
        return None if base is None else dataclasses.replace(self, target=base).data_law

    @cached_property
    def score_model(self) -> Any:
        """The score that the sampler is given: a ``Score``, ``CountScore`` or ``AnalyticScore``."""
        if self.drawn:
            return AnalyticScore(self.sequences, self.symbol_noise, self.analytic)
        error = self.score.log_error(self.space, self.score_error_weights)
        if isinstance(self.space, Counts):
            return CountScore(self.space, self.marginal, error)
        if error is not None:
            with float64():  # once: numpy's would be copied anew for every block of states
                error = jnp.asarray(error)
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

    def spec(self) -> dict[str, Any]:
        """The problem as nested tables of plain values."""
        return {
            "target": targets.spec(self.target),
            "noise": noises.spec(self.noise),
            "sampler": samplers.spec(self.sampler),
            "grid": self.grid.spec(),
            "score": scores.spec(self.score),
            "start": self.start,
            "max_states": self.max_states,
            "engine": monte_carlo.spec(self.engine),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Problem":
        """The problem that ``spec`` describes.  Raises ValueError for an unknown name or key."""
        load()
        fields = dict(spec)
        known = [field.name for field in dataclasses.fields(cls)]
        for key in fields:
            if key not in known:
                raise ValueError(unknown("field of a problem", key, known))
        makers = {
            "target": targets.build,
            "noise": noises.build,
            "sampler": samplers.build,
            "grid": grids.from_spec,
            "score": scores.build,
            "engine": monte_carlo.from_spec,
        }
        for key, make in makers.items():
            if key in fields:
                fields[key] = make(fields[key])
        for key in ("target", "noise", "sampler", "grid"):
            if key not in fields:
                raise ValueError(f"a problem needs a {key}")
        return cls(**fields)


def _expect(kind: str, thing: Any, members: tuple[str, ...]) -> None:
    """A contract is duck-typed: say at once which member is missing."""
    for member in members:
        if isinstance(thing, type) or not hasattr(thing, member):
            raise TypeError(f"a {kind} needs {' and '.join(members)}; {thing!r} has no {member}")


@jax.jit
def _marginal(score: Score, t: float) -> Any:
    return score.marginal(t)


@jax.jit
def _marginals(score: Score, times: np.ndarray) -> Any:
    return jax.lax.map(score.marginal, times)


def _kernel(noise: Noise, t: float, tokens: int) -> Any:
    return _kernel_jit(noise, t, tokens=tokens)


_kernel_jit = jax.jit(lambda noise, t, tokens: noise.kernel(t, tokens), static_argnames=("tokens",))
