"""The ledger on another machine: errors made on purpose, floors, kernels."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.foundation import telling
from harness.foundation.machine import cores
from harness.foundation.perturbation import VARIABLE, sites
from harness.studies import other_machines
from harness.studies.other_machines import AS_IT_IS, KERNELS, ONE_THREAD, Run, Variation

ROOT = Path(__file__).parents[2]
SITES = list(sites())
QUICK = ("masked_schedule",)
# Small ones that make errors wherever the source calls for them: any noise, sequences, classes,
# counts, draws.
EVERYWHERE = (*QUICK, "noises", "classes", "magnet", "long_sequences")


def made(value, floor, **more):
    row = {"experiment": "x", "target": "ring", "sampler": "euler", "value": 8.0}
    row |= {"kl": value, "floors": {"kl": floor}}
    content = {"rows": [row], "verdicts": [], "differences": [], "perturbed": list(SITES)}
    return Run(AS_IT_IS, {**content, "libraries": ["one"], **more})


@pytest.mark.parametrize(
    ("value", "other", "floor", "lines"),
    [
        (1e-20, 1.1e-20, 9e-20, 0),  # 90 times the change
        (1e-20, 1.1e-20, 2e-19, 1),  # 200 times
        (1.0, 1.0, 1e-9, 0),  # a relative 1e-8 is compared in any case
        (0.0, 0.0, 1e-30, 0),  # 0 within its floor in all runs: no change is seen
        (0.0, 2e-28, 1e-25, 1),
        (0.0, 2e-33, 1e-30, 0),  # nor is it where laws are a hundred errors apart
        (0.0, 0.0, 0.0, 0),
    ],
)
def test_floors_that_no_error_accounts_for(value, other, floor, lines):
    found = list(other_machines.wide_floors(made(value, floor), [made(other, floor)]))
    assert len(found) == lines
    assert all("x | ring | euler | 8.0 | kl: floor" in line for line in found)


def test_half_an_interval_is_judged_with_its_estimate():
    found = made(9.77, 1.7e-12)
    found.content["rows"][0] |= {"half_width": 1.8e-10}
    found.content["rows"][0]["floors"]["half_width"] = 1.7e-12
    assert list(other_machines.wide_floors(found, [found])) == []


def test_a_site_without_errors_and_a_difference_are_findings(monkeypatch):
    def run(variation, specs, results, told):
        seed = variation.environment[VARIABLE]
        told = {"perturbed": SITES[1:], "differences": ["kl is 2"]} if seed == "2" else {}
        return dataclasses.replace(made(1.0, 0.0, **told), variation=variation)

    monkeypatch.setattr(other_machines, "run", run)
    assert list(other_machines.errors([], Path(), [1])) == []
    difference, missed = "rounding errors, seed 2: kl is 2", f"seed 2: none made in {SITES[0]}"
    assert list(other_machines.errors([], Path(), [1, 2])) == [
        difference,
        f"rounding errors, {missed}",
    ]
    assert list(other_machines.errors([], Path(), [1, 2], whole=False)) == [difference]


@pytest.mark.parametrize(("kl", "library"), [(1.0, "one"), (1.0 + 1e-15, "one"), (1.0, "two")])
def test_a_kernel_that_changes_nothing_was_not_tried(monkeypatch, kl, library):
    def run(variation, specs, results, told):
        plain = variation is ONE_THREAD
        found = made(1.0 if plain else kl, 0.0, libraries=["one" if plain else library])
        return dataclasses.replace(found, variation=variation)

    monkeypatch.setattr(other_machines, "run", run)
    found = list(other_machines.kernels([], Path()))
    same = kl == 1.0 and library == "one"
    assert found == [
        f"{each.name}: not tried, it changed no bit and no library's kernel"
        for each in (KERNELS if same else ())
    ]


@pytest.mark.parametrize("threads", ["1", "2", None])
def test_threads_are_varied_whatever_this_process_has(monkeypatch, threads):
    """Under make OpenBLAS has one thread already: "one thread" would be the plain run again."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NPROC"):
        monkeypatch.setenv(name, threads) if threads else monkeypatch.delenv(name, raising=False)

    def run(variation, specs, results, told):
        given = {k: v for k, v in variation.environment.items() if v is not None}
        content = made(1.0, 0.0, libraries=sorted({**os.environ, **given}.items())).content
        return Run(variation, content)

    monkeypatch.setattr(other_machines, "run", run)
    assert list(other_machines.kernels([], Path())) == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux names threads")
