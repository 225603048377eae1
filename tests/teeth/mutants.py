"""``make mutants``: the built-in samplers, broken in one place at random; what ``regress`` kills.

So are the files that several of them share, each of which is tried with all of those samplers.
Each mutant in a process of its own, up to its first failing check, of those of its examples that
are changed; a row a mutant is appended to the ``--resume`` file, from which the next run goes on,
without what is no mutant of today's source.  Survivors are equivalent or a gap: ``why`` is for the
reader to fill, where the program is not the same, a changed claim not simply true, or the changed
default of a field not another right sampler.
"""

import argparse
import ast
import csv
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # what tests import from

from harness.foundation import compilation, registry, whole_files
from teeth.mutations import Mutant, mutants
from teeth.same_program import described

ROOT = Path(__file__).resolve().parents[2]
FIELDS: tuple[str, ...] = (
    *("sampler", "mutant", "place", "line", "before", "after"),
    *("killed_by", "number", "cpu", "why", "digest"),
)
UNFINISHED = "not finished"
CRASHES = {"AttributeError", "IndexError", "KeyError", "NameError", "TypeError", "ValueError"}
SHARED = {
    "reveal_policy": "law/reveal_policy.py",
    "score_calls": "law/score_calls.py",
    "set_sizes": "law/set_sizes.py",
    "two_stage": "samplers/two_stage.py",
}
SAME = "the same program and claims"
WHY = {"claims": "what it claims is true", "default": "another default, right as well"}


def source(name: str) -> str:
    """Of a sampler, or of what several share."""
    file = ROOT / "harness" / SHARED.get(name, f"samplers/{name}.py")
    return file.read_text(encoding="utf-8")


@lru_cache
def drawn(name: str) -> dict[int, Mutant]:
    """The mutants of the ``source`` of ``name`` by number, always in the same order."""
    found = list(mutants(source(name)))
    chosen = list(range(len(found)))
    random.Random(name).shuffle(chosen)
    chosen = [k for k in chosen if found[k].before != found[k].after]  # half of zero, say
    return {k: found[k] for k in chosen}


