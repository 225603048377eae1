"""The sdist, the wheel that is made of it, and clean environments outside the tree with only that.

One has the pinned versions of what it needs, one the oldest that `pyproject.toml` allows.
`LEAPCHECK_DIST` names the folder that they are built in, which `make wheel` keeps.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from rooms import PACKAGES, ROOT

import harness

pytestmark = pytest.mark.slow  # minutes: installing and compiling
NOT_OURS = ("PYTHONPATH", "VIRTUAL_ENV")


def run(*command, cwd=ROOT):
    """What a program prints, which must end well."""
    environment = {key: value for key, value in os.environ.items() if key not in NOT_OURS}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """``(sdist, wheel)``."""
    folder = Path(os.environ.get("LEAPCHECK_DIST") or tmp_path_factory.mktemp("dist"))
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def lowest():
    """The oldest versions that are allowed, a line each as pip takes them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = [re.split("[>,]=?", each)[:2] for each in project["dependencies"]]
    return "\n".join(f"{name}=={version}" for name, version in bounds)


@pytest.fixture(scope="module", params=["pinned", "lowest"])
def outside(request, built, tmp_path_factory):
    """A folder elsewhere, with an environment beside it that has the wheel and what it needs."""
    root = tmp_path_factory.mktemp(request.param)
    folder, constraints = root / "folder", ROOT / "constraints.txt"
    folder.mkdir()
    if request.param == "lowest":
        constraints = root / "lowest.txt"
        constraints.write_text(lowest())
    run(sys.executable, "-m", "venv", root / "env")
    run(root / "env/bin/pip", "install", "--quiet", "-c", constraints, built[1])
    return folder


def installed(outside, name, *arguments):
    """What a program of the clean environment prints."""
    return run(outside.parent / "env/bin" / name, *arguments, cwd=outside)


def files(folder):
    """Every file with its content, but what Python compiled."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_wheel_has_the_packages_the_experiments_and_their_results_and_no_more(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        extra = {name.partition(".dist-info/")[2] for name in wheel.namelist()} - {""}
    expected = {"leapcheck.py", "leapcheck_pytest.py"}
    for package in PACKAGES:
        expected |= {f"{package}/{name}" for name in files(ROOT / package)}
    packaged = "harness/packaged"
    expected |= {f"{packaged}/experiments/{name}" for name in files(ROOT / "experiments")}
    made = ("figures/", "bench/")
    expected |= {
        f"{packaged}/results/{name}"
        for name in files(ROOT / "results")
        if name.endswith(".csv") and not name.startswith(made)
    }
    assert names == expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert extra == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_can_be_worked_on(built):
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"LICENSE", "CITATION.cff", "README.md", "CONTRIBUTING.md", "Makefile"} <= names
    assert {".ci/run", "constraints.txt", "tests/rooms.py", "results/ledger.csv"} <= names


def test_it_is_imported_by_both_names(outside):
    code = "import leapcheck, harness; print(leapcheck.measure is harness.measure)"
    assert installed(outside, "python", "-W", "error", "-c", code) == "True\n"


def test_it_says_what_it_is(outside):
    told = f"leapcheck {harness.__version__}\n"
    assert installed(outside, "leapcheck", "--version") == told
    assert installed(outside, "python", "-m", "leapcheck", "--version") == told
    code = (
        "from importlib.metadata import metadata as m; print(m('leapcheck')['License-Expression'])"
    )
    assert installed(outside, "python", "-c", code) == "Apache-2.0\n"


def test_all_there_is_is_listed(outside):
    told = installed(outside, "leapcheck", "list").splitlines()
    for name in ("tweedie", "potts_ring", "explicit_dtc", "one_site"):
        assert any(line.startswith(f"  {name} ") for line in told), name


def test_an_experiment_by_name_has_the_verdicts_of_the_project_and_nothing_is_written(outside):
    before = files(outside.parent)
    told = installed(outside, "leapcheck", "check", "reveals")
    assert told.splitlines()[-1] == "all as the ledger expects"
    assert files(outside.parent) == before


def test_a_sampler_outside_goes_through_the_checks(outside):
    shutil.copy(ROOT / "tests/outside/implicit_euler.py", outside)
    told = installed(outside, "leapcheck", "regress", "implicit_euler:ImplicitEuler")
    assert re.fullmatch(r"\d\d passed, 0 failed, \d+ not applicable", told.splitlines()[-1])
