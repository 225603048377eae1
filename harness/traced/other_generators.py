"""Random numbers that are drawn where no tracer sees them: found by what they leave behind."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from harness.traced.errors import Untraceable


@contextmanager
def untouched(instead: str) -> Iterator[None]:
    """Raises Untraceable if numpy's or Python's global generator was drawn from.

    ``instead`` says what the code should do.
    """
    before = global_states()
    yield
    names = changed_since(before)
    if names:
        raise Untraceable(
            f"the code drew from {' and '.join(names)}, which are not followed here: {instead}"
        )


def changed_since(before: dict[str, Any]) -> list[str]:
    """The generators that are no more as they were."""
    return [name for name, state in global_states().items() if state != before.get(name)]


def global_states() -> dict[str, Any]:
    """By name, in which state the global generators are; that of PyTorch, where it is imported."""
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 (what it has drawn is asked)
    found = {
        "numpy.random": (state["state"]["pos"], state["state"]["key"].tobytes()),
        "random": random.getstate(),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        found["PyTorch's generator"] = torch.get_rng_state().numpy().tobytes()
    return found
