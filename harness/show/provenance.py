"""Where and with what something was made: date, machine, versions."""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from harness.foundation.machine import processor

VERSIONS = ("leapcheck", "jax", "jaxlib", "numpy", "scipy")


def here() -> dict[str, str]:
    """``{what: text}`` of this moment, this machine and what is installed on it."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor()}, {platform.system()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in VERSIONS},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a folder that is not installed
        return "not installed"
