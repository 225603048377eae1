"""The machine that this process runs on: its processor in words, what of it may be used."""

import math
import os
import platform
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")  # where Linux tells of the limits of containers and batch jobs


def processor() -> str:
    """The processor's model, where the system says it, and the number of its cores."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"


def cores() -> int:
    """How many this process may run on: fewer than there are in many containers and batch jobs."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def memory() -> float:
    """Bytes that this process may hold, of the machine or of its group of processes.

    Infinite where the system does not say.
    """
    try:
        physical = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        physical = math.inf
    return min(physical, of_group(GROUPS, Path("/proc/self/cgroup")))


def of_group(root: Path, told: Path) -> float:
    """The least limit of memory on the way from the group in the file ``told`` up to ``root``."""
    try:
        names = [line[3:] for line in told.read_text().splitlines() if line.startswith("0::")]
        here = root / names[0].strip("/") if names else root
    except OSError:
        return math.inf
    least = math.inf
    for folder in [here, *here.parents]:
        if not folder.is_relative_to(root):
            break
        try:
            word = (folder / "memory.max").read_text().strip()
        except OSError:
            continue
        least = min(least, math.inf if word == "max" else float(word))
    return least
