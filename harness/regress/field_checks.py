"""Settings of a sampler that can be listed, a flag or one of some words: claims hold for each."""

import dataclasses
import enum
import typing
from collections.abc import Callable, Iterator
from typing import Any

from harness.foundation.registry import label
from harness.regress import cover
from harness.regress.check_outcome import Found
from harness.regress.consistency import Steps
from harness.regress.law_checks import LawChecks

FEW = slice(1, 3)  # of the places, small ones of two tokens or more


class FieldChecks:
    """The check of what one sampler is under other settings than its own."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``; none for a sampler without such a setting."""
        if others(self.sampler):
            yield "its claims hold under other settings", self.claimed

    def claimed(self) -> Found:
        """A law with each setting; a small step follows the reverse generator, if that is claimed.

        Claims may depend on the fields: a property, as those of the built-in samplers are.
        """
        told = []
        for other in others(self.sampler):
            name = label(other)
            found = LawChecks(other).accounts()
            if found.passed is False:
                return Found(False, f"{name}: {found.number}", found.reason)
            if other.claims.output_order == 0 or other.claims.own_order or other.claims.memory > 1:
                told.append(f"{name}: a law")
                continue
            places = cover.places(other)
            seen = Steps(other, places=places[FEW] or places).all
            if wrong := [each for each in seen if each.wrong]:
                worst = max(wrong, key=lambda each: each.gap)
                number = f"{name}: off by {worst.gap:.2g} of {worst.of}"
                why = "claims may be a property that depends on the fields"
                return Found(False, number, f"smallest case {wrong[0]}; {why}")
            told.append(f"{name}: off by {max(each.gap for each in seen):.1g} of a rate")
        return Found(True, "; ".join(told))


def others(sampler: Any) -> list[Any]:
    """``sampler`` with one field changed at a time; without what its constructor refuses."""
    found = []
    for name, values in settings(sampler).items():
        for value in values:
            try:
                found.append(dataclasses.replace(sampler, **{name: value}))
            except (ValueError, TypeError):
                continue
    return found


def settings(sampler: Any) -> dict[str, list[Any]]:
    """The other values of each field that is a flag, a ``Literal`` or an ``Enum``."""
    try:
        kinds = typing.get_type_hints(type(sampler))
    except Exception:  # a name that is not there, in annotations that nobody reads
        return {}
    found = {}
    for each in (field for field in dataclasses.fields(sampler) if field.init):
        now, kind = getattr(sampler, each.name), kinds.get(each.name)
        if kind is bool:
            values: list[Any] = [False, True]
        elif typing.get_origin(kind) is typing.Literal:
            values = list(typing.get_args(kind))
        elif isinstance(kind, type) and issubclass(kind, enum.Enum):
            values = list(kind)
        else:
            continue
        found[each.name] = [value for value in values if value != now]
    return found
