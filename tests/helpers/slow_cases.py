"""Cases of a parametrized test, of which some take seconds: those are slow tests."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def cases(
    values: Iterable[Any],
    slow: Callable[[Any], bool],
    name: Callable[[Any], str | None] = lambda _: None,
) -> list[Any]:
    """One case a value, by its ``name`` or else pytest's; a slow test where ``slow`` says so."""
    return [
        pytest.param(value, id=name(value), marks=pytest.mark.slow if slow(value) else ())
        for value in values
    ]
