"""What holds for every law, noise and grid, on random ones."""

import dataclasses
import json
import math
import tempfile
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path

import generic
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from harness import Problem, complexity, grids, measure, output_law
from harness.foundation import registry
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.numerics import divergence
from harness.process.truth import on_sequences
from harness.quantities import Quantities
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from harness.space import Sequences
from harness.studies import ledger
from harness.verdicts import rates
from harness.verdicts.rates import Label, local_slopes, trailing_resolved
from toy_targets import PottsRing, RandomTable, Table

registry.load()
SPACES = [Sequences(2, 3), Sequences(3, 2)]
SAMPLERS = generic.SAMPLERS
IDS = {"ids": registry.label}


def examples(number: int) -> settings:
    """The same examples in every run; a first one may compile."""
    return settings(max_examples=number, derandomize=True, deadline=None, database=None)


# Random laws, noises and grids.

positive = st.floats(0.05, 1.0)
weights = st.one_of(positive, positive, st.sampled_from([0.0, 1e-12]))


@st.composite
def laws(draw, size: int) -> np.ndarray:
    """Laws with zeros and rare outcomes among common ones."""
    law = np.array(draw(st.lists(weights, min_size=size, max_size=size)))
    law[draw(st.integers(0, size - 1))] += 1.0
    return law / law.sum()


@st.composite
def generators(draw, tokens: int) -> RateMatrix:
    """Irreducible: every token leads to the next one; other rates may be 0."""
    rates = np.array(draw(st.lists(weights, min_size=tokens**2, max_size=tokens**2)))
    rates = rates.reshape(tokens, tokens) + 0.1 * np.roll(np.eye(tokens), 1, axis=1)
    np.fill_diagonal(rates, 0.0)
    return RateMatrix(rates - np.diag(rates.sum(1)))


@st.composite
def customs(draw) -> grids.Grid:
    """One to four steps, the last perhaps down to 0."""
    steps = draw(st.lists(st.floats(0.02, 0.8), min_size=1, max_size=4))
    stop = draw(st.one_of(st.just(0.0), st.floats(0.01, 0.5)))
    return grids.custom(tuple(stop + math.fsum(steps[k:]) for k in range(len(steps) + 1)))


@st.composite
def problems(draw, sampler) -> Problem:
    space = draw(st.sampled_from(SPACES))
    return Problem(
        Table(draw(laws(space.size)).reshape(space.shape)),
        draw(generators(space.tokens)),
        sampler,
        draw(customs()),
        start=draw(st.sampled_from(["noise", "exact"])),
    )


# The ladder.


@pytest.mark.parametrize("sampler", SAMPLERS, **IDS)
def test_laws_and_the_ladder(sampler):
    @examples(24)
    @given(problems(sampler))
    def check(problem):
        law, m = output_law(problem), measure(problem)
        assert law.min() >= 0
        assert law.sum() + m.lost_mass == pytest.approx(1, abs=1e-12)
        assert (m.lost_mass > 0) <= (sampler == TauLeaping("lose"))
        assert 0 <= m.kl <= m.chain_kl * (1 + 1e-12) + m.chain_floor + m.floor
        if not math.isnan(m.path_kl):
            assert m.chain_kl <= m.path_kl * (1 + 1e-9) + m.path_floor + m.chain_floor
        if sampler == FrozenScore():
            assert not math.isnan(m.path_kl)
        else:
            parts = m.start_kl + m.factorisation_kl + m.marginal_kl
            assert m.chain_kl == pytest.approx(parts, rel=1e-13)
            assert m.factorisation_kl >= -m.chain_floor
            assert m.marginal_kl >= 0
            assert len(m.step_factorisation) == problem.grid.steps
        if sampler == Tweedie():
            assert m.marginal_kl < 1e-12 * problem.grid.steps  # exact token marginals
        assert (m.start_kl == 0) >= (problem.start == "exact")
        assert m.score_error == 0
        above, error = Quantities(problem).differential
        if sampler.claims.rates_in_step is None and sampler != FrozenScore():
            assert math.isnan(above)
        elif not math.isnan(above):  # it is where Euler was clipped
            assert m.kl <= above + error + m.floor

    check()


