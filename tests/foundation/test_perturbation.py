"""Rounding errors made on purpose: how large they are, and where the source makes them."""

import ast

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.foundation import perturbation
from harness.foundation.perturbation import EPSILON, PLACES, VARIABLE, perturbed
from harness.foundation.precision import float64

LAW = np.array([0.0, 1.0, 0.3, 0.7, 1e-300])
SITES = {
    # Every law, kernel and score of a run.  Who takes a call away, or adds one, says so here.
    "harness.problem.laws.Laws.data_law": "data law",
    "harness.problem.laws.Laws._independent": "start law",
    "harness.problem.laws.Laws._log_independent": "start law",
    "harness.problem.laws.Laws._marginal.<locals>.marginal": "marginal",
    "harness.process.score.Score._spread": "marginal",
    "harness.process.reveal_score.RevealScore.__call__": "score",
    "harness.process.truth.on_sequences.halves": "posterior",
    "harness.process.truth.on_counts.Reversal.__init__": "posterior",
    "harness.process.analytic_score.posterior": "posterior",
    "harness.process.noise.base.Noise.kernel": "kernel",
    "harness.process.noise.base.Noise.reverse_rates": "rates",
    "harness.process.noise.uniform.Uniform.kernel": "kernel",
    "harness.process.noise.uniform.Uniform.arrival": "kernel",
    "harness.process.noise.uniform.Uniform.reverse_rates": "rates",
    "harness.process.noise.uniform.UniformClasses.kernel": "kernel",
    "harness.process.noise.uniform.UniformClasses.arrival": "kernel",
    "harness.process.noise.uniform.UniformClasses.reverse_rates": "rates",
    "harness.process.noise.absorbing.Absorbing.kernel": "kernel",
    "harness.process.noise.circulant.Circulant.kernel": "kernel",
    "harness.process.score.Score.exact": "score",
    "harness.process.score.CountScore.table": "score",
    "harness.process.analytic_score.AnalyticScore.__call__": "score",
    "harness.engines.sequences.step_laws.law_of_step": "step law",
    "harness.engines.counts.push.StepLaws._of": "step law",
    "harness.engines.draws.long_sequences._step": "step law",
    "harness.engines.sequences.by_kind.settled": "run law",
    "harness.engines.counts.push.steps": "run law",
}


@pytest.fixture
def seeded(monkeypatch):
    monkeypatch.setattr(perturbation, "HITS", type(perturbation.HITS)())
    return lambda seed: monkeypatch.setenv(VARIABLE, str(seed))


@pytest.mark.parametrize("unset", [True, False])
def test_without_a_seed_nothing_changes(monkeypatch, unset):
    monkeypatch.setenv(VARIABLE, "")
    if unset:
        monkeypatch.delenv(VARIABLE)
    assert perturbed("score", LAW) is LAW
    with float64():
        same = jax.make_jaxpr(lambda p: perturbed("score", p))(LAW)
    assert not same.eqns


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=30),
    st.integers(0, 2**31),
)
def test_errors_are_no_larger_than_they_say(entries, seed):
    law = np.array(entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(seed))
        found = perturbed("step law", law)
        again = perturbed("step law", law)
    np.testing.assert_array_equal(found, again)
    fixed = (law == 0) | (law == 1)
    np.testing.assert_array_equal(found[fixed], law[fixed])
    assert (abs(found - law) <= EPSILON * law + np.spacing(found) / 2).all()
    assert EPSILON == 4 * 2.0**-52


def test_a_law_that_is_off_for_another_reason_has_larger_errors(seeded):
    seeded(3)
    many = np.full(10_000, 0.3)
    change = abs(perturbed("step law", many, beyond=1e-12) / many - 1).max()
    assert 0.9e-12 < change < 1.01e-12


