"""What is kept is found again, exactly, and nothing that is not what it says."""

import math
import sqlite3
from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
from helpers.stored_problems import PROBLEMS, TABLE, a_measurement

from harness import Store, measure_many
from harness.foundation import perturbation
from harness.measurement import many
from harness.measurement.kept import Nothing, each_measured
from harness.problem.problem import Problem
from harness.problem.sources import Changed
from harness.samplers import Tweedie
from harness.store import as_text, digest, file
from harness.store.digest import written
from toy_targets import Table

NAMES = ("tweedie", "euler", "another target")
MINE = [PROBLEMS[name] for name in NAMES]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "of mine" / "kept.sqlite") as opened:
        yield opened


def said(measurement):
    """Everything that a measurement says, its floors too."""
    return {each.name: repr(getattr(measurement, each.name)) for each in fields(measurement)}


def test_numbers_are_exact():
    odd = {"kl": math.inf, "tv": math.nan, "chi2": 0.1 + 0.2, "hellinger": 5e-324, "draws": 3}
    floors = {"kl": np.float64(1e-17), "tv": -0.0}
    whole = a_measurement(**odd, floors=floors, reasons={"kl": "«∞»"}, step_floors=(0.1, math.nan))
    again = as_text.read(as_text.written(whole))
    assert said(again) == said(replace(whole, floors={"kl": 1e-17, "tv": -0.0}))
    for text in ("{}", "[]", '{"kl": 1}'):
        with pytest.raises(ValueError, match="no measurement"):
            as_text.read(text)


def test_what_was_measured_is_found(store, monkeypatch):
    first = measure_many(MINE, store=store)
    assert store.counts == {"found": 0, "kept": 3}
    monkeypatch.setattr(many, "measure", lambda *_, **__: pytest.fail("measured again"))
    with Store(store.path) as again:
        second = measure_many([*reversed(MINE), MINE[0]], store=again)
    assert list(map(said, second)) == list(map(said, [*reversed(first), first[0]]))


def test_what_was_measured_by_other_code_is_not_found(store, monkeypatch):
    """Of sources, of what was asked and of versions each makes a digest of its own."""
    problem, told = MINE[0], written(MINE[0])
    ways = [((told, "all"), b"one"), ((told, "all"), b"two"), ((told, "output"), b"one")]
    assert len({digest.digest([problem], *way) for way in ways}) == len(ways)
    before = digest.digest([problem], *ways[0])
    monkeypatch.setattr(digest, "versions", lambda: ("another jax",))
    assert digest.digest([problem], *ways[0]) != before
    known = store.wanted(problem, "all").digest
    monkeypatch.setattr("harness.store.store.of_process.of", lambda problem: b"changed")
    assert store.wanted(problem, "all").digest not in ("", known)


def test_equal_problems_are_measured_once(store, monkeypatch):
    measured, measure = Counter(), many.measure

    def counted(problem, **asked):
        measured[problem] += 1
        return measure(problem, **asked)

    monkeypatch.setattr(many, "measure", counted)
    one = PROBLEMS["tweedie"]
    found = measure_many([one, replace(one), one], store=store)
    assert measured == {one: 1}
    assert said(found[0]) == said(found[1]) == said(found[2])


def test_the_digest_is_of_all_that_matters(store, tmp_path, monkeypatch):
    one = PROBLEMS["tweedie"]
    law = np.exp(TABLE.log_law())
    other = law.copy()
    other[0, 0], other[0, 1] = law[0, 0] + 1e-15, law[0, 1] - 1e-15
    each = [
        *(store.wanted(one, asked).digest for asked in ("all", "output", "chain")),
        store.wanted(replace(one, start="exact"), "all").digest,
        *(store.wanted(replace(one, target=Table(t)), "all").digest for t in (law, other)),
    ]
    assert len(set(each)) == len(each)
    assert all(each)
    assert store.wanted(Problem.from_spec(one.spec()), "all").digest == each[0]
    monkeypatch.setattr(digest, "versions", lambda: ("python 4.0",))
    assert store.wanted(one, "all").digest not in each


def test_a_file_of_data_counts_by_what_it_says(tmp_path):
    told = written(PROBLEMS["tweedie"])
    (path := tmp_path / "data.csv").write_text("0,1\n")
    spec = {"target": {"name": "mine:Mine", "path": str(path)}}
    problem = type("Problem", (), {"spec": lambda self: spec})()
    first = digest.digest([problem], [told], b"")
    path.write_text("0,12\n")
    assert digest.digest([problem], [told], b"") != first


