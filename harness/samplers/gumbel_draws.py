"""Coarse Gumbel draws: any sampler of independent tokens, as code draws it in few bits."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import label, samplers
from harness.law.claims import Claims, Trait
from harness.law.rounding import rounded
from harness.law.step import Tokens
from harness.numerics.gumbel_race import checked_bits, drawn_law
from harness.process.noise import Noise
from harness.process.score import Score
from harness.samplers.masked_plug_in import MaskedPlugIn

KEPT = {
    Trait.INDEPENDENT_TOKENS,
    Trait.KEEPS_MASS,
    Trait.POSITIONS_ALIKE,
    Trait.SCORE_AT_GRID_TIMES,
}


@samplers.add("gumbel_draws")
@dataclass(frozen=True)
class GumbelDraws:
    """``sampler`` as it really runs when every token of a step is drawn by ``Gumbel(bits)``.

    Its step law is the drawn law of each token, so that what coarse draws do to a run is exact,
    where ``simulate(..., precision=Gumbel(bits))`` draws from it.  For spaces of a few tokens: a
    law costs thousands of terms for every pair of outcomes.

    ``sampler`` is any whose step law is of independent tokens.
    """

    sampler: Any = MaskedPlugIn()  # noqa: RUF009 (frozen)
    bits: int = 24

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.sampler, "claims", None), Claims):
            raise TypeError(f"sampler must be one with claims, got {self.sampler!r}")
        checked_bits(self.bits)

    @classmethod
    def examples(cls) -> list["GumbelDraws"]:
        """Uniforms so coarse that all of them can be tried."""
        return [cls(bits=4)]

    @property
    def claims(self) -> Claims:
        inner = self.sampler.claims
        return Claims(
            output_order=0,
            chain_order=0,
            traits=inner.traits & KEPT,
            score_calls=inner.score_calls,
            needs_mask=inner.needs_mask,
            starts_masked=inner.starts_masked,
            needs_early_stopping=inner.needs_early_stopping,
            on_host=True,
            law_error=1e-15,  # of the integrals over strata, of which there are thousands
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> Tokens:
        # A score that is no tree of arrays is asked from Python.
        made = _meant_by if jax.tree_util.all_leaves([score]) else _compiled
        meant = made(self.sampler, score, noise, x, t, s)
        drawn = jnp.asarray(self._drawn(np.asarray(meant)))
        return Tokens(drawn[..., :-1], drawn[..., -1])

    def _drawn(self, meant: np.ndarray) -> np.ndarray:
        rows, which = np.unique(meant.reshape(-1, meant.shape[-1]), axis=0, return_inverse=True)
        laws = np.stack([drawn_law(row, self.bits) for row in rows])
        laws /= laws.sum(-1, keepdims=True)  # integrals over strata sum to 1 only nearly
        return laws[which.reshape(-1)].reshape(meant.shape)


def _meant_by(sampler: Any, *given: Any) -> Array:
    """``[n, d, S + 1]`` the law of each token that is drawn from; last, that it is lost."""
    law: Any = rounded(sampler.step(*given))
    if not isinstance(law, Tokens):
        raise TypeError(
            "a step law drawn with coarse uniforms must be a Tokens, that of "
            f"{label(sampler)} is a {type(law).__name__}"
        )
    lost = jnp.broadcast_to(law.lost, law.p.shape[:2])[..., None]
    return jnp.concatenate([law.p, lost], -1)


_compiled = jax.jit(_meant_by, static_argnums=0)
