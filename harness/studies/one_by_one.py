"""A run in this process: sweep by sweep, in the order of the experiments."""

import time

from harness.studies.judged import Finished, judged
from harness.studies.under_way import UnderWay


def run(under_way: UnderWay) -> None:
    """Measure and judge the sweeps that are open."""
    for number in under_way.open:
        try:
            found: Finished | Exception = _judged(under_way, number)
        except Exception as error:  # a stranger's sampler may raise anything; the others go on
            found = error
        under_way.end(number, found)


def _judged(under_way: UnderWay, number: int) -> Finished:
    place, began = under_way.places[number], time.perf_counter()

    def ended() -> None:
        nonlocal began
        now = time.perf_counter()
        under_way.part(number, place.left[0], now - began)
        began = now

    found = judged(place.sweep, ended)
    ended()
    return found
