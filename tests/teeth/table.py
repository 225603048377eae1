"""What a run of the corpus has found, kind by kind."""

from collections.abc import Iterable, Mapping
from typing import Any


def table(found: Iterable[Mapping[str, Any]]) -> str:
    """A line for each kind: how many are killed, the CPU seconds, and who is left.

    Of kind 0, which is right, those that are killed are named.
    """
    by_kind: dict[int, list[Mapping[str, Any]]] = {}
    for line in found:
        by_kind.setdefault(line["kind"], []).append(line)
    rows = []
    for kind, lines in sorted(by_kind.items()):
        killed = [line for line in lines if line["check"]]
        seconds = sum(line.get("cpu", 0.0) for line in lines)
        told = [line for line in lines if bool(line["check"]) is (kind == 0)]
        what = "called wrong" if kind == 0 else "killed"
        names = ", ".join(line["name"] + (" (broken)" if "broken" in line else "") for line in told)
        rows.append(f"kind {kind}: {len(killed)}/{len(lines)} {what}, {seconds:.0f} s; {names}")
    return "\n".join(rows)
