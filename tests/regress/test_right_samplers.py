"""Samplers that are right in ways of their own pass; the same ones with a mistake do not."""

import dataclasses

import numpy as np
import pytest
from outside.differences import HidesByDifference, StaysByDifference
from outside.redraw import Redraw
from outside.scans import LeftToRight, Scan
from teeth.right_samplers.in_other_words import ByNumpy
from teeth.right_samplers.of_any_noise import HalvesAtRandom

from harness import grids, measure
from harness.claims import Trait
from harness.foundation.registry import label
from harness.law import rounding
from harness.noise import Absorbing, Uniform
from harness.problem import Problem
from harness.regress import bank, checks_of, run
from harness.samplers import Euler, TauLeaping
from toy_targets import CurieWeiss

VANISHES, EVERYWHERE = "KL goes to 0 with the step", "KL goes to 0 from noise to data"
AT_THE_DATA = "KL goes to 0 up to the data themselves"
LONGEST = (Scan(), Redraw(), StaysByDifference(), HidesByDifference())
ACCOUNTS = "accounts for all probability"
AS_TWEEDIE = ("theorem total_correlation", "theorem explicit_dtc", "theorem early_stopping")
"""Enough theorems where the law is that of Tweedie to rounding: all are tried on that."""


@pytest.mark.parametrize(
    "sampler",
    [
        pytest.param(LeftToRight(), marks=pytest.mark.slow),
        *(pytest.param(each, marks=pytest.mark.slow) for each in LONGEST),
    ],
    ids=label,
)
def test_a_right_sampler_passes(sampler):
    checks = checks_of(sampler)
    if isinstance(sampler, StaysByDifference | HidesByDifference):
        checks = {n: c for n, c in checks.items() if n[:8] != "theorem " or n in AS_TWEEDIE}
    found = [run(name, check) for name, check in checks.items()]
    assert not [str(check) for check in found if check.passed is False]
    assert sum(check.passed is True for check in found) >= 10


@dataclasses.dataclass(frozen=True)
class ScaledRates:
    """One-jump τ-leaping with rates off by ``1 + bias``."""

    bias: float
    claims = TauLeaping().claims

    def step(self, score, noise, x, t, s):
        return TauLeaping().step(lambda u, y: (1 + self.bias) * score(u, y), noise, x, t, s)


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (Scan(skipped=1), VANISHES),
        (LeftToRight(at_once=2), VANISHES),
        (LeftToRight(at_once=2), "output order at least as claimed"),
        (Redraw(power=1.001), VANISHES),
        (Redraw(power=1.001), EVERYWHERE),
        (StaysByDifference(error=1e-9), ACCOUNTS),
        (StaysByDifference(error=1e-3), VANISHES),
        (HidesByDifference(error=1e-9), AT_THE_DATA),  # where nothing stays hidden
        (HidesByDifference(error=-1e-3), VANISHES),
        (ScaledRates(2e-4), VANISHES),
        (ScaledRates(2e-4), EVERYWHERE),
        (ScaledRates(-2e-4), VANISHES),
    ],
    ids=lambda each: label(each) if dataclasses.is_dataclass(each) else each,
)
def test_a_wrong_one_is_caught(wrong, check):
    found = run(check, checks_of(wrong)[check])
    assert found.passed is False, found
    assert not found.number.endswith("Error") or found.number == "FloatingPointError", found


@pytest.mark.parametrize(
    "sampler", [StaysByDifference(error=1e-40), HidesByDifference(error=1e-40)], ids=label
)
def test_what_is_left_would_be_refused_but_for_rounding(sampler, monkeypatch):
    """The differences are below 0 somewhere: it is the tolerance that lets them pass."""
    monkeypatch.setattr(rounding, "ROUNDING", 0.0)  # a sampler of another value is compiled anew
    grid = grids.even(2.0, 0.0, steps=12)  # no mask stays one in the last step
    with pytest.raises(FloatingPointError, match=r"no negative entry; .* smallest -"):
        measure(bank.problem(sampler, bank.ONE_WAY, grid, Absorbing()))


def test_a_chain_kl_that_is_infinite_is_called_so():
    """No step moves an even and an odd token, as the truth may: no order, not an unresolved one."""

    @dataclasses.dataclass(frozen=True)
    class SaysOne:
        claims = dataclasses.replace(HalvesAtRandom.claims, chain_order=1)
        step = HalvesAtRandom.step

    found = run("order", checks_of(SaysOne())["chain order at least as claimed"])
    assert found.passed is False
    assert found.number.startswith("inf nats (uniform noise)")
    assert "the truth goes where the sampler does not" in found.reason


# Positions alike: a trait that counts need.


@pytest.mark.parametrize(("engine", "length"), [("counts", 5), ("auto", 40)])
def test_counts_need_positions_alike(engine, length):
    target, grid = CurieWeiss(length, 1.0), grids.even(2.0, 0.1, steps=4)
    with pytest.raises(
        ValueError, match="counts need a sampler that treats positions alike, which"
    ):
        Problem(target, Uniform(), Scan(), grid, engine=engine)
    alike = Problem(target, Uniform(), Euler(), grid, engine=engine)
    assert alike.space == alike.counts


def test_a_scan_of_few_sequences_is_taken_by_sequences():
    """Where a sampler that treats positions alike is taken by counts."""
    target, grid = CurieWeiss(13, 1.0), grids.even(2.0, 0.1, steps=4)
    spaces = [Problem(target, Uniform(), each, grid).space for each in (Scan(), Euler())]
    assert [space.size for space in spaces] == [2**13, 14]


@pytest.mark.parametrize("sampler", [Scan(), LeftToRight()], ids=label)
def test_a_scan_that_claims_positions_alike_is_caught(sampler):
    @dataclasses.dataclass(frozen=True)
    class Claims:
        claims = dataclasses.replace(
            sampler.claims, traits=sampler.claims.traits | {Trait.POSITIONS_ALIKE}
        )

        def step(self, *given):
            return sampler.step(*given)

    name = f"has the trait: {Trait.POSITIONS_ALIKE}"
    found = run(name, checks_of(Claims())[name])
    assert found.passed is False
    assert "under a permutation of positions" in found.reason


# Steps that are made on the host, which nothing traces.


@dataclasses.dataclass(frozen=True)
class Shaken:
    """A law on the host that is another in every call."""

    claims = ByNumpy.claims
    draws = np.random.default_rng(0)

    def step(self, score, noise, x, t, s):
        return ByNumpy().step(
            lambda u, y: self.draws.uniform(0.9, 1.1) * score(u, y), noise, x, t, s
        )


def test_a_step_on_the_host_is_called_and_not_traced():
    for sampler, same in ((ByNumpy(), True), (Shaken(), False)):
        checks = checks_of(sampler)
        assert run("contract", checks["keeps the contract"]).passed
        assert run("again", checks["is deterministic"]).passed is same
