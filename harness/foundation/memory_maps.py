"""Room for what JAX compiles: each compiled function holds memory maps, of which there are few.

Linux allows a process 65,530 maps; one more ends it without a word.  A program of ours holds 50 to
300 of them, so that a run of some hundred shapes would come to its end there.
"""

import math
from pathlib import Path

import jax

MAPS, MOST = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")
SHARE = 0.6  # of the maps that a process may hold, above which what was compiled is forgotten

OF_PART = 48  # maps of a compiled part of ours, about


def parts_held() -> float:
    """About how many compiled parts a process holds before all are forgotten."""
    return SHARE * int(MOST.read_text()) / OF_PART if MOST.exists() else math.inf


def make_room() -> bool:
    """Forget all that was compiled, if it holds more than its share of the maps; whether it did."""
    if not (MAPS.exists() and MOST.exists()):  # no Linux, no such limit
        return False
    if MAPS.read_bytes().count(b"\n") <= SHARE * int(MOST.read_text()):
        return False
    jax.clear_caches()
    return True
