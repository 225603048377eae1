"""Kind 5: score calls that are fewer as claimed than they are."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.law.reveal_policy import rounds_of
from harness.law.score_calls import steps_with_moves, tokens_moved
from harness.noise import Absorbing
from harness.samplers import (
    DNDM,
    Confidence,
    FirstHitting,
    FixedCardinality,
    FrozenScore,
    PredictorCorrector,
    Tweedie,
)
from harness.step import InTurn, Kernel, Tokens

from ..case import Case
from ..parts import BASIC, ELSEWHERE, PLAIN, leap, product, rates, scaled

CALLS = "calls the score as often as claimed"


def halved(law):
    """The law of half of a number, rounded up."""
    found = np.zeros(len(law) // 2 + 1)
    np.add.at(found, (np.arange(len(law)) + 1) // 2, law)
    return found


def half_of_tokens(grid, length):
    return halved(tokens_moved(grid, length))


def mean_of_steps(grid, length):
    """All of the probability at the two numbers next to the mean."""
    law = steps_with_moves(grid, length)
    mean = float(law @ np.arange(len(law)))
    found = np.zeros(len(law))
    low = int(mean)
    found[low], found[min(low + 1, len(law) - 1)] = 1 - (mean - low), mean - low
    return found


@dataclass(frozen=True)
class Said:
    """Base: a built-in sampler with other claims."""

    def step(self, *given):
        return self.inner.step(*given)


@dataclass(frozen=True)
class HalfOfTheCalls(Said):
    """Kind 5: first hitting that claims a call for every two tokens."""

    inner: ClassVar[Any] = FirstHitting()
    claims: ClassVar[Claims] = replace(FirstHitting.claims, calls=half_of_tokens)


@dataclass(frozen=True)
class StepsForTokens(Said):
    """Kind 5: first hitting that claims a call a step in which something moves."""

    inner: ClassVar[Any] = FirstHitting()
    claims: ClassVar[Claims] = replace(FirstHitting.claims, calls=steps_with_moves)


@dataclass(frozen=True)
class OneCallForAll(Said):
    """Kind 5: first hitting that claims a call a step, since its step asks once."""

    inner: ClassVar[Any] = FirstHitting()
    claims: ClassVar[Claims] = replace(FirstHitting.claims, calls=None)


@dataclass(frozen=True)
class ChainForOneCall(Said):
    """Kind 5: a frozen chain without the trait, which asks once and is charged for that."""

    inner: ClassVar[Any] = FrozenScore()
    claims: ClassVar[Claims] = replace(
        FrozenScore.claims, traits=FrozenScore.claims.traits - {Trait.FROZEN_RATES}
    )


@dataclass(frozen=True)
class MeanForTheLaw(Said):
    """Kind 5: the right mean of the number of calls, and a law that is narrower."""

    inner: ClassVar[Any] = DNDM()
    claims: ClassVar[Claims] = replace(DNDM().claims, calls=mean_of_steps)


@dataclass(frozen=True)
class MovesForTransitions(Said):
    """Kind 5: DNDM with memory that claims the calls of one whose tokens are masks."""

    inner: ClassVar[Any] = DNDM(remembers=True)
    claims: ClassVar[Claims] = replace(DNDM(remembers=True).claims, calls=steps_with_moves)


@dataclass(frozen=True)
class HalfOfTheReveals(Said):
    """Kind 5: confidence that reveals one by one and claims a call for every two."""

    inner: ClassVar[Any] = Confidence()
    claims: ClassVar[Claims] = replace(
        Confidence().claims, calls=lambda grid, length: halved(rounds_of(1, grid, length))
    )


@dataclass(frozen=True)
class OnceForAllReveals(Said):
    """Kind 5: fixed cardinality that claims the calls of one that reveals all at once."""

    inner: ClassVar[Any] = FixedCardinality()
    claims: ClassVar[Claims] = replace(
        FixedCardinality().claims, calls=FixedCardinality((64,)).calls
    )


@dataclass(frozen=True)
class CheaperWithin(Said):
    """Kind 5: a first-hitting step that claims to begin with, and cost, a masked plug-in."""

    inner: ClassVar[Any] = FirstHitting()
    claims: ClassVar[Claims] = replace(
        FirstHitting.claims, calls=None, begins_with=DNDM(), traits={Trait.KEEPS_MASS}
    )


@dataclass(frozen=True)
class CorrectorForNothing(Said):
    """Kind 5: a frozen chain as predictor, of which one call a step is charged."""

    inner: ClassVar[Any] = PredictorCorrector(FrozenScore())
    claims: ClassVar[Claims] = replace(
        PredictorCorrector(FrozenScore()).claims, begins_with=None, score_calls=2
    )


@dataclass(frozen=True)
class TwoWithinOne:
    """Kind 5: two Tweedie steps within one, in a loop that is traced once."""

    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})

    def step(self, score, noise, x, t, s):
        def half(k, law):
            u, v = t - k * (t - s) / 2, t - (k + 1) * (t - s) / 2
            return jnp.where(
                jnp.arange(2)[:, None, None, None] == k, self.of(score, noise, x, u, v), law
            )

        tokens = score.symbols
        laws = jax.lax.fori_loop(0, 2, half, jnp.zeros((2, *x.shape, tokens)))
        return InTurn((Tokens(laws[0]), Tokens(laws[1])))

    def of(self, score, noise, x, u, v):
        return Tweedie().step(score, noise, x, u, v).p


@dataclass(frozen=True)
class NeighboursAtOnce:
    """Kind 5: one call that holds the neighbours of every state, counted as one."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        n, d = x.shape
        tokens = score.symbols
        turn = np.eye(d, dtype=bool)[:, None, :]
        near = jnp.where(turn, np.arange(tokens)[:, None], x[:, None, None, :])
        asked = jnp.concatenate([x, near.reshape(-1, d)])
        ratios = score(t, asked)
        now = noise.reverse_rates(ratios[:n], x)
        next_exit = noise.reverse_rates(ratios[n:], asked[n:]).sum((-1, -2)).reshape(n, d, tokens)
        h = t - s
        mean = now * (1 + h * jnp.tanh(next_exit - now.sum((-1, -2))[:, None, None]) / 10)
        return leap(x, mean, h)


