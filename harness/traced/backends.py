"""The libraries whose code can be traced, each imported when it is first used."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from harness.foundation.validation import choice
from harness.traced.outcomes import Outcomes


class Backend(Protocol):
    """How tokens are handed to code of a library, and how it is run."""

    def tokens(self, x: np.ndarray) -> Any:
        """Integer tokens as an array of the library, which the code may write into."""

    def widest(self) -> str:
        """The dtype of most digits that the library has as it is set."""
        ...

    def run(self, outcomes: Outcomes, code: Any, follow_counts: bool = True) -> np.ndarray:
        """What ``code(**sources)`` gives, as integers in numpy, its draws answered by ``outcomes``.

        ``sources`` are functions by the name of an argument, each of which hands out what one run
        of the code is to draw from: ``rng``, a generator of numpy, a ``key`` of JAX; nothing for
        PyTorch, which has its own.
        ``follow_counts``: a count is drawn where its value is needed, not where it is made.
        """
        ...

    def draw(self, seed: int, code: Any) -> np.ndarray:
        """The batches that ``code(**sources)`` gives, of draws with this ``seed``, joined."""
        ...


@dataclass(frozen=True)
class InFloat64:
    """A library whose code is run in float64, where it has such a run, whatever it asks for."""

    library: Any

    def tokens(self, x: np.ndarray) -> Any:
        """As ``Backend.tokens``."""
        return self.library.tokens(x)

    def widest(self) -> str:
        """As ``Backend.widest``."""
        return "float64"

    def run(self, outcomes: Outcomes, code: Any, follow_counts: bool = True) -> np.ndarray:
        """As ``Backend.run``."""
        run = getattr(self.library, "run_in_float64", self.library.run)
        return run(outcomes, code, follow_counts)

    def draw(self, seed: int, code: Any) -> np.ndarray:
        """As ``Backend.draw``, in its own precision."""
        return self.library.draw(seed, code)


def _torch() -> Backend:
    from harness.traced.torch import backend

    return backend


def _numpy() -> Backend:
    from harness.traced.numpy import backend

    return backend


def _jax() -> Backend:
    from harness.traced.jax import backend

    return backend


LIBRARIES = {"torch": _torch, "numpy": _numpy, "jax": _jax}
NAMES = tuple(LIBRARIES)


def backend(name: str) -> Backend:
    """The one of this ``name``.  Raises ValueError; ImportError where it is not installed."""
    return LIBRARIES[choice("framework", name, LIBRARIES)]()
