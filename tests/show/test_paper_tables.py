"""Tables for a paper: cells are escaped, captions say what was measured; the two commands."""

import pytest
from helpers.planted_rows import planted

from harness.foundation.html import table as html_table
from harness.show.paper import formats, tables
from harness.show.paper.input_rows import Source
from harness.show.paper.names import Names
from harness.studies import experiment, ledger, runner

TINY = """
question = "?"
axis = "step"
put = "grid.steps"
values = [4, 8]
theorems = ["chain", "liang_2025"]
problem = { start = "exact", grid = { name = "even", start = 2.0, stop = 0.25 } }
targets = [{ label = "ring & field", name = "pairs", tokens = 2, pairs = 1 }]
samplers = [{ name = "tweedie" }]
"""
ROW = {
    "experiment": "planted",
    "target": "a_b & c",
    "axis": "step",
    "trust": "O",
    "sampler": "euler",
}
VERDICTS = [
    {**ROW, "theorem": "liang_2025", "status": "CONSISTENT", "measured": 0.5, "bound": 1.0}
    | {"constant": 0.125, "slope": -1.0},
    {**ROW, "theorem": "order of kl", "status": "CONSISTENT", "measured": 0.5, "bound": 2.0}
    | {"slope": 1.98, "trust": "N"},
    {**ROW, "theorem": "chain", "status": "NOT_APPLICABLE"},
]


def of(kind, **more):
    return tables.of(kind, Source(planted(3, 1), VERDICTS, "here"), Names(), more.get("q", "kl"))


def test_each_kind_of_table():
    assert of("verdicts").rows == [
        ["a_b & c", "Euler", "Liang et al. 2025 [O]", "CONSISTENT", "0.5", "", "0.125", "-1"]
    ]
    assert of("orders").rows == [["a_b & c", "Euler", "output KL", "h", "1.98", "2", "CONSISTENT"]]
    assert of("constants").rows[0][3:6] == ["1/h", "0.125", "-1"]
    work = of("work")
    assert work.titles[2:] == ["16", "32", "64", "128", "256", "512"][: len(work.titles) - 2]
    assert work.rows[0][2] == f"{(3.75 / 16) ** 2:.3g}"
    assert "Output KL, nats, by the expected number of score calls" in work.caption
    for kind in tables.KINDS:
        assert "S = 3, d = 3, T = 4, δ = 0.25" in of(kind).caption
    with pytest.raises(ValueError, match="a table of orders must have rows"):
        tables.of("orders", Source(planted(), [], "here"), Names(), "kl")


def test_formats_escape_what_they_read_as_markup():
    printed = formats.PrintedTable("t", "κ_1 & 5%", ["a|b", "n"], [["<b> & x_y", "1"], ["τ", "2"]])
    tex = formats.latex(printed)
    assert r"\caption{$\kappa$\_1 \& 5\%}" in tex
    assert r"$<$b$>$ \& x\_y & 1 \\" in tex
    assert r"\begin{tabular}{lr}" in tex
    assert tex.index(r"\toprule") < tex.index(r"\midrule") < tex.index(r"\bottomrule")
    assert r"| \<b\> & x\_y | 1 |" in formats.markdown(printed)
    assert formats.comma_separated(printed).splitlines()[:2] == ["# κ_1 & 5%", "a|b,n"]
    assert "<td>&lt;b&gt; &amp; x_y</td>" in formats.hypertext(printed)
    assert formats.hypertext(printed) == html_table(printed.titles, printed.rows, printed.caption)


def test_the_commands_run_what_is_not_kept_and_read_what_is(command, tmp_path, monkeypatch):
    path, results = tmp_path / "tiny.toml", tmp_path / "results"
    path.write_text(TINY)
    code, out, _ = command("table", path, "--results", results, "--out", tmp_path / "t" / "v.tex")
    assert (code, out.strip()) == (0, f"wrote {tmp_path / 't' / 'v.tex'}")
    assert (
        r"ring \& field & Tweedie & Data processing [D] & HOLDS"
        in (tmp_path / "t" / "v.tex").read_text()
    )
    assert not results.exists()  # a figure or a table accepts nothing
    outcome = runner.run([experiment.read(path)])
    runner.save(outcome, results, ["tiny"], update_ledger=True)
    monkeypatch.setattr(runner, "run", lambda *_: pytest.fail("rows are kept"))
    for given in (path, "tiny", results / "tiny", results / "tiny" / "rows.csv"):
        told = command("figure", given, "--results", results, "--out", tmp_path / "f.svg")
        assert told[0] == 0, told
        assert "rows.csv" in told[1]
    first = (tmp_path / "f.svg").read_bytes()
    command("figure", "tiny", "--results", results, "--out", tmp_path / "f.svg")
    assert (tmp_path / "f.svg").read_bytes() == first
    code, _, err = command("figure", "tinny", "--results", results)
    assert (code, err) == (
        2,
        "leapcheck: no experiment, file of rows or results named 'tinny'; did you mean 'tiny'?\n",
    )


def test_changed_experiments_are_not_read_from_kept_rows(tmp_path):
    from harness.show.paper import input_rows

    path, results = tmp_path / "tiny.toml", tmp_path / "results"
    path.write_text(TINY)
    outcome = runner.run([experiment.read(path)])
    runner.save(outcome, results, ["tiny"], update_ledger=True)
    changes = ("[4, 8]", "[4, 16]"), ("2.0", "3.0"), ('"liang_2025"', '"total_correlation"')
    ran = []
    for old, new in changes:
        path.write_text(TINY.replace(old, new))
        input_rows.read([path], results, lambda each: ran.append(each) or outcome)
    assert len(ran) == len(changes)
    bad = tmp_path / "rows.csv"
    ledger.write(bad, [{"target": "a"}], ["target"])
    with pytest.raises(ValueError, match="rows must have the columns axis, experiment, sampler"):
        input_rows.read([bad], results, lambda _: outcome)


def test_what_is_installed_is_read_by_name_in_any_folder(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "run", lambda *_: pytest.fail("rows are kept"))
    code, out, _ = command("table", "step_even", "--of", "orders", "--format", "csv")
    assert code == 0
    assert "\nring,Tweedie,output KL,h,2,2,CONSISTENT\n" in out
    code, out, _ = command("figure", "length_1000", "--out", "f.svg")
    assert code == 0
    assert "results/full/length_1000/rows.csv" in out
    code, _, err = command("table", "step_even", "--results", "mine")
    assert code == 2
    assert "named 'step_even'; known: none" in err