def test_errors_differ_from_entry_to_entry_and_have_no_side(seeded):
    seeded(3)
    many = np.full(10_000, 0.3)
    change = perturbed("score", many) / many - 1
    assert 0.9 * EPSILON < abs(change).max() <= EPSILON * 1.3  # the quotient is rounded too
    assert abs(change.mean()) < EPSILON / 20
    assert len(np.unique(perturbed("score", many))) > 5


def test_seeds_and_places_make_errors_of_their_own(seeded):
    many = np.full(1000, 0.3)
    found = []
    for seed in (1, 2):
        seeded(seed)
        found += [perturbed(place, many) for place in PLACES]
    assert len({each.tobytes() for each in found}) == 2 * len(PLACES)


def test_compiled_functions_make_the_same_errors(seeded):
    seeded(3)
    law = np.random.default_rng(0).random(1000)

    def of_law(p):
        return perturbed("step law", p)

    with float64():
        inside = jax.jit(of_law)(jnp.asarray(law))
        np.testing.assert_array_equal(inside, perturbed("step law", law))
    here = f"{__name__}.test_compiled_functions_make_the_same_errors"
    assert {f"{here}.<locals>.of_law": 1, here: 1} == perturbation.HITS


def test_only_numbers_of_64_bits_change(seeded):
    seeded(3)
    tree = {"index": np.arange(3), "small": np.full(3, 0.3, np.float32), "law": LAW}
    found = perturbed("step law", tree)
    assert found["index"] is tree["index"]
    assert found["small"] is tree["small"]
    assert (found["law"] != LAW).any()


def test_a_place_that_nobody_knows_is_refused(seeded):
    seeded(3)
    with pytest.raises(ValueError, match=r"place must be one of data law, .* got 'scores'"):
        perturbed("scores", LAW)
    assert not perturbation.HITS


def test_every_call_in_the_source_is_known():
    assert perturbation.sites() == SITES
    assert set(SITES.values()) == set(PLACES)


def test_a_call_that_is_taken_away_is_missed():
    for site in SITES:
        module = max(
            (m for m in (site.rsplit(".", k)[0] for k in range(1, 5)) if file_of(m).is_file()),
            key=len,
        )
        source = file_of(module).read_text(encoding="utf-8")
        calls = dict(perturbation.sites_of(module, source))
        assert site in calls
        for line in ast.walk(ast.parse(source)):
            if isinstance(line, ast.Call) and getattr(line.func, "id", "") == "perturbed":
                without = source.replace(str(ast.get_source_segment(source, line)), "None")
                assert len(dict(perturbation.sites_of(module, without))) == len(calls) - 1


def file_of(module):
    return perturbation.PACKAGE.parent / (module.replace(".", "/") + ".py")


@pytest.mark.parametrize(
    ("source", "site", "place"),
    [
        ("def f():\n    perturbed('score', 1)", "m.f", "score"),
        ("class A:\n    def f(self):\n        return g(perturbed('rates', 1))", "m.A.f", "rates"),
        ("def f():\n    def g():\n        perturbed('score', 1)", "m.f.<locals>.g", "score"),
        ("f = lambda p: perturbed('score', p)", "m.<lambda>", "score"),
        ("def f(name):\n    perturbed(name, 1)", "m.f", "name"),
    ],
)
def test_a_site_is_the_function_that_a_call_stands_in(source, site, place):
    assert list(perturbation.sites_of("m", source)) == [(site, place)]


def test_two_calls_in_one_function_are_refused(monkeypatch, tmp_path):
    """They would count as one; so would a place that only the run knows."""
    monkeypatch.setattr(perturbation, "PACKAGE", tmp_path / "mine")
    (tmp_path / "mine").mkdir()
    for call in ("perturbed('score', perturbed('score', p))", "perturbed(p, p)"):
        (tmp_path / "mine" / "a.py").write_text(f"def f(p):\n    return {call}\n")
        with pytest.raises(ValueError, match=r"mine\.a\.f must call perturbed once, with one of"):
            perturbation.sites.__wrapped__()
