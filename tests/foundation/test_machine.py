"""What of a machine a process may use: the limits of its group are the least on the way up."""

import math
import os

import pytest

from harness.foundation import machine


@pytest.fixture
def groups(tmp_path):
    """A tree of groups: 1,000 bytes for all, no limit for a job, 3,000 for its step."""
    root = tmp_path / "groups"
    (root / "job" / "step").mkdir(parents=True)
    for place, most in {"": "1000", "job": "max", "job/step": "3000"}.items():
        (root / place / "memory.max").write_text(f"{most}\n")
    return root


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("0::/job/step\n", id="the least above"),
        pytest.param("0::/\n", id="the root of a container"),
        pytest.param("5:memory:/job\n", id="no group of its own"),
    ],
)
def test_memory_is_that_of_the_group(groups, tmp_path, told):
    (tmp_path / "cgroup").write_text(told)
    assert machine.of_group(groups, tmp_path / "cgroup") == 1000.0


def test_memory_of_a_group_below_its_parents(groups, tmp_path):
    (groups / "job/step/memory.max").write_text("7\n")
    (tmp_path / "cgroup").write_text("0::/job/step\n")
    assert machine.of_group(groups, tmp_path / "cgroup") == 7.0


def test_no_group_no_limit(tmp_path):
    assert machine.of_group(tmp_path, tmp_path / "nothing") == math.inf


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins nothing")
def test_cores_are_those_allowed():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert machine.cores() == len(before)
