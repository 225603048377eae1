"""Measurements that were kept, computed again: whether they agree by the rule of the ledger."""

from dataclasses import fields

from harness.measurement.result import Measurement
from harness.measurement.spread import measure
from harness.problem.problem import Problem
from harness.studies.ledger import agree

UNCOMPARED = ("seconds", "floors", "floor", "chain_floor", "path_floor", "step_floors", "reasons")


def differences(problem: Problem, asked: str, kept: Measurement) -> list[str]:
    """What ``asked`` of ``problem`` is now and was not when it was ``kept``, a line a number.

    An error is one line.
    """
    (now,) = measure([problem], asked).found
    if isinstance(now, Exception):
        return [f"{type(now).__name__}: {now}"]
    return compared(now, kept)


def compared(now: Measurement, kept: Measurement) -> list[str]:
    """What differs between two measurements by more than rounding, a line a number."""
    told = []
    for name in (each.name for each in fields(Measurement)):
        if name in UNCOMPARED:
            continue
        new, old = getattr(now, name), getattr(kept, name)
        floor = max(now.floors.get(name, 0.0), kept.floors.get(name, 0.0))
        if isinstance(old, tuple):
            floors = now.step_floors or (0.0,) * len(old)
            same = len(new) == len(old) and all(map(agree, new, old, floors))
        else:
            same = agree(new, old, floor)
        if not same:
            told.append(f"{name} is {new}, the store has {old}")
    return told
