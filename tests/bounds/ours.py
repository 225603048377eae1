"""The theorems of ``bounds/``, found and not listed: a new one is tested by being registered."""

from pathlib import Path

import pytest

import bounds
from harness.foundation.registry import load, theorems
from harness.theorem import Inequality, Rate

load()
FOLDER = Path(bounds.__file__).parent
OURS = {name: cls for name, cls in theorems.items() if cls.__module__.startswith("bounds.")}
INEQUALITIES = {name: cls for name, cls in OURS.items() if issubclass(cls, Inequality)}
RATES = {name: cls for name, cls in OURS.items() if issubclass(cls, Rate)}


def every(table):
    return pytest.mark.parametrize("cls", table.values(), ids=table.keys())