@pytest.mark.parametrize(("variation", "threads"), [(ONE_THREAD, 1), (KERNELS[-1], 2)])
def test_libraries_have_the_threads_that_they_are_given(variation, threads):
    given = {k: v for k, v in variation.environment.items() if v is not None}
    program = (
        "import harness; from harness.studies.other_machines import libraries as l; print(*l())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"XLA: {threads} threads" in done.stdout
    numbers = {int(each) for each in re.findall(r"(\d+) threads", done.stdout)}
    assert numbers <= {threads, 1} if cores() < threads else numbers == {threads}


@pytest.mark.parametrize("variation", [ONE_THREAD, *KERNELS], ids=lambda each: each.name)
def test_what_is_compiled_for_other_threads_is_kept_apart(monkeypatch, variation):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "kept")
    given = []

    def broken(program, env, **more):
        given.append(env["JAX_COMPILATION_CACHE_DIR"])
        raise RuntimeError("stopped")

    monkeypatch.setattr(subprocess, "Popen", broken)
    with pytest.raises(RuntimeError, match="stopped"):
        other_machines.run(variation, [], Path())
    others = {
        "two threads": "kept-2",
        "XLA up to SSE4.2": "kept--xla_cpu_max_isa-SSE4_2-1",
        "XLA as it comes": "kept--xla_cpu_use_fusion_emitters-true-"
        "xla_cpu_parallel_codegen_split_count-32-xla_backend_optimization_level-3-1",
    }
    assert given == [others.get(variation.name, "kept-1")]


def test_which_run_it_is_and_what_all_will_take_is_told(monkeypatch, capsys):
    told = []
    monkeypatch.setattr(telling, "tell", lambda *now: told.append(now))

    def run(variation, specs, results, tell):
        tell(telling.Now("[1/1] x: problem 0 of 10", 0.0, 100.0))
        tell(telling.Now("[1/1] x: problem 5 of 10", 0.5, 50.0))
        return made(1.0, 0.0)

    monkeypatch.setattr(other_machines, "run", run)
    assert list(other_machines.errors([], Path(), [7])) == []
    second = "run 2 of 2, rounding errors, seed 7"
    assert told == [
        ("run 1 of 2, as it is",),
        ("run 1 of 2, as it is: [1/1] x: problem 0 of 10", 0.0, pytest.approx(200, abs=1)),
        ("run 1 of 2, as it is: [1/1] x: problem 5 of 10", 0.25, pytest.approx(100, abs=1)),
        (second,),
        (f"{second}: [1/1] x: problem 0 of 10", 0.5, 100.0),
        (f"{second}: [1/1] x: problem 5 of 10", 0.75, 50.0),
    ]
    assert capsys.readouterr().err == "2 runs of the experiments: about 200 s on this machine\n"


def test_a_run_that_breaks_off_says_which():
    broken = Variation("no such numpy", {"NPY_DISABLE_CPU_FEATURES": "X86_V2"})
    with pytest.raises(RuntimeError, match=r"no such numpy: .*X86_V2"):
        other_machines.run(
            broken, [ROOT / "experiments" / "masked_schedule.toml"], ROOT / "results"
        )


@pytest.mark.parametrize("names", [QUICK, pytest.param(EVERYWHERE, marks=pytest.mark.slow)])
def test_the_ledger_stands_rounding(monkeypatch, names):
    """A few experiments, one seed: ``make check-rounding`` has all of them and three."""
    whole = names is EVERYWHERE
    monkeypatch.chdir(ROOT)
    specs = [ROOT / "experiments" / f"{name}.toml" for name in names]
    assert list(other_machines.errors(specs, ROOT / "results", [1], whole=whole)) == []
