"""The numbers of a sampler, such as a θ: arguments of what is compiled, not constants of it."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Form:
    """A sampler of the class ``cls`` less its numbers: its fields ``names``, which are floats.

    Equal for samplers that differ in these only; ``rest`` are the other fields and their values.
    """

    cls: type
    rest: tuple[tuple[str, Any], ...]
    names: tuple[str, ...]

    def filled(self, numbers: tuple[Any, ...]) -> Any:
        """The sampler with ``numbers``, also traced ones, which its constructor could not check."""
        made = object.__new__(self.cls)
        for name, value in (*self.rest, *zip(self.names, numbers, strict=True)):
            object.__setattr__(made, name, value)
        return made


def parted(sampler: Any) -> tuple[Any, tuple[float, ...]]:
    """``(form, numbers)`` of ``sampler``; itself and none, unless it claims ``traced_numbers``.

    What is more than its fields cannot be made anew from them, and stays whole too.
    """
    if not (sampler.claims.traced_numbers and dataclasses.is_dataclass(sampler)):
        return sampler, ()
    known = vars(sampler)
    numbers = {name: value for name, value in known.items() if type(value) is float}
    rest = tuple((name, value) for name, value in known.items() if name not in numbers)
    if not numbers or known.keys() != {field.name for field in dataclasses.fields(sampler)}:
        return sampler, ()
    return Form(type(sampler), rest, tuple(numbers)), tuple(numbers.values())


def filled(form: Any, numbers: tuple[Any, ...]) -> Any:
    """What ``parted`` has parted."""
    return form.filled(numbers) if isinstance(form, Form) else form
