"""One problem over several devices: the numbers of one device, and a share of its memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import Enumerated, Problem, grids, measure
from harness.measurement.differential_inequality import most_states
from harness.noise import Absorbing, Uniform
from harness.process.space import Sequences
from harness.samplers import GumbelDraws, Tweedie
from toy_targets import RandomTable

PROGRAM = Path(__file__).parents[1] / "helpers/on_four_devices.py"
FOUR = "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"
ROUNDING = 1e-12


def told(what):
    """What the program prints in a process that has four devices."""
    environment = {**os.environ, "XLA_FLAGS": FOUR, "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), what],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def agree(found):
    """Each quantity by one device and by several, within its floor and rounding."""
    for name, (one, many, floor) in found.items():
        assert many == pytest.approx(one, rel=ROUNDING, abs=floor + 1e-15, nan_ok=True), name


@pytest.mark.slow
def test_several_devices_find_what_one_finds():
    found, blocks, rungs = told("quick")
    assert blocks > 1
    for each in found.values():
        agree(each)
        assert each["kl"][0] > 1e-4
    (one, error), (many, _) = rungs
    assert many == pytest.approx(one, rel=ROUNDING, abs=error)
    assert one > found["product"]["kl"][0]


@pytest.mark.slow
def test_every_kind_of_law():
    for name, each in told("every").items():
        agree(each)
        assert each["kl"][0] > 1e-5 or name in ("rates that change", "reveals")


@pytest.mark.slow
def test_each_has_a_fair_share_of_memory():
    """Of what grows with the states; what a product takes at a time all have, on one device too."""
    one, many = told("memory")
    assert many["laws"] < 0.3 * one["laws"]
    assert many["push"] < 0.5 * one["push"]
    assert many["rung"] < 0.3 * one["rung"]


def problem(target=None, **fields):
    target = target or RandomTable(2, 3, seed=1)
    return Problem(target, Uniform(), Tweedie(), grids.even(1.0, 0.5, 2), **fields)


def test_one_device_is_the_run_as_it_is():
    one = problem(engine=Enumerated())
    assert measure(one) == measure(problem())
    assert Problem.from_spec(one.spec()) == one
    assert one.spec()["engine"] == {"name": "enumerated", "devices": 1}


def test_devices_that_are_not_there():
    with pytest.raises(ValueError, match=r"4 devices are asked for, \d there: XLA_FLAGS"):
        measure(problem(engine=Enumerated(4)))


def test_devices_that_have_no_equal_share():
    with pytest.raises(ValueError, match=r"4 does not divide 3\^3"):
        problem(RandomTable(3, 3, seed=1), engine=Enumerated(4))
    with pytest.raises(ValueError, match="devices must be at least 1, got 0"):
        Enumerated(0)
    drawn = GumbelDraws(bits=4)
    with pytest.raises(ValueError, match="makes its laws outside of JAX"):
        Problem(
            RandomTable(3, 2, seed=1),
            Absorbing(),
            drawn,
            grids.even_reveal(2),
            start="mask",
            engine=Enumerated(2),
        )


@pytest.mark.parametrize(("tokens", "length", "devices"), [(2, 12, 4), (6, 6, 3), (3, 8, 9)])
def test_blocks_and_cuts_are_divided(tokens, length, devices):
    space = Sequences(tokens, length, devices=devices)
    (first, *_), size = space.blocks(), space.size
    assert size % first.stop == 0
    assert first.stop % (devices * space.product_rows) == 0
    assert tokens**space.cut % devices == 0


def test_the_rung_is_measured_on_more_states():
    assert [most_states(n) for n in (1, 4, 16)] == [256, 512, 1024]