def test_what_cannot_be_kept_is_measured_and_told(store):
    mine = replace(PROBLEMS["euler"], score=lambda t, x: np.ones((len(x), 2, 3)))
    for _ in range(2):
        (found,) = measure_many([mine], store=store)
        assert found.kl > 0
    assert sum(store.counts.values()) == 0
    ((told, times),) = store.unkept.items()
    assert "module:function" in told
    assert times == 2


@dataclass(frozen=True)
class Mine(Tweedie):
    function: Any = None


def test_what_is_no_plain_value_is_told(store):
    each = store.wanted(replace(MINE[0], sampler=Mine(function=len)), "all")
    assert each.digest == ""
    assert list(store.unkept) == ["a problem is kept by plain values, and len is none"]


def test_an_error_is_not_kept(store):
    def parts(places):
        return [places]

    def measure(places):
        return [a_measurement(), ValueError("no"), a_measurement()]

    found = dict(each_measured(store, MINE, "all", parts, measure))
    assert isinstance(found[1], ValueError)
    assert store.counts["kept"] == 2
    assert len(store.found(store.wanted(each, "all") for each in MINE)) == 2
    with pytest.raises(KeyboardInterrupt):
        list(each_measured(store, MINE, "all", parts, interrupted))
    assert store.begin([store.wanted(MINE[1], "all")]).ours  # nobody has it


def interrupted(places):
    raise KeyboardInterrupt


def test_without_a_store_it_is_the_same():
    found = dict(each_measured(Nothing(), MINE, "all", lambda ks: [ks], lambda ks: ks))
    assert found == {0: 0, 1: 1, 2: 2}


def test_code_that_was_edited_meanwhile_is_not_kept(store, monkeypatch):
    """What this process runs is not what stands in the file, by which it would be known."""

    def changed():
        raise Changed("mine.py has changed since this process read it")

    monkeypatch.setattr("harness.store.store.of_process.check_unchanged", changed)
    measure_many(MINE[:1], store=store)
    assert store.counts["kept"] == 0
    assert list(store.unkept) == ["mine.py has changed since this process read it"]


def test_other_files_are_told(tmp_path):
    (other := tmp_path / "other").write_text("It is no database, whatever it is called.")
    with pytest.raises(ValueError, match=r"other is no store of leapcheck: file is not a database"):
        Store(other)
    assert other.read_text().startswith("It is")
    database = sqlite3.connect(tmp_path / "database")
    database.execute("CREATE TABLE mine (a)")
    database.close()
    with pytest.raises(ValueError, match="database is no store of leapcheck"):
        Store(tmp_path / "database")
    Store(tmp_path / "newer").close()
    newer = sqlite3.connect(tmp_path / "newer")
    newer.execute("PRAGMA user_version = 7")
    newer.close()
    with pytest.raises(ValueError, match=f"a store of version 7; this leapcheck has {file.SCHEMA}"):
        Store(tmp_path / "newer")
    with pytest.raises(ValueError, match="no store at"):
        Store(tmp_path / "none", make=False)
    assert not (tmp_path / "none").exists()
    with pytest.raises(OSError, match=r"cannot write .*other/kept: "):
        Store(other / "kept")


def test_a_store_of_the_first_version_is_gone_on_with(tmp_path):
    with Store(tmp_path / "kept") as store:
        store.connection.execute("DROP TABLE texts")
        store.connection.execute("PRAGMA user_version = 1")
        store.connection.execute(
            "INSERT INTO measurements VALUES ('a', '{}', 'all', '{}', 1.0, 0.0, 0.0)"
        )
    with Store(tmp_path / "kept") as store:
        store.keep_text("b", "more", 1.0)
        assert store.text("b") == "more"
        assert store.connection.execute("SELECT digest FROM measurements").fetchall() == [("a",)]
        assert store.connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_texts_go_by_problems_modules_and_what_is_told(store):
    keys = [
        store.key(MINE[:2], ["bounds.chain"], "told"),
        store.key(MINE[:1], ["bounds.chain"], "told"),
        store.key(MINE[:2], ["bounds.total_correlation"], "told"),
        store.key(MINE[:2], ["bounds.chain"], "other"),
    ]
    assert len({*keys, ""}) == 5
    assert store.key(MINE[:2], ["bounds.chain"], "told") == keys[0]
    assert store.key(MINE[:2], ["no_such_module"], "told") == ""
    store.keep_text(keys[0], "found", 1.0)
    store.keep_text("", "nowhere", 1.0)
    assert [store.text(key) for key in (*keys, "")] == ["found", None, None, None, None]
    assert store.counts["sweeps"] == 1


def test_no_store_of_numbers_with_errors(tmp_path, monkeypatch):
    monkeypatch.setenv(perturbation.VARIABLE, "1")
    with pytest.raises(ValueError, match="no store where LEAPCHECK_ROUNDING is set"):
        Store(tmp_path / "kept")
