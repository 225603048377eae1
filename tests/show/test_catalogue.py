"""Lists and explanations: every kind, every field, parts of installed packages and of one's own."""

import re
import sys

import pytest

from harness.foundation import registry
from harness.process.grids.grid import MAKERS
from harness.show import catalogue, fields
from harness.show.fields import NO_UNIT

GROUPS = {
    "samplers": {"mine": "their_package:Still", "broken": "their_package:Nothing"},
    "targets": {"coin": "their_package:Coin"},
    "noises": {"slow": "their_package:Slow"},
    "theorems": {"mine_2026": "their_package:Mine2026"},
}
PACKAGE = '''
from dataclasses import dataclass, field
from typing import ClassVar
from outside.geometric_dtc import GeometricDTC
from outside.implicit_euler import ImplicitEuler
from outside.own_parts import Biased, Slow

@dataclass(frozen=True)
class Still(ImplicitEuler):
    """Stays still, in a package of theirs."""

@dataclass(frozen=True)
class Coin(Biased):
    """Coins of theirs."""
    weight: float = field(default=1.0, metadata={"unit": "grams"})

@dataclass(frozen=True)
class Mine2026(GeometricDTC):
    """A theorem of theirs."""
    name: ClassVar[str] = "mine_2026"
'''


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that offers parts by entry points."""
    (tmp_path / "their_package.py").write_text(PACKAGE)
    told = tmp_path / "their_package-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    lines = [
        line
        for group, points in GROUPS.items()
        for line in (f"[leapcheck.{group}]", *(f"{n} = {path}" for n, path in points.items()))
    ]
    (told / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    tables = (registry.samplers, registry.targets, registry.noises, registry.theorems)
    for table in tables:
        vars(table).pop("installed", None)
    yield
    for table in tables:
        vars(table).pop("installed", None)
    sys.modules.pop("their_package", None)


def test_an_installed_package_is_known_by_short_names(installed, command, read):
    listing = command("list")[1]
    told = r"  mine +Stays still, in a package of theirs\. \(their_package:Still\)"
    assert re.search(told, listing)
    assert "mine_2026" in listing
    assert "cannot be used: no sampler at 'their_package:Nothing': module" in listing
    code, out, _ = command("explain", "coin")
    assert not code
    assert "Coins of theirs." in out
    assert "  weight     float  1.0      grams" in out
    assert registry.targets.build({"name": "coin", "length": 3}).space.length == 3
    thing = registry.targets.build({"name": "coin"})
    assert registry.targets.spec(thing) == {"name": "coin"}
    assert "mine" not in registry.samplers
    assert "mine_2026" not in registry.theorems
    with pytest.raises(ValueError, match="did you mean 'mine_2026'"):
        registry.theorems.find("mine_202")


def test_their_theorem_is_checked_where_it_is_named(installed, command, tmp_path):
    path = tmp_path / "theirs.toml"
    path.write_text(
        """
question = "Theirs?"
axis = "step"
put = "grid.steps"
values = [32, 64]
theorems = ["mine_2026", "outside.geometric_dtc:GeometricDTC"]
targets = [{ label = "coin", name = "coin", agreement = 2.0 }]
samplers = [{ name = "tweedie" }]
problem = { start = "exact", grid = { name = "even", start = 1.0, stop = 0.1 } }
"""
    )
    results = tmp_path / "results"
    code, out, err = command("check", path, "--results", results, "--update-ledger", "--all")
    assert not code, err
    assert "HOLDS" in out
    assert "mine_2026 [D]" in out
    assert command("check", path, "--results", results)[0] == 0
    code, out, err = command("plot", "--results", results)
    assert not code, err
    assert "theirs-coin.svg" in out


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("outside.geometric_dtc:GeometricDTC", "statement: KL <= KL(start) + c(κ) DTC(X_δ)"),
        ("outside.implicit_euler:ImplicitEuler", "traits: independent tokens, keeps mass"),
        ("outside.own_parts:Biased", "  chance     float  0.3      -"),
        ("outside.own_parts:Slow", "  rate   float  0.5      -"),
        ("outside.own_parts:quadratic", "  steps  int    needed   steps"),
        ("outside.own_parts:Scaled", "  factor  float  2.0      -"),
        ("outside.own_parts:by_jax", "The same in JAX."),
    ],
)
def test_parts_of_ones_own_are_explained_and_listed(command, path, told):
    code, out, _ = command("explain", path)
    assert not code
    assert told in out
    code, out, _ = command("list", path)
    assert not code
    assert f"  {path}  " in out


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("outside.own_parts:NotFinished", "is no sampler: it must be a frozen dataclass: put"),
        ("outside.own_parts:Grid", "is no theorem, sampler, target, noise, grid or score: <class"),
        ("math:pi", "'math:pi' is neither a class nor a function that is a score, f(t, x), or mak"),
        ("math:sqrt", "'math:sqrt' is neither a class nor a function"),
        ("math:sqr", "no theorem, sampler, target, noise, grid or score at 'math:sqr': module"),
    ],
)
def test_what_is_no_part_is_told_why(command, path, told):
    code, out, err = command("explain", path)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_every_field_is_listed_with_what_it_is():
    """Numbers have a unit, but for seeds; whatever has none is a choice, a switch or a part."""
    registry.load()
    things = [
        (table.kind, name, make)
        for table in (registry.samplers, registry.targets, registry.noises, registry.scores)
        for name, cls in table.items()
        for make in (cls, *table.ways.get(name, {}).values())
    ] + [(catalogue.GRID, name, make) for name, make in MAKERS.items()]
    assert len(things) > 40
    for kind, name, make in things:
        for key in registry.fields_of(make):
            told = fields.type_of(make, key)
            assert told != NO_UNIT
            if key != "seed" and any(each in told for each in ("int", "float", "ndarray")):
                assert fields.unit(kind, name, make, key) != NO_UNIT, (kind, name, key)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_grids_are_explained(command, name):
    code, out, _ = command("explain", name)
    assert not code
    assert f"{name}, grid" in out
    assert "noise time" in out or "probability" in out or "steps" in out


@pytest.mark.parametrize("kind", [*catalogue.KINDS, "theorems"])
def test_every_kind_is_listed(command, kind):
    code, out, _ = command("list", kind)
    assert not code
    assert len(out.splitlines()) > 2
