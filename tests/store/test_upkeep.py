"""``leapcheck store``: what is kept is shown, taken out, computed again and handed out."""

import json
import time

import pandas as pd
import pytest
from helpers.stored_problems import PROBLEMS, a_measurement

from harness import Store, measure_many
from harness.store.store import DAY
from harness.store.upkeep import kept, prune, summary

NAMES = ("tweedie", "euler", "another target")
MINE = [PROBLEMS[name] for name in NAMES]


@pytest.fixture
def path(tmp_path):
    with Store(tmp_path / "kept.sqlite") as store:
        measure_many(MINE, store=store)
    return tmp_path / "kept.sqlite"


def filled(path, ages):
    """A store of measurements of nothing, last used so many days ago."""
    store = Store(path)
    for k, days in enumerate(ages):
        used = time.time() - days * DAY
        row = f"{k}", "{}", "all", "x" * 1000, 1.0, used, used
        store.connection.execute("INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return store


def left(store):
    return {int(k) for (k,) in store.connection.execute("SELECT digest FROM measurements")}


def test_what_is_old_goes_first(tmp_path):
    with filled(tmp_path / "kept", [*range(100)]) as store:
        before = summary(store).bytes
        assert prune(store, days=50.5) == (49, 0)
        assert left(store) == set(range(51))
        assert prune(store, bytes_=20_100) == (31, 0)
        assert left(store) == set(range(20))
        assert summary(store).bytes < before / 2
        assert prune(store) == (0, 0)


def test_texts_go_with_the_measurements(tmp_path):
    """By age, and by size together with them, the least used first."""
    with filled(tmp_path / "kept", [1, 3]) as store:
        for days in (0, 2, 4):
            store.keep_text(f"text {days}", "x" * 1000, 1.0)
            then = time.time() - days * DAY
            told = "UPDATE texts SET used = ? WHERE digest = ?"
            store.connection.execute(told, (then, f"text {days}"))
        assert prune(store, days=3.5) == (0, 1)
        assert prune(store, bytes_=2_500) == (1, 1)
        assert [store.text(f"text {days}") is None for days in (0, 2, 4)] == [False, True, True]
        assert left(store) == {0}


def test_what_is_used_stays(tmp_path):
    with Store(tmp_path / "kept") as store:
        each = [store.wanted(problem, "all") for problem in MINE]
        store.begin(each)
        store.end(each, [(one, a_measurement()) for one in each])
        old = time.time() - 30 * DAY
        store.connection.execute("UPDATE measurements SET used = ?", (old,))
        store.found(each[:1])
        assert prune(store, days=10) == (2, 0)
        assert store.found(each).keys() == {each[0].digest}


def test_show_and_prune(command, path):
    code, out, _ = command("store", "show", path)
    assert code == 0
    assert f"{path}: 3 measurements, " in out
    assert "  tweedie: 2" in out
    assert command("store", "prune", path)[0] == 2
    assert command("store", "prune", path, "--size", "2X")[2].startswith("leapcheck: a size is a")
    with Store(path) as store:
        store.keep_text("a sweep", "found", 1.0)
    code, out, _ = command("store", "prune", path, "--size", "0")
    assert (code, out) == (0, f"took 3 measurements and 1 judged sweep out of {path}\n")
    assert command("store", "show", path.with_name("none"))[0] == 2


def test_a_sample_is_computed_again(command, path):
    code, out, _ = command("store", "verify", path)
    assert (code, out) == (0, "3 measurements computed again: all agree\n")
    with Store(path) as store:
        each = next(kept(store))
        wrong = json.dumps(
            {**json.loads(value(store, each.digest)), "kl": each.measurement.kl + 1e-6}
        )
        change = "UPDATE measurements SET value = ? WHERE digest = ?"
        store.connection.execute(change, (wrong, each.digest))
        store.connection.execute(
            "UPDATE measurements SET digest = 'other' WHERE digest = "
            "(SELECT max(digest) FROM measurements)"
        )
    code, out, _ = command("store", "verify", path)
    first, last = out.splitlines()
    assert code == 1
    assert first.startswith(f"{each.digest}: kl is ")
    told = "2 measurements computed again: 1 difference, 1 were made by other code or versions"
    assert last == told
    assert len(command("store", "verify", path, "--sample", "1")[1].splitlines()) in (1, 2)


def value(store, digest):
    told = "SELECT value FROM measurements WHERE digest = ?"
    return store.connection.execute(told, (digest,)).fetchone()[0]


def test_all_of_it_as_parquet(command, path, tmp_path):
    code, out, _ = command("store", "export", path, "--out", tmp_path / "all.parquet")
    assert (code, out) == (0, f"wrote 3 measurements to {tmp_path}/all.parquet\n")
    table = pd.read_parquet(tmp_path / "all.parquet").set_index("digest")
    with Store(path) as store:
        for each in kept(store):
            row = table.loc[each.digest]
            assert row["kl"] == each.measurement.kl
            assert row["kl_rounding"] == each.measurement.floors["kl"]
            assert list(row["step_factorisation"]) == list(each.measurement.step_factorisation)
            assert json.loads(row["spec"]) == each.spec
            assert each.problem in MINE


def test_parquet_needs_pyarrow(command, path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    code, _, err = command("store", "export", path)
    assert code == 2
    assert "needs pyarrow: pip install 'leapcheck[parquet]'" in err
