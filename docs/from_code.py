"""Pages of the site that are made from the code: a hook of mkdocs, and plain functions.

``theorems.md`` and ``parts.md`` say of everything registered what ``leapcheck explain`` says;
``api.md`` names everything public for mkdocstrings.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import harness
import toy_targets
from harness.foundation import registry
from harness.foundation.registry import NEEDED, Registry, fields_of
from harness.process.grids.grid import MAKERS
from harness.show import explanation
from harness.show.exponents import of_samplers, of_theorems
from harness.theorem import Equality

ROOT = Path(__file__).parents[1]
MADE = "<!-- made from the code by docs/from_code.py -->\n"
RESULTS = {
    "What is returned": (
        "harness.measurement.result.Measurement",
        "harness.verdicts.verdict.Verdict",
        "harness.verdicts.verdict.Status",
    ),
    "harness.regress": ("harness.regress.regress", "harness.regress.parametrize_with_checks"),
    "What a model answers": (
        "harness.traced.conventions.score_from_posterior",
        "harness.traced.conventions.posterior_from_score",
        "harness.traced.conventions.cavity_from_posterior",
        "harness.traced.conventions.posterior_from_cavity",
        "harness.traced.conventions.cavity_from_score",
        "harness.traced.conventions.score_from_cavity",
        "harness.traced.conventions.rates_from_score",
        "harness.traced.conventions.score_from_rates",
        "harness.traced.conventions.as_law",
        "harness.traced.models.model",
        "harness.traced.models.Model",
        "harness.traced.models.other_law",
        "harness.traced.vocabulary.Vocabulary",
        "harness.traced.answers.exact_score",
    ),
    "Clocks and schedules": (
        "harness.traced.clocks.OfTotal",
        "harness.traced.clocks.OfRate",
        "harness.traced.clocks.OfAlpha",
        "harness.traced.clocks.OfTable",
        "harness.traced.clocks.LogLinear",
        "harness.traced.clocks.Power",
        "harness.traced.clocks.Cosine",
        "harness.traced.clocks.Geometric",
        "harness.traced.clocks.FromNoise",
        "harness.traced.schedules.check_schedule",
        "harness.traced.schedules.ScheduleFinding",
    ),
    "Draws without a law": (
        "harness.real.examine_draws.examine_draws",
        "harness.real.black_box.black_box",
        "harness.real.black_box.judge",
        "harness.real.black_box.BlackBox",
        "harness.real.draw_tests.Tested",
        "harness.real.intervals.Interval",
    ),
}
"""What users meet, and do not import from the root or a public module."""
PARTS = {
    "Samplers": registry.samplers,
    "Targets": registry.targets,
    "Noises": registry.noises,
    "Scores": registry.scores,
}


def exponents() -> str:
    """What grows with which power, measured and claimed, from the committed rows."""
    found = pd.read_csv(ROOT / "results" / "exponents.csv")
    return "\n".join(
        [
            "# Exponents\n",
            "With which power of the step `h`, of `S`, `d`, the score error and so on KLs grow in",
            "the sweeps that are kept, between their last two points, where slopes have settled;",
            "and what theorems say of the same sweeps, with all that they hold.  Every row, with",
            "its uncertainty and label, is in `results/exponents.csv`.\n",
            "## Samplers\n",
            *_markdown(of_samplers(found)),
            "\n## Theorems\n",
            "A positive difference: more growth is allowed than there is; along `h` and the other",
            "small numbers a negative one says so.\n",
            *_markdown(of_theorems(found)),
            "",
        ]
    )


def _markdown(table: pd.DataFrame) -> list[str]:
    rows = [list(table.columns), ["---"] * len(table.columns)]
    rows += [[str(cell) for cell in row] for row in table.itertuples(index=False)]
    return ["| " + " | ".join(row) + " |" for row in rows]


def theorems() -> str:
    """Every theorem: a table with source and trust, then all about each."""
    registry.load()
    every = registry.theorems
    rows = [
        f"| [{name}](#{name}) | `[{cls.trust}]` | {_kind(cls)} on {cls.bounds_on} "
        f"| `{cls.statement}` | {cls.source} |"
        for name, cls in sorted(every.items())
    ]
    labels = [f"- `[{label}]` {told}" for label, told in explanation.TRUSTS.items()]
    return "\n".join(
        [
            "# Theorems\n",
            MADE,
            "What `leapcheck list bounds` and `leapcheck explain NAME` print. How far a statement",
            "can be trusted to be the source's is said by its label:\n",
            *labels,
            "\n| name | trust | kind, rung | statement | source |",
            "|---|---|---|---|---|",
            *rows,
            *_each(every),
        ]
    )


def parts() -> str:
    """Every sampler with what it claims, then targets, noises, scores and grids."""
    registry.load()
    lines = [
        "# Samplers and other parts\n",
        MADE,
        "Orders are those claimed, on full support with the exact score and start: of output KL",
        "and chain KL in the step; `inf` is no error, `0` an error that no step removes.",
        "`leapcheck regress NAME` tries them.  A sampler with fields has those of its",
        "defaults; a dash stands where one has none.\n",
        "| sampler | output, chain | score calls a step | noise | what it is |",
        "|---|---|---|---|---|",
        *map(_sampler, sorted(registry.samplers)),
    ]
    for heading, kind in PARTS.items():
        lines += [f"\n## {heading}", *_each(kind)]
    lines.append("\n## Grids")
    for name in sorted(MAKERS):
        lines += _block(name, explanation.of_function(MAKERS[name], name))
    return "\n".join(lines)


def api() -> str:
    """The public names, module by module, for mkdocstrings."""
    lines = ["# API\n", MADE]
    lines += ["`import leapcheck` offers the same as `import harness`.\n", "## harness\n"]
    lines += [f"::: harness.{name}" for name in sorted(harness.HOMES)]
    for heading, paths in RESULTS.items():
        lines += [f"\n## {heading}\n", *(f"::: {path}" for path in paths)]
    for module, names in public().items():
        lines += [f"\n## {module}\n", *(f"::: {module}.{name}" for name in names)]
    return "\n".join(lines)


def public() -> dict[str, list[str]]:
    """The classes and functions of each public module beside the root of ``harness``."""
    found = [each.name for each in pkgutil.iter_modules(harness.__path__) if not each.ispkg]
    modules = [f"harness.{name}" for name in (*found, "samplers") if name != "cli"]
    named = [*map(importlib.import_module, sorted(modules)), toy_targets]
    return {module.__name__: _offered(module) for module in named}


def _offered(module: ModuleType) -> list[str]:
    """What a module names again of what is defined elsewhere in this project."""
    return sorted(
        name
        for name, thing in vars(module).items()
        if (inspect.isclass(thing) or inspect.isfunction(thing))
        and not name.startswith("_")
        and thing.__module__.split(".")[0] in ("harness", "toy_targets")
    )


def _kind(cls: Any) -> str:
    if issubclass(cls, Equality):
        return "equality"
    return "rate" if hasattr(cls, "form") else "inequality"


def _sampler(name: str) -> str:
    cls: Any = registry.samplers[name]
    line = inspect.cleandoc(cls.__doc__ or "").split("\n")[0].replace("``", "`")
    if NEEDED in fields_of(cls).values():
        return f"| [{name}](#{name}) | - | - | - | {line} |"
    claims = cls().claims
    orders = f"{claims.output_order:g}, {claims.chain_order:g}"
    noise = "absorbing" if claims.needs_mask else "any"
    calls = "varies" if explanation.calls_vary(claims) else claims.score_calls
    return f"| [{name}](#{name}) | {orders} | {calls} | {noise} | {line} |"


def _each(kind: Registry) -> Iterator[str]:
    for name in sorted(kind):
        yield from _block(name, explanation.lines(kind, name, kind[name]))


def _block(name: str, lines: Iterator[str]) -> list[str]:
    """What is said of one thing, as it is: its formulas are no Markdown."""
    return [f"\n### {name}\n", "```text", *lines, "```"]


FIGURES = sorted(
    {
        figure
        for page in (ROOT / "docs").glob("*.md")
        for figure in re.findall(r"\]\(\.\./(results/[^)]+\.png)\)", page.read_text("utf-8"))
    }
)
"""Committed ones, which pages show from ``../results``: on the site they are within it."""
PAGES: dict[str, Callable[[], str]] = {
    "theorems.md": theorems,
    "parts.md": parts,
    "api.md": api,
    "exponents.md": exponents,
}


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs with the files that it found."""
    from mkdocs.structure.files import File

    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    for name in FIGURES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs with the text of each page."""
    return markdown.replace("](../results/", "](results/")
