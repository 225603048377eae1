"""A report on a black box: code that hands out draws, and nothing else of it is known."""

from collections.abc import Callable
from typing import Any

from harness.process.noise import Noise
from harness.process.own_score import named
from harness.real.black_box import black_box
from harness.real.report import DRAWS, Report
from harness.real.truth import data_law, noised
from harness.traced.answers import exact_score
from harness.traced.signatures import misfit

UNKNOWN = "a black box, of which nothing is known but its draws"


def examine_draws(
    sample: Callable[[int, int], Any],
    target: Any,
    *,
    noise: Noise | None = None,
    stop: float = 0.0,
    draws: int = DRAWS,
    seed: int = 0,
    name: str = "",
    **tests: Any,
) -> Report:
    """Hold so many ``draws`` of ``sample(count, seed) -> [count, d]`` to the law of ``target``.

    ``stop``: the noise time at which they are to follow the data, which needs the ``noise``.
    ``seed``: the first that is handed to ``sample``; ``name``: that of the code, if no other is
    given; ``tests``: further arguments of ``black_box``.

    Raises TypeError, ValueError for what are no draws, or a target whose law cannot be listed.
    """
    if not callable(sample):
        raise TypeError(f"a black box must be called as sample(count, seed), got {sample!r}")
    wrong = misfit(sample, ("count", "seed"))
    if wrong:
        raise TypeError(f"the black box does not fit its call: {wrong}")
    if stop != 0 and noise is None:
        raise ValueError(f"to follow the data at noise time {stop:g} a noise is needed")
    law = data_law(target)
    if noise is not None:
        law = noised(law, exact_score(law, noise), stop)
    until = "" if stop == 0 else f" at noise time {stop:g} of {noise}"
    found = black_box(sample, law, rows=draws, seed=seed, **tests)
    setting = f"draws, held to the law of {target}{until}"
    return Report(name or named(sample), setting, refused=UNKNOWN, statistics=found)
