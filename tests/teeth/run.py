"""``python -m tests.teeth.run``: what ``leapcheck regress`` says of the corpus, case by case.

Each case in a process of its own, up to its first failing check; a line a case is appended to the
``--resume`` file, from which the next run goes on.  Then a table: of each kind how many are killed.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # what tests import from

from teeth.corpus import ALL
from teeth.table import table


def tried(name: str) -> dict[str, Any]:
    """The case called ``name``, put through its checks up to the first that fails."""
    from harness.regress import Suite

    case = next(case for case in ALL if case.name == name)
    suite, count = Suite(case.thing), 0
    found = {"name": name, "kind": case.kind, "check": "", "number": "", "why": ""}
    for check in suite.run():
        count += 1
        if check.passed is False:
            found |= {"check": check.name, "number": check.number, "why": check.why[:300]}
            break
    return {**found, "checks": count}


def in_own_process(name: str) -> dict[str, Any]:
    """``tried`` in a fresh process, with the CPU seconds that it took."""
    given = [sys.executable, "-m", "tests.teeth.run", "--one", name]
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said = process.stdout.read().decode(errors="replace").strip().splitlines()
        _, _, used = os.wait4(process.pid, 0)  # what it used, which Popen does not tell
        process.returncode = 0
    cpu = round(used.ru_utime + used.ru_stime, 1)
    try:
        return {**json.loads(said[-1]), "cpu": cpu}
    except (IndexError, ValueError):
        case = next(case for case in ALL if case.name == name)
        return {"name": name, "kind": case.kind, "check": "", "broken": said[-1:], "cpu": cpu}


def chosen(texts: list[str], each: int) -> list[str]:
    """The names in which one of ``texts`` occurs, at most ``each`` of a kind, spread evenly."""
    names: list[str] = []
    for kind in sorted({case.kind for case in ALL}):
        of_kind = [
            case.name
            for case in ALL
            if case.kind == kind and (not texts or any(text in case.name for text in texts))
        ]
        step = max(1, len(of_kind) // each) if each else 1
        names += of_kind[::step][: each or None]
    return names


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """What a run has left in ``path``."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only cases with this in their names")
    parser.add_argument("--jobs", type=int, default=1, help="so many processes at a time")
    parser.add_argument("--each", type=int, default=0, help="no more than so many of a kind")
    parser.add_argument("--resume", type=Path, default=Path("build/teeth.jsonl"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(tried(given.one)))
        return
    given.resume.parent.mkdir(parents=True, exist_ok=True)
    names = chosen(given.names, given.each)
    known = {line["name"] for line in lines(given.resume)}
    with ThreadPoolExecutor(given.jobs) as pool, given.resume.open("a", encoding="utf-8") as file:
        for found in pool.map(in_own_process, [name for name in names if name not in known]):
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
            file.flush()
            print(f"{found['kind']} {found['name']}: {found['check'] or 'passed'}", flush=True)
    print(table([line for line in lines(given.resume) if line["name"] in names]))


if __name__ == "__main__":
    main()
