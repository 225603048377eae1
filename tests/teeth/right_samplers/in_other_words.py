"""Right samplers that are others, written in another way or with fewer claims."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import own_token
from harness.samplers import Euler, PredictorCorrector, TauLeaping, Tweedie
from harness.step import Tokens

from ..case import Case
from ..parts import BASIC, ELSEWHERE, PLAIN, leap, others, rates

JOINT = Claims(2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})


@dataclass(frozen=True)
class InLogarithms:
    """Tweedie by logits and a softmax."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        weights = noise.bridge(score(t, x), x, t - s)
        logits = jnp.where(weights > 0, jnp.log(jnp.where(weights > 0, weights, 1.0)), -jnp.inf)
        negative = jnp.maximum(-weights, 0.0).sum(-1)
        return Tokens(
            jax.nn.softmax(logits, axis=-1), clipped=jnp.where(negative > 1e-12, negative, 0.0)
        )


@dataclass(frozen=True)
class ByNumpy:
    """Backward Euler in numpy, called outside of anything compiled."""

    claims: ClassVar[Claims] = replace(PLAIN, on_host=True)

    def step(self, score, noise, x, t, s):
        moves = float(t - s) * np.asarray(rates(score, noise, x, t))
        stay = 1 / (1 + moves.sum(-1))
        return Tokens.stay_or_move(x, jnp.asarray(moves * stay[..., None]), jnp.asarray(stay))


@dataclass(frozen=True)
class Modest:
    """A built-in sampler that claims less than is true of it."""

    inner: Any = field(default_factory=Tweedie)
    output_order: float = 1
    chain_order: float = 0

    @property
    def claims(self):
        kept = {Trait.KEEPS_MASS} & self.inner.claims.traits
        return replace(
            self.inner.claims,
            output_order=self.output_order,
            chain_order=self.chain_order,
            traits=kept,
            rates_in_step=None,
        )

    def step(self, score, noise, x, t, s):
        return self.inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class Alone:
    """Exact where there is one token, whose posterior Tweedie is; Euler for more."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        inner = Tweedie() if x.shape[1] == 1 else Euler()
        return inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class OtherWayRound:
    """Reads sequences from the right to the left, and writes them so."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        def turned(u, y):
            return score(u, y[:, ::-1])[:, ::-1]

        law = TauLeaping().step(turned, noise, x[:, ::-1], t, s)
        return Tokens(law.p[:, ::-1])


@dataclass(frozen=True)
class AllOfTheNucleus:
    """Nucleus sampling at p = 1, which cuts nothing."""

    claims: ClassVar[Claims] = replace(PLAIN, traits=BASIC)

    def step(self, score, noise, x, t, s):
        law = leap(x, rates(score, noise, x, t), t - s).p
        before = (law[..., None, :] * (law[..., None, :] > law[..., :, None])).sum(-1)
        kept = jnp.where(before < 1.0, law, 0.0)
        own = own_token(x, law.shape[-1])
        return Tokens(jnp.where(own, 1 - others(x, kept).sum(-1, keepdims=True), kept))


CASES = [
    Case(thing, 0)
    for thing in (
        InLogarithms(),
        ByNumpy(),
        Modest(),
        Modest(PredictorCorrector()),
        Modest(TauLeaping("lose")),
        Modest(Tweedie(), 0, 0),
        Alone(),
        OtherWayRound(),
        AllOfTheNucleus(),
    )
]
