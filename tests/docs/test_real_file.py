"""The page of what a file of ``leapcheck real`` may say has every key, default and clock."""

import json
import math
import re
from dataclasses import MISSING, fields

import pytest
from helpers.documents import cells, section
from pydantic_core import PydanticUndefined

from harness.real import spec
from harness.real.steps_as_loop import StepsAsLoop
from harness.traced.clocks import CLOCKS, OfTable
from harness.traced.models import ASKS, Model
from harness.traced.vocabulary import Vocabulary

PAGE = "real-file.md"
FILES = {
    "Keys of every file": spec.Spec,
    "Keys of a loop or a step": spec.OfCode,
    "Keys of a black box": spec.OfDraws,
    "[tests]": spec.Tests,
}
OF_FIELDS = {"[model]": (spec.MODEL, (Model, Vocabulary)), "[grid]": (spec.GRID, (StepsAsLoop,))}


def told(heading):
    return {key.strip("`"): default for key, default, *_ in cells(section(PAGE, heading))}


def written(value):
    if value in (PydanticUndefined, MISSING):
        return "needed"
    value = value.model_dump(exclude_defaults=True) if isinstance(value, spec.Tests) else value
    return f"`{json.dumps(value)}`"


@pytest.mark.parametrize("heading", FILES)
def test_every_key_of_a_file_with_its_default(heading):
    keys = dict(FILES[heading].model_fields)
    if heading.startswith("Keys of a "):
        keys = {k: f for k, f in keys.items() if k not in spec.Spec.model_fields}
    assert told(heading) == {key: written(field.default) for key, field in keys.items()}


@pytest.mark.parametrize("heading", OF_FIELDS)
def test_every_key_of_a_table_with_its_default(heading):
    names, classes = OF_FIELDS[heading]
    known = {each.name: each.default for cls in classes for each in fields(cls)}
    known |= {"mask": None, "outputs": None} if heading == "[model]" else {}
    assert told(heading) == {name: written(known[name]) for name in names}


def test_every_kind_of_answer():
    (row,) = [row for row in cells(section(PAGE, "Keys of a loop or a step")) if "asks" in row[0]]
    assert tuple(re.findall(r"`(\w+)`", row[-1])) == tuple(ASKS)


def test_every_clock_with_its_fields_and_formula():
    rows = {name.strip("`"): rest for name, *rest in cells(section(PAGE, "[clock]"))[1:]}
    assert list(rows) == list(CLOCKS)
    for name, (_, formula) in rows.items():
        if name == "table":
            continue
        numbers = {each.name: each.default for each in fields(CLOCKS[name])}
        assert dict(re.findall(r"`(\w+) = ([\d.]+)`", rows[name][0])) == {
            key: str(value) for key, value in numbers.items()
        }
        for t in (0.0, 0.2, 0.5, 0.9, 1.0):
            alpha = eval(formula.strip("`"), {**vars(math), **numbers, "t": t})
            assert math.exp(-CLOCKS[name]()(t)) == pytest.approx(alpha, rel=1e-12, abs=1e-15)
    table = [0.9, 0.4]
    assert OfTable(alphas=table)(1) == pytest.approx(-math.log(table[1]))
    assert OfTable(totals=table)(1) == table[1]
