"""What is too rare for float64: laws of masked data where almost nothing is masked."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.process.space import Space

_UNSEEN = 1e-150  # its square is no float64 any more


def seen(space: Space, joint: Any) -> Any:
    """``joint``, a law of the truth; with a mask, 0 where it is below ``1e-150``.

    At time ``t`` the states with ``k`` clean tokens have probability ``e^{-kt}``: with one token
    more it is 0 in float64, and so is every rate that a sampler has from there.  That is no
    infinite KL, and what is so rare adds nothing to a finite one.
    """
    if not space.masked:
        return joint
    library = jnp if isinstance(joint, Array) else np
    return library.where(joint > _UNSEEN, joint, 0.0)
