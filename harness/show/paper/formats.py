"""A table as text in the format of a paper or a page, every cell escaped."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.foundation import html

LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "τ": r"$\tau$",
    "θ": r"$\theta$",
    "κ": r"$\kappa$",
    "δ": r"$\delta$",
    "ε": r"$\varepsilon$",
    "χ": r"$\chi$",
    "Δ": r"$\Delta$",
    "²": "$^2$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "∞": r"$\infty$",
    "–": "--",
    "\N{NO-BREAK SPACE}": "~",
}
MARKDOWN = "\\`*_<>|~[]"


@dataclass(frozen=True)
class PrintedTable:
    """Titles of columns, rows of cells as text, and a caption; ``name`` is a label for LaTeX."""

    name: str
    caption: str
    titles: Sequence[str]
    rows: Sequence[Sequence[str]]


def latex(table: PrintedTable) -> str:
    """A ``table`` environment with rules of booktabs; numbers to the right."""
    columns = "".join(
        "r" if all(_is_number(row[k]) for row in table.rows) else "l"
        for k in range(len(table.titles))
    )
    rows = [" & ".join(map(_latex, row)) + r" \\" for row in (table.titles, *table.rows)]
    return "\n".join(
        [
            r"\begin{table}  % needs \usepackage{booktabs}",
            r"\centering",
            rf"\caption{{{_latex(table.caption)}}}",
            rf"\label{{tab:{table.name}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def markdown(table: PrintedTable) -> str:
    """A table of GitHub's Markdown, its caption below."""
    rows = [table.titles, ["---"] * len(table.titles), *table.rows]
    cells = [[cell if k == 1 else _markdown(cell) for cell in row] for k, row in enumerate(rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([*lines, "", _markdown(table.caption)])


def comma_separated(table: PrintedTable) -> str:
    """CSV, its caption a comment in the first line."""
    page = io.StringIO()
    page.write(f"# {table.caption}\n")
    csv.writer(page, lineterminator="\n").writerows([table.titles, *table.rows])
    return page.getvalue().rstrip("\n")


def hypertext(table: PrintedTable) -> str:
    """A ``table`` element with its caption."""
    return html.table(table.titles, table.rows, table.caption)


FORMATS: Mapping[str, Callable[[PrintedTable], str]] = {
    "latex": latex,
    "markdown": markdown,
    "csv": comma_separated,
    "html": hypertext,
}


def _latex(told: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in told).replace("\n", " ")


def _markdown(told: str) -> str:
    for sign in MARKDOWN:
        told = told.replace(sign, f"\\{sign}")
    return told.replace("\n", " ")


def _is_number(cell: str) -> bool:
    try:
        float(cell.rstrip("~_%").replace(",", "") or 0)
    except ValueError:
        return False
    return True
