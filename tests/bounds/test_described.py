"""Every theorem in ``bounds/`` is registered, exported, described and has its source."""

import re

from ours import FOLDER, OURS, RATES, every

import bounds
from harness.quantities import Quantities
from harness.theorem import Inequality, Rate, Trust
from harness.verdicts.checks import AXES

HELPERS = {"__init__", "hypotheses"}
SOURCES = (FOLDER / "sources.bib").read_text(encoding="utf-8")
ENTRIES = {
    entry.group(1): entry.group(0)
    for entry in re.finditer(r"@\w+\{(\w+),\n.*?\n\}\n", SOURCES, re.S)
}


def test_every_file_registers_a_theorem():
    files = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert files
    assert {cls.__module__ for cls in OURS.values()} == {f"bounds.{stem}" for stem in files}


@every(OURS)
def test_theorem_is_exported_and_described(cls):
    assert getattr(bounds, cls.__name__) is cls
    assert cls() == cls()
    assert cls.statement
    assert cls.source
    assert cls.bounds_on in Quantities.RUNGS
    assert cls.trust in Trust
    assert f"Trust: [{cls.trust}]" in cls.__doc__
    assert f"Rung: {cls.bounds_on}" in cls.__doc__
    assert "Assumes" in cls.__doc__
    assert ("Terms:" if issubclass(cls, Inequality) else "Form:") in cls.__doc__
    if cls.trust is Trust.DERIVED:
        assert "Proof." in cls.__doc__
        assert cls.__doc__.rstrip().endswith("∎")
    else:
        assert cls.bibtex is not None
    if cls.trust is Trust.ORDER:
        assert issubclass(cls, Rate), "a constant that nobody has read cannot be checked"
        assert "reconstructed" in cls.statement.lower()
    assert cls.bibtex is None or cls.bibtex in ENTRIES


@every(RATES)
def test_exponents_name_axes(cls):
    assert cls.exponents
    assert set(cls.exponents) <= set(AXES)
    assert all(isinstance(power, str) and power for power in cls.exponents.values())


def test_every_source_is_whole_and_used():
    assert set(ENTRIES) == {cls.bibtex for cls in OURS.values()} - {None}
    assert len(ENTRIES) == SOURCES.count("@")
    for key, entry in ENTRIES.items():
        for field in ("title", "author", "year", "eprint"):
            assert re.search(rf"^  {field} += \{{[^{{}}]+\}},$", entry, re.M) or re.search(
                rf"^  {field} += \{{.+\}},$", entry, re.M
            ), (key, field)