@dataclass(frozen=True)
class AllPositionsAtOnce:
    """Kind 5: left to right within a step, each token seen again: ``d`` states asked in a call."""

    claims: ClassVar[Claims] = replace(ELSEWHERE, traits=BASIC - {Trait.SCORE_AT_GRID_TIMES})

    def step(self, score, noise, x, t, s):
        n, d = x.shape
        ratios = score(t, jnp.repeat(x, d, axis=0)).reshape(n, d, d, -1)
        return leap(x, noise.reverse_rates(ratios[:, np.arange(d), np.arange(d)], x), t - s)


@dataclass(frozen=True)
class ATokenAtATime:
    """Kind 5: the score is asked for each token anew, in a map, and one call is claimed."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = jax.lax.map(lambda i: score(t, x)[:, i], jnp.arange(x.shape[1]))
        return leap(x, noise.reverse_rates(jnp.moveaxis(ratios, 0, 1), x), t - s)


@dataclass(frozen=True)
class ScanForOne:
    """Kind 5: token after token, each seeing where those before have gone, for one call a step."""

    claims: ClassVar[Claims] = Claims(2, 1, {Trait.KEEPS_MASS})

    def step(self, score, noise, x, t, s):
        found, d = rates(score, noise, x, t), x.shape[1]
        turns = np.eye(d, dtype=bool)[:, :, None]
        return InTurn(tuple(leap(x, jnp.where(turn, found, 0.0), t - s) for turn in turns))


@dataclass(frozen=True)
class ReadsTheData:
    """Kind 5: the data law is put together from scores at time 1e-8; each step is then exact."""

    claims: ClassVar[Claims] = Claims(
        np.inf, np.inf, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, needs_early_stopping=True
    )

    def step(self, score, noise, x, t, s):
        if isinstance(noise, Absorbing):
            return FirstHitting().step(score, noise, x, t, s)
        tokens, d = score.symbols, x.shape[1]
        y = np.indices((tokens,) * d).reshape(d, -1).T
        ratios = score(jnp.asarray(1e-8), jnp.asarray(y))
        strides, log_law = tokens ** np.arange(d - 1, -1, -1), 0.0
        for i in range(d):  # tokens before i are set to 0; then the ratio that sets i to 0
            place = np.where(np.arange(d) < i, 0, y) @ strides
            log_law = log_law - jnp.log(jnp.maximum(ratios[place, i, 0], 1e-300))
        law = jnp.exp(log_law - log_law.max())
        for _ in range(d):
            law = (law.reshape(tokens, -1).T @ noise.kernel(s, tokens)).reshape(-1)
        arrival = product(noise.arrival(x, t - s, tokens))
        return Kernel(scaled(law * arrival))


@dataclass(frozen=True)
class MeanInALoop:
    """Kind 5: the mean rate over points of the step, more of them in a longer one, as one call."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        points = jnp.ceil(20 * (t - s)).astype(int) + 1

        def add(k, total):
            u = s + (t - s) * (k + 0.5) / points
            return total + rates(score, noise, x, u)

        mean = jax.lax.fori_loop(0, points, add, jnp.zeros((*x.shape, score.symbols))) / points
        return leap(x, mean, t - s)


CASES = [
    *(
        Case(thing, 5, CALLS)
        for thing in (
            HalfOfTheCalls(),
            StepsForTokens(),
            OneCallForAll(),
            ChainForOneCall(),
            MeanForTheLaw(),
            MovesForTransitions(),
            HalfOfTheReveals(),
            OnceForAllReveals(),
            CorrectorForNothing(),
        )
    ),
    Case(CheaperWithin(), 5, CALLS),
    *(
        Case(thing, 5, CALLS)
        for thing in (
            TwoWithinOne(),
            NeighboursAtOnce(),
            AllPositionsAtOnce(),
            ATokenAtATime(),
            ScanForOne(),
            ReadsTheData(),
            MeanInALoop(),
        )
    ),
]
