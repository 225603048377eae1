"""A hidden Markov chain: tokens that a chain of hidden states shows one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import logsumexp

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.numerics.inverse_transform import pick, refreshed, uniforms
from harness.process.space import Sequences
from toy_targets import in_turn
from toy_targets.analytic import Chain
from toy_targets.forward_backward import forward_backward, hiding, shares
from toy_targets.laws import law_of_token, log_of, settle
from toy_targets.markov_chain import stationary_law


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class HiddenChain:
    """The law: ``initial [K]``, ``transition [K, K]``, ``emission [K, S]`` of ``length`` tokens.

    Noised it is a hidden chain whose emission is moved by the token kernel.
    """

    initial: Any
    transition: Any
    emission: Any
    length: int = field(metadata={"static": True})

    def noised(self, kernel: Array, x: Array) -> tuple[Array, Array]:
        log_prob, others = forward_backward(*self._states(kernel, x))
        return log_prob, shares(others) @ jnp.asarray(self.emission)

    def _states(self, kernel: Array, x: Array) -> tuple[Array, Array, Array]:
        """The states, and what ``x`` tells of each, as ``forward_backward`` takes them."""
        transition = jnp.asarray(self.transition)
        seen = jnp.log(jnp.asarray(self.emission) @ kernel).T[x.T]  # [d, n, K]: log P(x_i | state)
        rows = jnp.broadcast_to(jnp.log(transition), (self.length, *transition.shape))
        return jnp.log(jnp.asarray(self.initial)), rows, seen

    def revealed(self, x: Array) -> Array:
        return self.noised(hiding(np.shape(self.emission)[1]), x)[1]

    def log_prob(self, x: Array) -> Array:
        return self.noised(jnp.eye(np.shape(self.emission)[1]), x)[0]

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> None:
        """Not known in closed form; see ``told_in_turn``."""

    def told_in_turn(self, x: Array, chosen: Array, shown: Array) -> Array:
        hides, after = hiding(np.shape(self.emission)[1]), jnp.where(chosen, shown, x)
        states = self._states(hides, x), self._states(hides, after)
        return in_turn.of_states(*states, jnp.asarray(self.emission), chosen)

    def draw(self, keys: Array) -> Array:
        chain = Chain(self.initial, jnp.asarray(self.transition)[None], self.length)
        state = chain.draw(refreshed(keys, 0))
        return pick(jnp.asarray(self.emission)[state], uniforms(refreshed(keys, 1), self.length))

    def dependence(self) -> tuple[float, float]:
        """Not known in closed form."""
        return float("nan"), float("nan")


@targets.add("hidden_markov_chain")
@dataclass(frozen=True)
class HiddenMarkovChain:
    """Hidden states follow a Markov chain, and each shows a token of the law ``emission[state]``.

    ``transition [K, K]`` and ``emission [K, S]`` have rows that sum to one; ``initial [K]`` is the
    stationary law of the states unless given.  Tokens together tell of a state what no neighbour
    tells: unlike in a Markov chain, tokens far apart depend on each other given those between.

    Raises TypeError or ValueError when a row is not a law, ``transition`` is not square, there are
    not as many rows of ``emission``, ``length`` is not a positive integer, or no ``initial`` is
    given and the stationary law is not unique.
    """

    transition: tuple[tuple[float, ...], ...]
    emission: tuple[tuple[float, ...], ...]
    length: int
    initial: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        found = {}
        for name in ("transition", "emission"):
            given = getattr(self, name)
            if not isinstance(given, Iterable):
                raise TypeError(f"{name} must be rows of numbers, got {given!r}")
            rows = tuple(law_of_token(f"{name} row {i}", row) for i, row in enumerate(given))
            if not rows or len({len(row) for row in rows}) > 1:
                lengths = [len(row) for row in rows]
                raise ValueError(f"{name} must have rows of one length, got {lengths}")
            found[name] = rows
        states = len(found["transition"])
        if len(found["transition"][0]) != states:
            raise ValueError(
                f"transition must be square, got {states} rows of {len(found['transition'][0])}"
            )
        if len(found["emission"]) != states:
            raise ValueError(f"{states} states need as many rows, got {len(found['emission'])}")
        settle(self, **found, length=integer("length", self.length, 1))
        if self.initial is not None:
            settle(self, initial=law_of_token("initial", self.initial))
            if len(self.initial) != states:
                raise ValueError(f"initial must have {states} states, got {len(self.initial)}")
        self.first()

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests: a token that one state cannot show."""
        return cls(((0.9, 0.1), (0.2, 0.8)), ((0.7, 0.3, 0.0), (0.1, 0.3, 0.6)), length=4)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(len(self.emission[0]), self.length)

    def first(self) -> np.ndarray:
        """``[K]`` law of the first state."""
        if self.initial is None:
            return stationary_law(np.array(self.transition))
        return np.array(self.initial)

    def analytic(self) -> HiddenChain:
        """The noised law at any length: see ``toy_targets.analytic``."""
        emission = np.array(self.emission)
        return HiddenChain(self.first(), np.array(self.transition), emission, self.length)

    def conditionals(self) -> HiddenChain:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, ``-inf`` where impossible."""
        shows, follows = log_of(self.emission), log_of(self.transition)
        law = log_of(self.first())  # [S, .., S, K]: tokens so far, and the state of the next one
        with np.errstate(invalid="ignore"):
            for k in range(self.length):
                law = law[..., None, :] + shows.T
                if k + 1 < self.length:
                    law = np.asarray(logsumexp(law[..., None] + follows, axis=-2))
            return np.asarray(logsumexp(law, axis=-1))
