"""Where a sampler stands: the kept numbers are those measured, and factors are read off rightly."""

import pytest
from outside.implicit_euler import ImplicitEuler

from harness.foundation import registry
from harness.regress import standing
from harness.regress.standing import Point
from harness.samplers import TauLeaping

registry.load()
KEPT = standing.kept()


def test_every_built_in_sampler_that_does_a_job_is_kept():
    able = {name for name, cls in registry.samplers.items() if standing.job_of(cls())}
    assert {point.sampler for point in KEPT} == able
    assert len(KEPT) == 3 * len(standing.TARGETS) * len(able)


@pytest.mark.parametrize("name", ["tau_leaping", "first_hitting"])
def test_what_is_kept_is_what_is_measured(name):
    sampler = registry.samplers[name]()
    job = standing.job_of(sampler)
    assert job is not None
    mine = [point for point in KEPT if point.sampler == name]
    for target in ("chain", "parity"):
        found = standing.point(sampler, job, target, job.steps[0])
        kept = next(point for point in mine if point.target == target)
        assert (kept.job, kept.calls) == (found.job, pytest.approx(found.calls, rel=1e-8))
        assert kept.kl == pytest.approx(found.kl, rel=1e-5, abs=1e-30)


@pytest.mark.slow
def test_all_that_is_kept_is_what_is_measured():
    found = list(standing.measured(sorted(registry.samplers)))
    for mine, kept in zip(found, KEPT, strict=True):
        assert (mine.job, mine.sampler, mine.target) == (kept.job, kept.sampler, kept.target)
        assert mine.kl == pytest.approx(kept.kl, rel=1e-5, abs=1e-30)


def curve(*points):
    return [Point("job", "other", "chain", calls, kl) for calls, kl in points]


def test_a_kl_is_read_between_points_in_log_log():
    found = curve((10, 1e-2), (1000, 1e-6))
    assert standing.at(found, 100) == pytest.approx(1e-4)
    assert standing.at(found, 5) is None
    assert standing.at(found, 4000) == 1e-6  # it may take fewer calls
    assert standing.at(curve((3, 0.0)), 8) == 0
    assert standing.at(curve((3, 0.1), (8, 0.0)), 5) is None


def test_better_and_worse_are_told_by_factor_and_target():
    title, own, *others = standing.lines(ImplicitEuler())
    assert title.startswith("where it stands: output KL at 64 expected score calls")
    assert own.startswith("  ImplicitEuler: chain ")
    told = dict(line.removeprefix("  beside ").split(": ", 1) for line in others)
    assert "tweedie" in told
    assert told["uniformization"].startswith("worse on chain, ring with a field, ")
    assert "where that one has no error; it takes 15.1 score calls" in told["uniformization"]
    assert told["theta_rk2"].startswith("better on chain (1.99 times)")
    # The one-jump rule beside itself: left out.  By another rule: beside it.
    beside = [line for line in standing.lines(TauLeaping()) if "beside tau_leaping" in line]
    assert not beside