def inequalities(q, p, lost):
    """Relations between the five divergences; ``p`` may have lost mass."""
    names = ("kl", "reverse_kl", "tv", "chi2", "hellinger")
    kl, reverse, tv, chi2, hellinger = (getattr(divergence, n)(q, p, lost) for n in names)
    room = 1 + 1e-12
    assert 0 <= tv <= room
    assert tv <= math.sqrt(kl / 2) * room + 1e-15
    assert hellinger**2 <= tv * room + 1e-15
    assert tv <= hellinger * math.sqrt(2 - hellinger**2) * room + 1e-15
    assert 2 * hellinger**2 <= kl * room + 1e-15
    assert reverse <= chi2 * room + 1e-15
    if math.isfinite(chi2):
        assert reverse <= math.log1p(chi2) * room + 1e-15
        assert 4 * tv**2 <= chi2 * room + 1e-15
    else:
        assert reverse == math.inf


@examples(100)
@given(laws(8), laws(8), st.sampled_from([0.0, 1e-9, 0.3]))
def test_divergences_are_ordered(q, p, lost):
    inequalities(q, p * (1 - lost), lost)
    inequalities(q, q * (1 - lost), lost)
    for name in ("kl", "reverse_kl", "tv", "chi2", "hellinger"):
        assert getattr(divergence, name)(q, q) == 0
    assert divergence.tv(q, p) == pytest.approx(divergence.tv(p, q), rel=1e-12)
    assert divergence.hellinger(q, p) == pytest.approx(divergence.hellinger(p, q), rel=1e-12)
    assert divergence.reverse_kl(q, p) == pytest.approx(divergence.kl(p, q), rel=1e-12)


# KL to every digit.


