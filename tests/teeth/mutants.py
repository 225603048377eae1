"""``make mutants``: the built-in samplers, broken in one place at random; what ``regress`` kills.

Each mutant in a process of its own, up to its first failing check; a row a mutant is appended to
the ``--resume`` file, from which the next run goes on, without what is no mutant of today's source.
Survivors are equivalent or a gap: ``why`` is for the reader to fill, where a changed claim is not
simply true, or the changed default of a field another right sampler.
"""

import argparse
import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # what tests import from

from harness.foundation import compilation, registry, whole_files
from teeth.mutations import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
FIELDS: tuple[str, ...] = (
    *("sampler", "mutant", "place", "line", "before", "after"),
    *("killed_by", "number", "cpu", "why"),
)
UNFINISHED = "not finished"
WHY = {"claims": "what it claims is true", "default": "another default, right as well"}


@lru_cache
def drawn(name: str) -> dict[int, Mutant]:
    """The mutants of ``harness/samplers/NAME.py`` by number, always in the same order."""
    found = list(mutants((ROOT / f"harness/samplers/{name}.py").read_text(encoding="utf-8")))
    chosen = list(range(len(found)))
    random.Random(name).shuffle(chosen)
    chosen = [k for k in chosen if found[k].before != found[k].after]  # half of zero, say
    return {k: found[k] for k in chosen}


def of_today(found: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Those rows that tell of a mutant of the source as it is now, with its place in it."""
    kept = []
    for row in found:
        mutant = drawn(row["sampler"]).get(int(row["mutant"]))
        if mutant and (mutant.before, mutant.after) == (row["before"], row["after"]):
            why = row.get("why") or ("" if row["killed_by"] else WHY.get(mutant.place, ""))
            kept.append({**row, "place": mutant.place, "line": str(mutant.line), "why": why})
    return kept


def loaded(name: str, mutant: Mutant) -> list[Any]:
    """The samplers that the mutant's class has as examples.  Raises what the mutant raises."""
    registry.load()
    known = registry.samplers[name]
    module = types.ModuleType(f"mutant_of_{name}")
    sys.modules[module.__name__] = module
    source = mutant.source.replace(f"@samplers.add('{name}')\n", "")
    exec(compile(source, module.__name__, "exec"), module.__dict__)
    cls = getattr(module, known.__name__)
    return cls.examples() if hasattr(cls, "examples") else [cls()]


def tried(name: str, mutant: Mutant) -> dict[str, str]:
    """The first check that fails; all of one example's, then of the next."""
    from harness.regress import Suite

    try:
        examples = loaded(name, mutant)
    except Exception as error:
        return {"killed_by": "does not load", "number": type(error).__name__}
    for sampler in examples:
        for check in Suite(sampler).run():
            if check.passed is False:
                return {"killed_by": check.name, "number": check.number[:120]}
    return {"killed_by": "", "number": ""}


def in_own_process(name: str, number: int, seconds: int, cache: str) -> dict[str, str]:
    """``tried`` in a fresh process of at most ``seconds`` of CPU, with those that it took.

    What XLA compiles is kept in the folder ``cache``, for what the next mutant leaves as it was.
    """
    given = [sys.executable, "-m", "tests.teeth.mutants", f"--one={name}:{number}"]
    given += [f"--seconds={seconds}"]
    kept = {
        "JAX_COMPILATION_CACHE_DIR": cache,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    with subprocess.Popen(
        given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **kept}
    ) as process:
        assert process.stdout
        said = process.stdout.read().decode(errors="replace").strip().splitlines()
        _, status, used = os.wait4(process.pid, 0)  # what it used, which Popen does not tell
        process.returncode = 0
    cpu = f"{used.ru_utime + used.ru_stime:.1f}"
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return {"killed_by": "", "number": UNFINISHED, "cpu": cpu}
    try:
        return {**json.loads(said[-1]), "cpu": cpu}
    except (IndexError, ValueError):
        return {"killed_by": "the process ends", "number": "".join(said[-1:])[:120], "cpu": cpu}


def rows(path: Path) -> list[dict[str, str]]:
    """What a run has left in ``path``."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(file: Any, found: Iterable[dict[str, str]], header: bool = True) -> None:
    """Append ``found`` to an open ``file``."""
    writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(found)


def shares(found: list[dict[str, str]]) -> str:
    """A line for each sampler: how many of its mutants are killed, how many are explained."""
    by_sampler: dict[str, list[dict[str, str]]] = {}
    for row in found:
        by_sampler.setdefault(row["sampler"], []).append(row)
    told = []
    for name, of_it in sorted(by_sampler.items()):
        cut = [r for r in of_it if r["number"] == UNFINISHED]
        left = [r for r in of_it if not r["killed_by"] and r not in cut]
        open_ = [f"{r['line']}: {r['before']} -> {r['after']}" for r in left if not r["why"]]
        killed = len(of_it) - len(left) - len(cut)
        word = f"{name}: {killed}/{len(of_it)} killed" + f", {len(cut)} unfinished" * bool(cut)
        word += f", {len(left) - len(open_)} equivalent" if len(left) > len(open_) else ""
        told.append(word + (f"; not explained: {'; '.join(open_)}" if open_ else ""))
    return "\n".join(told)


def in_turn(names: Iterable[str], most: int) -> Iterator[tuple[str, int, Mutant]]:
    """The first mutant of each sampler, then the second: a run that is cut has some of each."""
    each = [[(name, k, m) for k, m in islice(drawn(name).items(), most)] for name in names]
    return (row for rank in zip_longest(*each) for row in rank if row is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="samplers; all of them by default")
    parser.add_argument("--most", type=int, default=100, help="no more mutants of each")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--seconds", type=int, default=900, help="of CPU, no more for a mutant")
    parser.add_argument("--resume", type=Path, default=ROOT / "results/mutants.csv")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        resource.setrlimit(resource.RLIMIT_CPU, (given.seconds, given.seconds + 1))
        compilation.quickly(level=0)
        name, number = given.one.split(":")
        print(json.dumps(tried(name, drawn(name)[int(number)])))
        return
    registry.load()
    kept = of_today(rows(given.resume))
    known = {(row["sampler"], row["mutant"]) for row in kept}

    def row(name: str, number: int, mutant: Mutant) -> dict[str, Any]:
        place = {"line": mutant.line, "before": mutant.before, "after": mutant.after}
        outcome = in_own_process(name, number, given.seconds, cache)
        found = {"sampler": name, "mutant": number, **place, **outcome}
        return of_today([{k: str(v) for k, v in found.items()}])[0]

    with (
        whole_files.replacing(given.resume) as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        write(file, kept)
    with (
        tempfile.TemporaryDirectory() as cache,
        given.resume.open("a", encoding="utf-8", newline="") as file,
        ThreadPoolExecutor(given.jobs) as pool,
    ):
        turns = in_turn(given.names or [*registry.samplers], given.most)
        todo = [each for each in turns if (each[0], str(each[1])) not in known]
        for done in as_completed(pool.submit(row, *each) for each in todo):
            found = done.result()
            write(file, [found], header=False)
            file.flush()
            print("{sampler} {line}: {before} -> {after}: {killed_by}".format(**found))
    print(shares(rows(given.resume)))


if __name__ == "__main__":
    main()
