"""The libraries whose code can be traced, each imported when it is first used."""

from typing import Any, Protocol

import numpy as np

from harness.foundation.validation import choice
from harness.traced.outcomes import Outcomes

NAMES = ("torch",)


class Backend(Protocol):
    """How tokens are handed to code of a library, and how it is run."""

    def tokens(self, x: np.ndarray) -> Any:
        """Integer tokens as an array of the library, which the code may write into."""

    def run(self, outcomes: Outcomes, code: Any, follow_counts: bool = True) -> np.ndarray:
        """What ``code()`` gives, as integers in numpy, its draws answered by ``outcomes``.

        ``follow_counts``: a count is drawn where its value is needed, not where it is made.
        """
        ...

    def draw(self, seed: int, code: Any) -> np.ndarray:
        """The batches that ``code()`` gives, from a generator with this ``seed``, joined."""
        ...


def backend(name: str) -> Backend:
    """The one of this ``name``.  Raises ValueError; ImportError where it is not installed."""
    choice("framework", name, NAMES)
    from harness.traced.torch import backend as torch_backend

    return torch_backend