def of_today(found: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Those rows that tell of a mutant of the source as it is now, with its place in it."""
    kept = []
    for row in found:
        by_digest = {mutant.digest: (k, mutant) for k, mutant in drawn(row["sampler"]).items()}
        if row["digest"] in by_digest:
            number, mutant = by_digest[row["digest"]]
            known = SAME if row["number"] == SAME else WHY.get(mutant.place, "")
            why = row["why"] or ("" if row["killed_by"] else known)
            now = {"mutant": str(number), "place": mutant.place, "line": str(mutant.line)}
            kept.append({**row, **now, "why": why})
    return kept


def between(name: str) -> list[str]:
    """What else is shared and imports ``name``."""
    return [each for each in SHARED if each != name and _imports(each, [name])]


def users(name: str) -> list[str]:
    """The samplers that share ``name``, those that others import first."""
    registry.load()
    return [each for each in registry.samplers if _imports(each, [name, *between(name)])]


def _imports(name: str, others: Iterable[str]) -> bool:
    text = source(name)
    return any(re.search(rf"import {each}\b|{each} import", text) for each in others)


def loaded(name: str, changed: str) -> list[Any]:
    """The examples of a sampler, or of all that share ``name``, whose source is ``changed``.

    What is shared, and what shares it, is then imported in the place of what it was in this
    process.  Raises what the source raises.
    """
    registry.load()
    if name not in SHARED:
        return _examples(name, _module(name, changed))
    _put(SHARED[name], _module(name, changed))
    for each in between(name):
        _put(SHARED[each], _module(each, plain(each)))
    found = []
    for each in users(name):
        module = _module(each, plain(each))
        _put(f"samplers/{each}.py", module)
        found += _examples(each, module)
    return found


def _module(name: str, changed: str) -> types.ModuleType:
    module = types.ModuleType(f"mutant_of_{name}")
    sys.modules[module.__name__] = module
    changed = changed.replace(f"@samplers.add('{name}')\n", "")
    exec(compile(changed, module.__name__, "exec"), module.__dict__)
    return module


def _put(file: str, module: types.ModuleType) -> None:
    """``module`` in the place of ``harness/FILE``, for all that is imported from then on."""
    package, _, name = f"harness.{file.removesuffix('.py').replace('/', '.')}".rpartition(".")
    sys.modules[f"{package}.{name}"] = module
    setattr(sys.modules[package], name, module)


def _examples(name: str, module: types.ModuleType) -> list[Any]:
    cls = getattr(module, registry.samplers[name].__name__)
    return cls.examples() if hasattr(cls, "examples") else [cls()]


def plain(name: str) -> str:
    """The ``source`` as a mutant has it, with nothing changed."""
    return ast.unparse(ast.parse(source(name)))


def described_once(name: str, kept: Path | None = None) -> list[str | None]:
    """What the examples of ``name`` as it is are to the harness, ``kept`` in a folder."""
    file = kept and kept / f"{name}.json"
    if file and file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    found = [described(each) for each in loaded(name, plain(name))]
    if file:
        whole_files.write_json(file, found)
    return found


def changed(examples: list[Any], before: list[str | None]) -> list[Any]:
    """Those of ``examples`` that are something else to the harness than they were ``before``."""

    def is_same(example: Any, was: str | None) -> bool:
        with suppress(Exception):  # a check will meet it
            return was is not None and described(example) == was
        return False

    return [e for e, was in zip(examples, before, strict=True) if not is_same(e, was)]


def tried(name: str, mutant: Mutant, kept: Path | None = None) -> dict[str, str]:
    """The first check that fails; all of one example's, then of the next."""
    from harness.regress import Suite

    before = described_once(name, kept)
    try:
        examples = loaded(name, mutant.source)
    except Exception as error:
        return {"killed_by": "does not load", "number": type(error).__name__}
    left = changed(examples, before)
    if not left:
        return {"killed_by": "", "number": SAME}
    for sampler in left:
        for check in Suite(sampler).run():
            if check.passed is False:
                return {"killed_by": check.name, "number": check.number[:120]}
    return {"killed_by": "", "number": ""}


def in_own_process(name: str, number: int, seconds: int, cache: Path) -> dict[str, str]:
    """``tried`` in a fresh process of at most ``seconds`` of CPU, with those that it took.

    What XLA compiles is kept in the folder ``cache``, for what the next mutant leaves as it was.
    """
    given = [sys.executable, "-m", "tests.teeth.mutants", f"--one={name}:{number}"]
    given += [f"--seconds={seconds}", f"--kept={cache}"]
    kept = {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
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
        errors = sum(r["number"] in CRASHES for r in of_it)
        word = f"{name}: {killed}/{len(of_it)} killed" + f" ({errors} by an error)" * bool(errors)
        word += f", {len(cut)} unfinished" * bool(cut)
        word += f", {len(left) - len(open_)} equivalent" if len(left) > len(open_) else ""
        told.append(word + (f"; not explained: {'; '.join(open_)}" if open_ else ""))
    return "\n".join(told)


def in_turn(names: Iterable[str], most: int) -> Iterator[tuple[str, int, Mutant]]:
    """The first mutant of each sampler, then the second: a run that is cut has some of each."""
    each = [[(name, k, m) for k, m in islice(drawn(name).items(), most)] for name in names]
    return (row for rank in zip_longest(*each) for row in rank if row is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="samplers, files they share; by default all")
    parser.add_argument("--most", type=int, default=100, help="no more mutants of each")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--seconds", type=int, default=900, help="of CPU, no more for a mutant")
    parser.add_argument("--resume", type=Path, default=ROOT / "results/mutants.csv")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        resource.setrlimit(resource.RLIMIT_CPU, (given.seconds, given.seconds + 1))
        compilation.quickly(level=0)
        name, number = given.one.split(":")
        print(json.dumps(tried(name, drawn(name)[int(number)], given.kept)))
        return
    registry.load()
    kept = of_today(rows(given.resume))
    known = {(row["sampler"], row["mutant"]) for row in kept}

    def row(name: str, number: int, mutant: Mutant) -> dict[str, Any]:
        place = {k: getattr(mutant, k) for k in ("line", "before", "after", "digest")}
        outcome = in_own_process(name, number, given.seconds, Path(cache))
        found = {"sampler": name, "mutant": number, "why": "", **place, **outcome}
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
        turns = in_turn(given.names or [*registry.samplers, *SHARED], given.most)
        todo = [each for each in turns if (each[0], str(each[1])) not in known]
        for done in as_completed(pool.submit(row, *each) for each in todo):
            found = done.result()
            write(file, [found], header=False)
            file.flush()
            print("{sampler} {line}: {before} -> {after}: {killed_by}".format(**found))
    print(shares(rows(given.resume)))


if __name__ == "__main__":
    main()
