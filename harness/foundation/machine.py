"""The machine that a number was computed on, in words."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """The processor's model, where the system says it, and the number of its cores."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"
