"""PyTorch code as the explorer runs it, and as it runs by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from harness.traced.errors import Untraceable
from harness.traced.other_generators import untouched
from harness.traced.outcomes import Outcomes
from harness.traced.torch.in_float64 import InFloat64
from harness.traced.torch.tracer import Tracer, plain


def tokens(x: np.ndarray) -> torch.Tensor:
    """A LongTensor of its own."""
    return torch.from_numpy(np.array(x, np.int64))


def widest() -> str:
    """In which a model answers unless it is told otherwise."""
    return "float64"


def run(
    outcomes: Outcomes,
    code: Callable[[], Any],
    follow_counts: bool = True,
    tracer_of: type[Tracer] = Tracer,
) -> np.ndarray:
    """What ``code()`` gives, its draws answered by ``outcomes``."""
    seen = untouched("draw by PyTorch")
    with _one_thread(), seen, tracer_of(outcomes, follow_counts) as tracer:
        found = tracer.held(code())
    return _whole(plain(found))


def run_in_float64(
    outcomes: Outcomes, code: Callable[[], Any], follow_counts: bool = True
) -> np.ndarray:
    """The same with all that the code makes in fewer digits made in float64."""
    return run(outcomes, code, follow_counts, InFloat64)


def draw(seed: int, code: Callable[[], list[Any]]) -> np.ndarray:
    """The batches that ``code()`` gives with draws of its own, one after the other.

    PyTorch's generator is as before afterwards.
    """
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return np.concatenate([_whole(each) for each in code()])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Batches are small: threads would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _whole(found: Any) -> np.ndarray:
    if not isinstance(found, torch.Tensor):
        raise Untraceable(f"the code must give a tensor of tokens, got a {type(found).__name__}")
    values = (
        found.detach().cpu().numpy() if found.dtype != torch.bfloat16 else found.float().numpy()
    )
    whole = values.astype(np.int64)
    if not np.array_equal(whole, values):
        raise Untraceable(f"the code must give whole tokens, got {found.dtype} values")
    return whole
