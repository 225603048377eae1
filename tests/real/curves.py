"""The curves of the stand-ins, as they are committed: ``python -m tests.real.curves`` writes them.

A row for each of them and each number of steps in ``results/real/stand_ins.csv``, with what was
found, and a figure of the KL beside it.
"""

import csv
import math
import re
import sys
from collections.abc import Collection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # what tests import from

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "results/real/stand_ins.csv"
STEPS = (2, 4, 8, 16, 32)
FEW = (2,)  # of code that is run one row at a time
NUMBERS = ("calls", "kl", "reverse_kl", "tv", "off_support", "masks")
FIELDS = ("name", "steps", *NUMBERS, "found", "words")


def rows(name: str, steps: tuple[int, ...] | None = None) -> list[dict[str, str]]:
    """The rows of one stand-in, numbers to ten digits."""
    from real.cases import RIGHT, WRONG, report

    code, model, changes, *expected = {**RIGHT, **WRONG}[name]
    alone = expected[0] == "rows of a batch"
    found = report(
        code,
        model,
        steps or (FEW if alone else STEPS),
        changes.get("block_length"),
        **changes,
    )
    faults = [each for each in found.findings if each.fault]
    told = {
        "found": "; ".join(each.kind for each in faults),
        "words": (faults[0].words if faults else str(found.beside)).replace(f"{ROOT}/", ""),
    }
    return [
        {
            "name": name,
            "steps": str(point.steps),
            **{key: _written(getattr(point, key)) for key in NUMBERS},
            **told,
        }
        for point in found.points
    ]


def _written(number: float) -> str:
    return f"{0.0 if abs(number) < 1e-13 else number:.10g}"


def kept() -> list[dict[str, str]]:
    """The rows that are committed."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


HEAD = (
    "| code | what leapcheck says of it | output KL at 2, 8, 32 steps |",
    "|---|---|---|",
)
SHOWN = (2, 8, 32)


def table(only: Collection[str] | None = None) -> list[str]:
    """A line for each stand-in, or for some of them: what is found, and its KL."""
    lines, found = list(HEAD), kept()
    for name in dict.fromkeys(row["name"] for row in found):
        if only is not None and name not in only:
            continue
        mine = {int(row["steps"]): row for row in found if row["name"] == name}
        kls = ", ".join(f"{float(mine[n]['kl']):.2g}" for n in SHOWN if n in mine)
        row = mine[max(mine)]
        words = re.split("[:,;]", row["words"])[0]
        right = row["words"].partition(" to ")[0]
        what = f"{row['found']}: {words}" if row["found"] else right
        lines.append(f"| {name} | {what} | {kls} |")
    return lines


def draw(path: Path) -> None:
    """KL against steps: what is right in grey, what is wrong by name."""
    from matplotlib.figure import Figure
    from real.cases import RIGHT, WRONG

    figure = Figure(figsize=(6.8, 4.2), layout="constrained")
    panel = figure.add_subplot()
    marks = iter("osD^v<>PXd*ph")
    for name in (*RIGHT, *WRONG):
        found = [(int(r["steps"]), float(r["kl"])) for r in kept() if r["name"] == name]
        points = [(n, kl) for n, kl in found if 0 < kl < math.inf]
        if len(points) < 2:
            continue
        n, kl = zip(*points, strict=True)
        if name in RIGHT:
            panel.plot(n, kl, color="0.7", lw=3, zorder=1)
        else:
            panel.plot(n, kl, marker=next(marks), lw=1.1, ms=5, label=name)
    panel.plot([], [], color="0.7", lw=3, label="right code")
    panel.set(xscale="log", yscale="log", xlabel="steps", ylabel="output KL, nats")
    panel.set_xticks(STEPS, [str(n) for n in STEPS])
    panel.xaxis.minorticks_off()
    panel.set_title("Output KL of code that draws, exactly (S = 3, d = 3)", fontsize=10)
    panel.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path, dpi=160)


def main() -> None:
    from real.cases import RIGHT, WRONG

    ROWS.parent.mkdir(parents=True, exist_ok=True)
    with ROWS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for name in (*RIGHT, *WRONG):
            found = rows(name)
            writer.writerows(found)
            file.flush()
            print(name, *(row["kl"] for row in found), found[0]["found"], flush=True)
    draw(ROWS.with_name("stand_ins.png"))


if __name__ == "__main__":
    main()
