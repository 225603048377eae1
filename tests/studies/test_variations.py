"""The ledger on another machine: errors made on purpose, floors, kernels."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness.foundation import perturbation
from harness.foundation.perturbation import EPSILON, PLACES, VARIABLE, perturbed
from harness.studies import variations
from harness.studies.variations import AS_IT_IS, KERNELS, Run, Variation

ROOT = Path(__file__).parents[2]
QUICK = ("masked_schedule", "dndm_uniform", "counts")  # all places, sequences and counts
LAW = np.array([0.0, 1.0, 0.3, 0.7, 1e-300])


@pytest.fixture
def seeded(monkeypatch):
    monkeypatch.setenv(VARIABLE, "3")
    monkeypatch.setattr(perturbation, "HITS", type(perturbation.HITS)())


def test_without_a_seed_nothing_changes(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert perturbed("score", LAW) is LAW


@pytest.mark.usefixtures("seeded")
def test_errors_are_small_and_differ_from_entry_to_entry():
    many = np.full(10_000, 0.3)
    change = perturbed("score", many) / many - 1
    assert 0.9 * EPSILON < abs(change).max() <= EPSILON * 1.3  # the quotient is rounded too
    assert abs(change.mean()) < EPSILON / 20
    assert len(np.unique(perturbed("score", many))) > 5
    np.testing.assert_array_equal(perturbed("score", LAW)[:2], LAW[:2])
    assert (perturbed("score", many) != perturbed("kernel", many)).any()


@pytest.mark.usefixtures("seeded")
def test_compiled_functions_make_the_same_errors():
    law = np.random.default_rng(0).random(1000)
    with jax.enable_x64(True):
        inside = jax.jit(lambda p: perturbed("step law", p))(jnp.asarray(law))
        np.testing.assert_array_equal(inside, perturbed("step law", law))
    assert perturbation.HITS == {"step law": 2}


@pytest.mark.usefixtures("seeded")
def test_a_place_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match=r"place must be one of data law, .* got 'scores'"):
        perturbed("scores", LAW)


def made(value, floor, **more):
    row = {"experiment": "x", "target": "ring", "sampler": "euler", "value": 8.0}
    row |= {"kl": value, "floors": {"kl": floor}}
    content = {"rows": [row], "verdicts": [], "differences": [], "perturbed": list(PLACES)}
    return Run(AS_IT_IS, {**content, "libraries": ["one"], **more})


@pytest.mark.parametrize(
    ("value", "other", "floor", "lines"),
    [
        (1e-20, 1.1e-20, 9e-20, 0),  # 90 times the change
        (1e-20, 1.1e-20, 2e-19, 1),  # 200 times
        (1.0, 1.0, 1e-9, 0),  # a relative 1e-8 is compared in any case
        (0.0, 0.0, 1e-30, 0),  # 0 within its floor in all runs: no change is seen
        (0.0, 2e-33, 1e-30, 1),
        (0.0, 0.0, 0.0, 0),
    ],
)
def test_floors_that_no_error_accounts_for(value, other, floor, lines):
    found = list(variations.wide_floors(made(value, floor), [made(other, floor)]))
    assert len(found) == lines
    assert all("x | ring | euler | 8.0 | kl: floor" in line for line in found)


def test_a_place_without_errors_and_a_difference_are_findings(monkeypatch):
    def run(variation, specs, results):
        seed = variation.environment[VARIABLE]
        told = {"perturbed": PLACES[1:], "differences": ["kl is 2"]} if seed == "2" else {}
        return dataclasses.replace(made(1.0, 0.0, **told), variation=variation)

    monkeypatch.setattr(variations, "run", run)
    assert list(variations.errors([], Path(), [1])) == []
    assert list(variations.errors([], Path(), [1, 2])) == [
        "rounding errors, seed 2: kl is 2",
        "rounding errors, seed 2: none in any data law",
    ]


@pytest.mark.parametrize(("kl", "library"), [(1.0, "one"), (1.0 + 1e-15, "one"), (1.0, "two")])
def test_a_kernel_that_changes_nothing_was_not_tried(monkeypatch, kl, library):
    def run(variation, specs, results):
        plain = variation is AS_IT_IS
        return made(1.0 if plain else kl, 0.0, libraries=["one" if plain else library])

    monkeypatch.setattr(variations, "run", run)
    found = list(variations.kernels([], Path()))
    same = kl == 1.0 and library == "one"
    assert found == [
        f"{each.name}: not tried, it changed no bit and no library's kernel"
        for each in (KERNELS if same else ())
    ]


def test_a_run_that_breaks_off_says_which():
    broken = Variation("no such numpy", {"NPY_DISABLE_CPU_FEATURES": "X86_V2"})
    with pytest.raises(RuntimeError, match=r"no such numpy: .*X86_V2"):
        variations.run(broken, [ROOT / "experiments" / "masked_schedule.toml"], ROOT / "results")


def test_the_ledger_stands_rounding():
    """A few experiments, one seed: ``make check-rounding`` has all of them and three."""
    specs = [f"experiments/{name}.toml" for name in QUICK]
    asked = ["check-rounding", *specs, "--seeds", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", *asked],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "the ledger stands\n"), done.stdout + done.stderr