def exact_kl(q, p, lost):
    """``KL`` of the floats given, each side scaled to sum to one, with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        q, p = ([Decimal(float(entry)) for entry in law] for law in (q, p))
        q_sum, p_sum = sum(q), sum(p) + Decimal(lost)
        pairs = [(a / q_sum, b / p_sum) for a, b in zip(q, p, strict=True) if a]
        return float(sum(a * (a / b).ln() for a, b in pairs))


def agrees(q, p, lost=0.0):
    want = exact_kl(q, p, lost)
    tolerance = 1e-12 * want + 1e-14 * math.sqrt(want) + 1e-28
    assert divergence.kl(q, p, lost) == pytest.approx(want, rel=0, abs=tolerance)
    return want


@examples(150)
@given(
    laws(9),
    st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    st.floats(-10.5, 0.0),
    st.sampled_from([0.0, 0.0, 1e-20, 1e-6, 0.2]),
    st.booleans(),
)
def test_kl_has_all_its_digits(q, tilt, log_size, lost, visits):
    """From 1e-20 to 1, where q has zeros that p visits or not, and where mass is lost."""
    p = q * np.exp(10**log_size * np.array(tilt))
    if visits:
        p[q == 0] = 10 ** (2 * log_size)
    agrees(q, p / p.sum() * (1 - lost), lost)


@pytest.mark.parametrize("size", [1e-10, 1e-6, 1e-3, 0.0099, 0.0101, 0.02, 0.1, 0.51, 0.999999])
@pytest.mark.parametrize("cells", [2, 10, 1000])
def test_kl_of_a_relative_change_of_every_entry(cells, size):
    """Also just above the switch from the series, where ``log p - log q`` has few digits left."""
    rng = np.random.default_rng(cells)
    for _ in range(10):
        q = np.repeat(rng.dirichlet(np.ones(cells // 2)) / 2, 2)
        agrees(q, q * np.tile([1 + size, 1 - size], cells // 2))


def test_kl_where_it_is_extreme():
    assert agrees([1e-300, 1.0], [1.0, 1e-300]) == pytest.approx(300 * math.log(10))
    assert agrees([0.5, 0.5], [1e-17, 1.0]) > 18
    assert agrees([1.0, 0.0], [1.0, 1e-25]) == pytest.approx(1e-25)
    assert agrees([1.0, 0.0], [1 - 2**-53, 0.0], lost=2.0**-53) == pytest.approx(2.0**-53)
    assert divergence.kl([0.5, 0.5], [1.0, 0.0]) == math.inf


@examples(60)
@given(laws(6), laws(6), st.floats(0.0, 2.0))
def test_bregman_is_positive_and_homogeneous(a, c, scale):
    gap = divergence.bregman(a, c)
    assert (gap >= 0).all()
    np.testing.assert_array_equal(divergence.bregman(a, a), 0)
    finite = np.isfinite(gap)
    assert (finite | (c == 0)).all()
    scaled = divergence.bregman(scale * a[finite], scale * c[finite])
    if scale > 1e-100:
        np.testing.assert_allclose(scaled, scale * gap[finite], rtol=1e-9, atol=1e-28)


# The forward process.


def kernels(noise, tokens, *times):
    with jax.enable_x64(True):
        return [np.asarray(noise.kernel(t, tokens)) for t in times]


def moved(space, law, kernel):
    """``law`` with every token moved by ``kernel``: an independent route."""
    law = law.reshape(space.shape)
    for axis in range(space.length):
        law = np.moveaxis(np.tensordot(kernel, law, (0, axis)), 0, axis)
    return law.reshape(-1)


@examples(40)
@given(st.sampled_from(SPACES), st.data(), st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_marginals_are_a_semigroup(space, data, t, u):
    law = data.draw(laws(space.size)).reshape(space.shape)
    noise = data.draw(generators(space.tokens))
    problem = Problem(Table(law), noise, Tweedie(), grids.even(1.0, 0.1, 1))
    q = problem.marginal(t + u)
    assert q.min() >= 0
    assert q.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(
        q, moved(space, problem.marginal(t), problem.kernel(u)), rtol=1e-13, atol=1e-30
    )
    dense = moved(space, law, expm((t + u) * np.array(noise.rows)))
    np.testing.assert_allclose(q, dense, atol=1e-14)
    np.testing.assert_array_equal(problem.marginal(0.0), problem.data_law)


@examples(40)
@given(generators(3), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_kernels(noise, t, u):
    P_t, P_u, P = (problem_kernel(noise, time) for time in (t, u, t + u))
    for kernel in (P_t, P_u, P):
        assert kernel.min() >= 0
        np.testing.assert_allclose(kernel.sum(1), 1, rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(P_t @ P_u, P, rtol=1e-13, atol=1e-30)
    np.testing.assert_allclose(P, expm((t + u) * np.array(noise.rows)), rtol=1e-10, atol=1e-15)
    pi = noise.stationary(3)
    assert pi.min() > 0
    assert pi.sum() == pytest.approx(1, rel=1e-15)
    np.testing.assert_allclose(pi @ np.array(noise.rows), 0, atol=1e-15)
    np.testing.assert_allclose(pi @ P, pi, rtol=1e-13)


def problem_kernel(noise, t):
    """The compiled kernel, as problems use it."""
    law = np.full((3, 3), 1 / 9)
    return Problem(Table(law), noise, Tweedie(), grids.even(1.0, 0.1, 1)).kernel(t)


@pytest.mark.parametrize("tokens", [2, 3, 7])
@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk()], **IDS)
def test_kernels_of_named_noises(noise, tokens):
    with jax.enable_x64(True):
        R = np.asarray(noise.rate_matrix(tokens))
    np.testing.assert_allclose(R.sum(1), 0, atol=1e-15)
    np.testing.assert_allclose(np.diag(R), 1 / tokens - 1 if noise == Uniform() else -1)
    for t, kernel in zip((1e-9, 0.3, 40.0), kernels(noise, tokens, 1e-9, 0.3, 40.0), strict=True):
        np.testing.assert_allclose(kernel, expm(t * R), rtol=1e-12, atol=1e-17)
        np.testing.assert_allclose(kernel, kernel.T, rtol=1e-13)
    np.testing.assert_allclose(kernels(noise, tokens, 0.0)[0], np.eye(tokens), atol=0)
    np.testing.assert_allclose(noise.stationary(tokens), 1 / tokens, rtol=1e-15)


def test_a_kernel_keeps_the_digits_of_small_entries():
    """From 0 to 3 in three jumps of a one-way walk: ``(1e-4)³/6`` to full relative precision."""
    walk = RateMatrix(np.roll(np.eye(4), 1, axis=1) - np.eye(4))
    (kernel,) = kernels(walk, 4, 1e-4)
    want = math.exp(-1e-4) * math.fsum(1e-4**k / math.factorial(k) for k in (3, 7))
    assert kernel[0, 3] == pytest.approx(want, rel=1e-14)


def test_stationary_laws_with_rare_tokens():
    """Detailed balance of two tokens: ``1e-12`` to full relative precision."""
    law = RateMatrix([[-1e-12, 1e-12], [1.0, -1.0]]).stationary(2)
    assert law[1] == pytest.approx(1e-12 / (1 + 1e-12), rel=1e-14)


@examples(30)
@given(st.sampled_from(SPACES), st.data(), st.floats(0.05, 2.0))
def test_information_is_positive_and_falls_with_noise(space, data, t):
    law = data.draw(laws(space.size))
    target = Table(law.reshape(space.shape))
    problem = Problem(target, data.draw(generators(space.tokens)), Tweedie(), grids.even(1, 0.1, 1))
    tc = [on_sequences.total_correlation(space, q) for q in (problem.data_law, problem.marginal(t))]
    dtc = [
        on_sequences.dual_total_correlation(space, q)
        for q in (problem.data_law, problem.marginal(t))
    ]
    assert -1e-14 < tc[1] < tc[0] + 1e-14
    assert -1e-14 < dtc[1] < dtc[0] + 1e-14


# Grids.


@examples(60)
@given(st.floats(1.5, 20.0), st.floats(1e-6, 1.2), st.integers(1, 400))
def test_geometric_grids_of_given_length(start, stop, steps):
    grid = grids.geometric(start, stop, kappa=0.5).with_steps(steps)
    assert (grid.steps, grid.start, grid.stop) == (steps, start, stop)
    kappa = dict(grid.recipe)["kappa"]
    assert grid.kappa == pytest.approx(kappa, rel=1e-8)
    assert grids.from_spec(grid.spec()) == grid
    assert grid.with_steps(steps) == grid


@examples(60)
@given(st.floats(1.5, 20.0), st.floats(1e-6, 1.2), st.floats(0.01, 2.0))
def test_geometric_grids_of_given_kappa(start, stop, kappa):
    grid = grids.geometric(start, stop, kappa)
    assert (grid.start, grid.stop, grid.told) == (start, stop, None)
    steps = grid.intervals()
    assert [(t - s) / min(1, s) for t, s in steps[1:]] == pytest.approx([kappa] * (len(steps) - 1))
    assert grid.kappa <= kappa * (1 + 1e-9)
    assert grid.max_step <= kappa * max(1, start) * (1 + 1e-9)
    assert grids.from_spec(json.loads(json.dumps(grid.spec()))) == grid


@examples(40)
@given(st.floats(0.5, 20.0), st.floats(0.0, 0.4), st.integers(1, 50), st.integers(1, 50))
def test_even_grids(start, stop, steps, others):
    grid = grids.even(start, stop, steps).with_steps(others)
    assert grid == grids.even(start, stop, others)
    lengths = [t - s for t, s in grid.intervals()]
    assert lengths == pytest.approx([(start - stop) / others] * others)
    assert grid.told_steps() == tuple(lengths)
    assert grid.max_step == max(lengths)
    assert grid.kappa == (math.inf if stop == 0 else pytest.approx(lengths[0] / min(1, stop)))


@examples(40)
@given(customs(), st.floats(0.1, 3.0))
def test_schedules_change_the_clock(times, speed):
    """Noise time ``speed τ²``: the true step is a difference of it, the told one a rate."""

    def clock(tau):
        return speed * tau * tau

    exact = grids.from_schedule(clock, times.times)
    left = grids.from_schedule(clock, times.times, rate_rule="left")
    assert exact.told is None
    assert exact.times == left.times == pytest.approx([speed * tau**2 for tau in times.times])
    want = [2 * speed * a * (a - b) for a, b in pairwise(times.times)]
    assert left.told == pytest.approx(want, rel=1e-12)
    assert left.told_steps() == left.told
    assert grids.from_spec(left.spec()) == left


# Specs and scores.

NOISES = [Uniform(), CyclicWalk()]
GRIDS = [
    grids.even(3.0, 0.1, 4),
    grids.geometric(3.0, 0.1, 0.3),
    grids.custom((2.0, 1.0, 0.0)),
    grids.custom((2.0, 1.0, 0.0), told=(0.9, 1.1)),
]
SCORES = [Exact(), Perturbed(0.3, seed=2), Perturbed(score_error=0.05)]


@pytest.mark.parametrize("target", registry.targets.values(), ids=lambda cls: cls.name)
def test_problems_round_trip_through_their_spec(target):
    target = target.example()
    tokens, classes = target.space.tokens, bool(target.space.class_sizes)
    ring = RateMatrix(np.roll(np.eye(tokens), 1, axis=1) - np.eye(tokens))
    for k, sampler in enumerate(SAMPLERS):
        if classes and sampler.claims.adds_values:
            continue
        for noise in (Uniform(),) if classes else (*NOISES, ring):
            problem = Problem(
                target, noise, sampler, GRIDS[k % 4], SCORES[k % 3], ("noise", "exact")[k % 2]
            )
            again = Problem.from_spec(json.loads(json.dumps(problem.spec())))
            assert again == problem
            assert hash(again) == hash(problem)
            assert again.spec() == problem.spec()
            assert len({problem, again, dataclasses.replace(problem, max_states=10**6)}) == 2


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_perturbed_score_has_the_error_that_was_asked_for(space):
    @examples(30)
    @given(
        laws(space.size),
        generators(space.tokens),
        customs(),
        st.floats(-12, 0.5),
        st.integers(0, 99),
    )
    def check(law, noise, grid, log_error, seed):
        wanted = 10**log_error
        problem = Problem(
            Table(law.reshape(space.shape)),
            noise,
            Tweedie(),
            grid,
            Perturbed(score_error=wanted, seed=seed),
            start="exact",
        )
        assert measure(problem, output_only=True).score_error == pytest.approx(wanted, rel=1e-7)

    check()


def test_no_score_error_is_the_exact_score():
    score = Perturbed(score_error=0)
    problem = Problem(RandomTable(3, 2, 1), Uniform(), Tweedie(), GRIDS[0], score)
    np.testing.assert_array_equal(
        output_law(problem), output_law(dataclasses.replace(problem, score=Perturbed(size=0.0)))
    )
    exact = output_law(dataclasses.replace(problem, score=Exact()))
    np.testing.assert_allclose(output_law(problem), exact, rtol=1e-14)


# The store.

KEYS = ("case", "value")
numbers = st.one_of(
    st.floats(-1e9, 1e9), st.floats(1e-290, 1e290), st.sampled_from([math.inf, 0.0, 3.0])
)
cases = st.dictionaries(
    st.tuples(st.sampled_from(["a b", 'quoted "x", y', "τ"]), st.sampled_from([1.0, 16.0, 1e-3])),
    st.fixed_dictionaries({"kl": numbers, "status": st.sampled_from(["HOLDS", "VACUOUS"])}),
    min_size=1,
)


def rows_of(table):
    return [
        {"case": case, "value": value, "kl": cells["kl"], "status": cells["status"]}
        for (case, value), cells in table.items()
    ]


@examples(25)
@given(cases, st.data())
def test_rows_round_trip(table, data):
    rows = rows_of(table)
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "made", "rows.csv"), Path(folder, "again.csv")
        ledger.write(path, data.draw(st.permutations(rows)), KEYS)
        read = ledger.read(path)
        assert ledger.differences(rows, read, KEYS) == []
        assert len(read) == len(rows)
        order = [(row["case"], row["value"]) for row in read]
        assert order == sorted(order)
        # Another machine's rounding leaves the file as it is.
        noisy = [{**row, "kl": row["kl"] * (1 + 1e-10)} for row in rows]
        assert ledger.differences(noisy, read, KEYS) == []
        ledger.write(again, ledger.merged(noisy, read, KEYS), KEYS)
        assert again.read_bytes() == path.read_bytes()


@examples(20)
@given(cases, st.data())
def test_differences_are_found_in_either_direction(table, data):
    rows = rows_of(table)
    with tempfile.TemporaryDirectory() as folder:
        ledger.write(Path(folder, "rows.csv"), rows, KEYS)
        read = ledger.read(Path(folder, "rows.csv"))
    one = data.draw(st.integers(0, len(rows) - 1))
    rest = rows[:one] + rows[one + 1 :]
    name = f"{rows[one]['case']} | "
    (line,) = ledger.differences(rest, read, KEYS)
    assert line.startswith(name)
    assert line.endswith(": in the ledger, but not computed")
    (line,) = ledger.differences(rows, ledger.merged(rest, rest, KEYS), KEYS)
    assert line.startswith(name)
    assert line.endswith(": not in the ledger")
    changed = {**rows[one], "kl": rows[one]["kl"] * (1 + 1e-6) + 1e-300, "status": "VIOLATED"}
    lines = ledger.differences([*rest, changed], read, KEYS)
    status = [line for line in lines if ": status is VIOLATED, the ledger has" in line]
    assert len(status) == 1
    if abs(rows[one]["kl"]) not in (0.0, math.inf) and abs(rows[one]["kl"]) > 1e-280:
        assert len(lines) == 2
        merged = ledger.merged([changed], rows, KEYS)
        assert merged == [changed]
        forgiven = {**changed, ledger.FLOORS: {"kl": abs(rows[one]["kl"]) * 2e-6}}
        assert ledger.differences([*rest, forgiven], read, KEYS) == status


def test_a_missing_file_has_no_rows():
    assert ledger.read(Path("no", "such", "rows.csv")) == []


@pytest.mark.parametrize(
    ("value", "stored", "floor", "same"),
    [
        (1.0, 1.0 + 9e-9, 0, True),
        (1.0, 1.0 + 1e-6, 0, False),
        (1e-20, 2e-20, 1e-19, True),
        (1e-20, 2e-20, 0, False),
        (math.inf, math.inf, 0, True),
        (math.inf, 1e300, 0, False),
        (math.nan, math.nan, 0, True),
        ("HOLDS", "HOLDS", 0, True),
        ("HOLDS", "holds", 1, False),
        (True, 1.0, 1, False),
        (0.0, 0.0, 0, True),
        (0.0, 1e-30, 0, False),
        ("", 0.0, 1, False),
    ],
)
def test_when_a_value_agrees(value, stored, floor, same):
    assert ledger.agree(value, stored, floor) is same


# Rates.


def steps(number, ratio):
    return [ratio**-k for k in range(number)]


@examples(60)
@given(st.floats(-3, 3), st.floats(1.2, 10), st.integers(3, 8), st.floats(1e-9, 1e9))
def test_a_power_law_has_its_slope_whatever_the_step_ratio(order, ratio, number, constant):
    """Signed, so that a growing error is a negative order; in either direction along the axis."""
    h = steps(number, ratio)
    y = [constant * a**order for a in h]
    for xs, ys in ((h, y), (h[::-1], y[::-1])):
        slopes = local_slopes(xs, ys)
        assert [s.value for s in slopes] == pytest.approx([order] * (number - 1), abs=1e-9)
        assert {s.label for s in slopes} == {Label.RESOLVED}
        assert trailing_resolved(slopes) == slopes
        assert [(s.low, s.high) for s in slopes] == list(pairwise(xs))
    assert [s.value for s in local_slopes([1 / a for a in h], y)] == pytest.approx(
        [-order] * (number - 1), abs=1e-9
    )


def labels(x, y, floor=None):
    return "".join(s.label[0] for s in local_slopes(x, y, floor))


def test_a_slope_that_still_changes_is_pre_asymptotic():
    h = steps(8, 2)
    y = [a**2 + 0.3 * a for a in h]  # order 2 turns into 1
    assert labels(h, y) == "ppprrrr"
    slopes = trailing_resolved(local_slopes(h, y))
    assert [slope.low for slope in slopes] == h[3:7]
    assert slopes[-1].value == pytest.approx(1, abs=0.05)


def test_slopes_stop_at_the_floor():
    """A square that sinks into rounding of 1e-9: what is left above it is resolved."""
    h = steps(10, 4)
    y = [a**2 + 1e-9 for a in h]
    slopes = local_slopes(h, y, [1e-9] * 10)
    assert [s.label for s in slopes] == [Label.RESOLVED] * 5 + [Label.AT_FLOOR] * 4
    assert trailing_resolved(slopes) == slopes[:5]
    assert slopes[0].error == pytest.approx((1e-9 + 16e-9) / math.log(4))


def test_points_without_a_logarithm_are_at_the_floor():
    x = [1.0, 2.0, 4.0, 8.0, 16.0]
    for nothing in (0.0, math.inf, math.nan, -1.0):
        slopes = local_slopes(x, [1.0, 2.0, 4.0, nothing, 16.0])
        assert "".join(s.label[0] for s in slopes) == "rraa"
        assert math.isnan(slopes[2].value)


def test_a_slope_is_compared_with_its_neighbours_only():
    """Not with one at the floor, and not with the last one because it is the first."""
    assert labels([1, 2, 4, 8, 16, 32], [1, 4, 0, 0, 1, 4]) == "paaap"
    assert labels([1, 2], [1, 4]) == "p"
    assert labels([1, 2, 4, 8, 16], [1, 2, 4, 8, 8]) == "rrpp"  # with the next one, if it can


def test_a_trailing_run_is_unbroken():
    slopes = local_slopes([1, 2, 4, 8, 16, 32, 64], [1, 2, 4, 16, 64, 128, 256])
    assert "".join(s.label[0] for s in slopes) == "rprprr"
    assert trailing_resolved(slopes) == slopes[-2:]
    assert trailing_resolved([]) == []


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2, 3], [1, 2], "x, y, floor must have one length, got 3, 2, 2"),
        ([1, 0], [1, 2], r"x must be finite and positive, got \[1, 0\]"),
        ([1, 3, 2], [1, 2, 3], r"x must be strictly monotone, got \[1, 3, 2\]"),
        ([1, 1, 2], [1, 2, 3], r"x must be strictly monotone, got \[1, 1, 2\]"),
    ],
)
def test_axes_that_are_none(x, y, message):
    with pytest.raises(ValueError, match=message):
        local_slopes(x, y)


def test_labels_need_a_share_of_the_floor():
    assert rates.FLOOR_SHARE < rates.GROWTH < rates.SETTLED


# Step counts.


@pytest.mark.parametrize("kl", [0.1, 0.01, 0.002])
@pytest.mark.parametrize(
    "grid", [grids.even(3.0, 0.3, 1), grids.geometric(3.0, 0.3, 5.0)], ids=["even", "geometric"]
)
def test_steps_to_a_kl_are_the_fewest(grid, kl):
    problem = Problem(PottsRing(3, 2, 1.0, 0.3), Uniform(), Tweedie(), grid, start="exact")
    found = complexity.steps_to(problem, kl)

    def reached(steps):
        return measure(dataclasses.replace(problem, grid=problem.grid.with_steps(steps))).kl

    assert reached(found) <= kl
    assert found == 1 or all(reached(fewer) > kl for fewer in range(1, found))


def test_steps_to_a_kl_out_of_reach(monkeypatch):
    monkeypatch.setattr(complexity, "MAX_STEPS", 64)
    problem = Problem(PottsRing(3, 2, 1.0), Uniform(), Tweedie(), grids.even(0.5, 0.3, 1))
    with pytest.raises(ValueError, match=r"0\.001 nats are not reached with 64 steps"):
        complexity.steps_to(problem, 0.001)
