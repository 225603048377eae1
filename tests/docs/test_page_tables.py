"""Tables of ``docs/`` are those of the code, and everything registered and public is on a page."""

import importlib
import inspect
import json
import re
import runpy

import pytest
from helpers.documents import DOCS, cells, section
from pydantic_core import PydanticUndefined
from rooms import ROOT

import harness
from harness.foundation import registry
from harness.process.grids.grid import MAKERS
from harness.studies import experiment, judge, judged, ledger, runner
from harness.verdicts.axes import AXES, NEUTRAL_AXES
from harness.verdicts.verdict import Status

MADE = runpy.run_path(str(DOCS / "from_code.py"))
REFERENCE = re.compile("^::: (.+)$", re.M)
TABLES = {"Keys of the file": experiment.Experiment, "[[expect]]": experiment.Expect}
TABLES["[[compare]]"] = experiment.Compare


def default(field) -> str:
    """That of a key, as the page has it."""
    if field.default is PydanticUndefined:
        return "needed"
    return "all" if field.default is None else f"`{json.dumps(field.default)}`"


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_of_an_experiment_with_its_default(heading):
    told = {key.strip("`"): said for key, said, _ in cells(section("experiments.md", heading))}
    fields = TABLES[heading].model_fields
    assert told == {k: default(f) for k, f in fields.items() if k not in experiment.GIVEN}


def test_every_axis_and_quantity_of_an_experiment():
    keys = {row[0]: row[-1] for row in cells(section("experiments.md", "Keys of the file"))}
    named = set(re.findall(r"`(\w+)`", keys["`axis`"]))
    assert named == {*AXES, *NEUTRAL_AXES, "epsilon"}
    rows = {row[0]: row[-1] for row in cells(section("experiments.md", "[[expect]]"))}
    assert set(re.findall(r"`(\w+)`", rows["`quantity`"])) == set(experiment.QUANTITIES)


def columns(page_section: str) -> list[str]:
    return [row[0].strip("`") for row in cells(section("columns.md", page_section))]


def in_files(pattern: str) -> set[str]:
    """The columns of all committed files, those of theorems by their kind."""
    names = {k for path in ROOT.glob(f"results/**/{pattern}") for r in ledger.read(path) for k in r}
    return {re.sub(r"^(bound|form|N) .*", r"\1 NAME[TRUST]", name) for name in names}


def test_every_column_of_rows_and_ledger():
    assert sorted(columns("rows.csv")) == sorted(in_files("rows.csv"))
    assert sorted(columns("ledger.csv")) == sorted(in_files("ledger.csv"))
    assert {*judge.MEASURED, *runner.ROW_KEYS} <= set(columns("rows.csv"))
    assert {*runner.LEDGER_KEYS, *judged.NUMBERS} <= set(columns("ledger.csv"))


def test_every_theorem_with_its_source_and_trust():
    page = MADE["theorems"]()
    for name, cls in registry.theorems.items():
        row = f"| [{name}](#{name}) | `[{cls.trust}]` |"
        (line,) = [line for line in page.splitlines() if line.startswith(row)]
        assert cls.source in line
        assert f"\n### {name}\n" in page


def test_every_sampler_and_other_part():
    page = MADE["parts"]()
    kinds = (registry.samplers, registry.targets, registry.noises, registry.scores, MAKERS)
    for name in (name for kind in kinds for name in kind):
        assert f"\n### {name}\n" in page
    assert [n for n in registry.samplers if f"| [{n}](#{n}) |" not in page] == []


def test_every_public_name():
    page = MADE["api"]()
    assert [name for name in harness.HOMES if f"::: harness.{name}\n" not in page] == []
    for module in ("claims", "step", "theorem", "noise", "samplers", "complexity"):
        assert f"\n## harness.{module}\n" in page
    assert [name for name in REFERENCE.findall(page) if not documented(name)] == []
    for name in ("claims.Trait", "step.Tokens", "samplers.Tweedie", "grids.even"):
        assert f"::: harness.{name}\n" in page


def documented(path: str) -> str | None:
    """The docstring of what is called so, where it is."""
    module, _, name = path.rpartition(".")
    return inspect.getdoc(getattr(importlib.import_module(module), name))


WORDS = """output KL|chain KL|rung|DTC|κ|noise time|score call|floor|sweep|needed constant|tightest
law|trust|order|ledger|axis|score|ε_score|path KL|off support|trait|early stopping|equal calls"""


def test_every_word_that_is_used_is_in_the_glossary():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    told = re.findall(r"^\*\*(.+?)\*\*|\*([\w ]+)\*", text, re.M)
    known = {word.lower() for pair in told for each in pair for word in each.split(", ")}
    words = {word.lower() for word in re.split(r"[|\n]", WORDS)}
    assert words | {status.lower() for status in Status} <= known


FINDINGS = [
    ("equal_calls", "masked plug-in", "kl below that of tweedie", ("ring", "rare event")),
    ("equal_calls", "tweedie", "kl below that of masked plug-in", ("parity", "repeated token")),
    ("grids", "tweedie, even", "kl below that of euler, even", ()),
    (
        *("grids", "tweedie, geometric", "kl below that of euler, geometric"),
        ("ring", "parity", "rare event"),
    ),
    (
        *("grids", "euler, geometric", "kl below that of tweedie, geometric"),
        ("repeated token",),
    ),
    ("step_even", "frozen_score", "order of chain_kl", ()),
    ("step_even", "tau_leaping (lose)", "order of kl", ()),
    ("dndm_uniform", "dndm", "order of kl", ()),
    ("guided", "D3PM, full guidance", "order of kl", ()),
    ("guided", "D3PM, half of it", "order of kl", ()),
]
"""What is said on choosing a sampler: experiment, sampler, announced, targets (all if none)."""


@pytest.mark.parametrize(("experiment", "sampler", "announced", "targets"), FINDINGS)
def test_what_is_said_of_samplers_is_in_the_ledger(experiment, sampler, announced, targets):
    found = {
        row["target"]: row["status"]
        for row in ledger.read(ROOT / "results" / "ledger.csv")
        if (row["experiment"], row["sampler"], row["theorem"]) == (experiment, sampler, announced)
    }
    assert set(found) >= set(targets)
    assert {found[target] for target in targets or found} == {"CONSISTENT"}


def test_experiments_that_are_named_are_there():
    text = (DOCS / "choosing-a-sampler.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\|.*\| (.+) \|$", text, re.M)))
    assert len(named) > 8
    there = {path.stem for path in (ROOT / "experiments").glob("**/*.toml")}
    assert set(named) <= there


def test_every_page_is_in_the_contents():
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.name for path in DOCS.glob("*.md")]
    assert [page for page in [*pages, *MADE["PAGES"]] if f": {page}\n" not in contents] == []


def test_every_figure_of_a_page_is_on_the_site():
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    shown = set(re.findall(r"!\[[^]]*\]\(\.\./([^)]+)\)", pages))
    assert len(shown) > 8
    assert shown == set(MADE["FIGURES"])
    assert [name for name in shown if not (ROOT / name).is_file()] == []


def test_an_equality_is_called_one():
    page = MADE["theorems"]()
    assert "| `[D]` | equality on path | `path KL = KL(q_T‖p_0)" in page
    assert "| `[D]` | inequality on path | `KL <= KL(q_T‖p_0)" in page
