"""Random numbers that are drawn where no tracer sees them: found by what they leave behind."""

import random
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
    before = _states()
    yield
    names = [name for name, state in _states().items() if state != before[name]]
    if names:
        raise Untraceable(
            f"the code drew from {' and '.join(names)}, which are not followed here: {instead}"
        )


def _states() -> dict[str, Any]:
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 (what it has drawn is asked)
    return {
        "numpy.random": (state["state"]["pos"], state["state"]["key"].tobytes()),
        "random": random.getstate(),
    }
