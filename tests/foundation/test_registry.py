"""Names and specs: what is filed is found, and what is not there is told with the nearest."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from harness.foundation import registry
from harness.foundation.registry import Registry, label, plain


def filled():
    """A registry of two things, the second of which may hold another."""
    things = Registry("thing")

    @things.add("plain_thing")
    @dataclass(frozen=True)
    class Plain:
        size: int = 3
        weights: Any = (1.0, 2.0)
        hidden: int = field(default=0, init=False)

    @things.add("wrapper")
    @dataclass(frozen=True)
    class Wrapper:
        inner: Any
        factor: float = 1.0

    return things, Plain, Wrapper


def test_what_is_filed_is_found():
    things, Plain, Wrapper = filled()
    assert things.find("plain_thing") is Plain
    assert Plain.name == "plain_thing"
    inner = {"name": "plain_thing", "size": 5}
    built = things.build({"name": "wrapper", "inner": inner, "factor": 2.0})
    assert built == Wrapper(Plain(5), 2.0)
    assert things.spec(built) == {"name": "wrapper", "inner": inner, "factor": 2.0}
    assert things.build(things.spec(built)) == built
    assert label(built) == "wrapper(inner=plain_thing(size=5), factor=2.0)"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"name": "plane_thing"}, "no thing named 'plane_thing'; did you mean 'plain_thing'?"),
        ({"name": "x"}, "no thing named 'x'; known: plain_thing, wrapper"),
        ({"size": 3}, "a thing needs a table with a 'name', got {'size': 3}"),
        ("wrapper", "a thing needs a table with a 'name', got 'wrapper'"),
        ({"name": "wrapper"}, "thing 'wrapper' needs inner"),
        (
            {"name": "plain_thing", "sise": 4},
            "no field of thing 'plain_thing' named 'sise'; did you mean 'size'?",
        ),
        (
            {"name": "plain_thing", "hidden": 4},
            "no field of thing 'plain_thing' named 'hidden'; known: size, weights",
        ),
        ({"name": "no_module:A"}, "no thing at 'no_module:A': cannot import 'no_module'"),
        ({"name": "math:A"}, "no thing at 'math:A': module 'math' has no 'A'"),
    ],
)
def test_what_is_not_there(spec, told):
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        filled()[0].build(spec)


def test_a_name_is_given_once():
    things, Plain, _ = filled()
    with pytest.raises(ValueError, match="thing 'wrapper' is already taken by"):
        things.add("wrapper")(Plain)


def test_a_thing_that_is_not_filed_is_named_by_its_path():
    things, _, Wrapper = filled()
    others = Registry("other")
    spec = others.spec(Wrapper(3))
    assert spec == {"name": f"{__name__}:filled.<locals>.Wrapper", "inner": 3}
    assert things.find("fractions:Fraction").__name__ == "Fraction"


def test_plain_values():
    found = plain((np.arange(2), [np.float64(0.5), "a"], None))
    assert found == [[0, 1], [0.5, "a"], None]
    assert type(found[1][0]) is float


def test_every_registry_is_filled_once_loaded():
    registry.load()
    for table in (
        registry.samplers,
        registry.targets,
        registry.noises,
        registry.scores,
        registry.theorems,
    ):
        assert table
        assert all(cls.name == name for name, cls in table.items())
