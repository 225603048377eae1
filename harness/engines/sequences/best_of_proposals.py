"""One of several proposals is kept: its law by an integral."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.by_kind import Choice, Pushed
from harness.process.space import Sequences

SPACING = 0.2  # of the nodes in log τ: the trapezoidal rule is exact to rounding


@by_kind.tables.register
def _(law: Choice) -> Any:
    yield law.proposal, 1


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_choice(law: Choice, space: Sequences) -> tuple[Array, Any]:
    """``P(y) = k K(y) w(y) ∫_0^∞ e^{-w(y) τ} (Σ_z K(z) e^{-w(z) τ})^{k-1} dτ``, from every state.

    Statement.  That is the law of one of ``k`` independent draws from ``K``, kept with probability
    ``w(y_j)/Σ w``.  Proof.  ``1/W = ∫ e^{-Wτ} dτ`` with ``W = w(y) + Σ_{j<k} w(Y_j)``.  ∎
    In ``v = log τ`` the integrand falls like ``e^v`` to one side and faster to the other.
    """
    rows, _ = by_kind.transitions(law.proposal, space)
    w = law.weights
    low, high = -45.0, math.log(45.0) + by_kind.SMALLEST  # weights are in e^{-SMALLEST} .. 1
    nodes = np.arange(low, high, SPACING)
    tau = jnp.exp(jnp.asarray(nodes))
    gone = jnp.exp(-w[:, None] * tau)
    others = (rows @ gone) ** (law.count - 1) * tau * SPACING
    return law.count * rows * w * (others @ gone.T), 0.0


@by_kind.push.register
def _(law: Choice, space: Sequences, mass: Array, first: Any) -> Pushed:
    rows, _ = by_kind.transitions(law, space)
    moved = (mass[:, None] * jnp.broadcast_to(law.proposal.clipped, law.proposal.p.shape[:2])).sum()
    return Pushed(mass @ rows, clipped=moved)
