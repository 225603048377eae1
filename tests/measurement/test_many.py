"""Many problems at once: equal to one by one, in any mixture, whatever is wrong with some."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import pytest

from harness import MonteCarlo, Problem, grids, measure, measure_many
from harness.measurement import many
from harness.noise import Uniform
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from toy_targets import CurieWeiss, RandomTable, Table, TwoBeliefs


@dataclass(frozen=True)
class Tender:
    """Euler whose law breaks down, from ``t < 0.6`` on, where the first state is rarer than 0.1."""

    claims = Euler.claims

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        rare = score.data_law[0] < 0.1
        return replace(law, p=jnp.where(rare & (t < 0.6), 2.0 * law.p, law.p))


def tables(sampler, seeds, steps=8, length=2):
    grid = grids.even(2.0, 0.2, steps)
    return [Problem(RandomTable(2, length, seed), Uniform(), sampler, grid) for seed in seeds]


def same(found, wanted):
    for name, floor in wanted.floors.items():
        values = getattr(found, name), getattr(wanted, name)
        np.testing.assert_allclose(*values, rtol=1e-12, atol=2 * floor, err_msg=name)
    assert found.reasons == wanted.reasons
    assert found.floors.keys() == wanted.floors.keys()


def test_a_mixture_of_shapes_in_any_order():
    mixed = [
        *tables(Tweedie(), range(40)),
        *tables(FrozenScore(), range(17)),
        *tables(Euler(), range(5), length=3),
        *tables(Tweedie(), range(20), steps=70),
        Problem(CurieWeiss(8, 0.5), Uniform(), Tweedie(), grids.even(2.0, 0.2, 8), engine="counts"),
    ]
    order = np.random.default_rng(0).permutation(len(mixed))
    problems = [mixed[k] for k in order]
    for problem, found in zip(problems, measure_many(problems), strict=True):
        same(found, measure(problem))


@pytest.mark.parametrize("only", ["output_only", "chain_only"])
def test_parts(only):
    problems = tables(TauLeaping("lose"), range(18))
    for problem, found in zip(problems, measure_many(problems, **{only: True}), strict=True):
        same(found, measure(problem, **{only: True}))


@pytest.mark.parametrize("sampler", [Tweedie(), FrozenScore(), TauLeaping("lose")], ids=repr)
def test_problems_of_one_shape_are_one_call(sampler, monkeypatch):
    """Whatever breaks a batch is not made up for by measuring one by one unseen."""
    problems = tables(sampler, range(18))
    wanted = [measure(problem) for problem in problems]
    monkeypatch.setattr(many, "measure", lambda *_, **__: pytest.fail("measured alone"))
    for found, one in zip(measure_many(problems), wanted, strict=True):
        same(found, one)


def test_few_problems_are_not_prepared_for_a_batch(monkeypatch):
    """Each is looked at when its turn has come."""
    monkeypatch.setattr(many, "_arrays", lambda problem: pytest.fail("prepared"))
    problems = tables(Tweedie(), range(many.WORTH - 1))
    for problem, found in zip(problems, measure_many(problems), strict=True):
        same(found, measure(problem))


def test_a_bad_problem_is_named_and_stops_no_other():
    problems = tables(Tender(), range(40), steps=20)
    bad = {k for k, problem in enumerate(problems) if problem.data_law[0] < 0.1}
    assert bad
    assert len(bad) < 40
    found = measure_many(problems, errors="return")
    assert {k for k, each in enumerate(found) if isinstance(each, Exception)} == bad
    for k in set(range(40)) - bad:
        same(found[k], measure(problems[k]))
    first = min(bad)
    broken = next(t for t in problems[0].grid.times if t < 0.6)
    with pytest.raises(FloatingPointError, match=rf"problems\[{first}\]: .*Tender.*t={broken:g}"):
        measure_many(problems)


@dataclass(frozen=True)
class NoLaw:
    """A table that does not sum to one."""

    space = RandomTable(2, 2, 0).space

    def log_law(self):
        return np.zeros((2, 2))


def test_a_problem_without_a_law_is_one_of_them():
    problems = tables(Tweedie(), range(20))
    problems.insert(7, replace(problems[0], target=NoLaw()))
    found = measure_many(problems, errors="return")
    assert isinstance(found[7], ValueError)
    same(found[8], measure(problems[8]))


@dataclass(frozen=True)
class Raises:
    """Its step raises what it is given."""

    error: type
    claims = Tweedie.claims

    def step(self, score, noise, x, t, s):
        raise self.error("not", "today")


class Particular(ValueError):
    """Made of two things."""

    def __init__(self, one, other):
        super().__init__(one, other)


@pytest.mark.parametrize("error", [KeyError, RuntimeError, Particular])
def test_whatever_a_problem_raises_it_is_alone(error):
    """Also the first of its kind, of whose shape nothing is known yet."""
    problems = tables(Tweedie(), range(17))
    problems.insert(0, replace(problems[0], sampler=Raises(error)))
    problems.insert(0, replace(problems[-1], target=NoLaw(), sampler=Euler()))
    found = measure_many(problems, errors="return")
    assert isinstance(found[0], ValueError)
    assert isinstance(found[1], error)
    same(found[2], measure(problems[2]))
    together = many.Together(problems[1:])
    same(together.measurement(3), found[4])
    with pytest.raises(error):
        together.measurement(0)
    with pytest.raises(error) as raised:
        measure_many(iter(problems[1:]))
    assert "problems[0]" in f"{raised.value} {getattr(raised.value, '__notes__', '')}"


def test_one_problem_many_times():
    """Of a kind that is in no batch."""
    grid = grids.even(2.0, 0.2, 8)
    counts = Problem(CurieWeiss(8, 0.5), Uniform(), Tweedie(), grid, engine="counts")
    beliefs = TwoBeliefs((0.8, 0.2), (0.3, 0.7), 4, 0.4)
    drawn = Problem(beliefs, Uniform(), Tweedie(), grid, engine=MonteCarlo(64))
    for problem in (counts, drawn):
        found = measure_many([problem] * 16)
        assert {each.chain_kl for each in found} == {measure(problem).chain_kl}


@dataclass(frozen=True)
class OfAnyShape:
    """A wrong score whose error has another shape for some problems, or is none."""

    kind: int

    def log_error(self, space, weights):
        if self.kind == 0:
            return None
        shape = (space.size, space.slots, space.tokens)
        return np.full((shape[0], shape[1], 1) if self.kind == 1 else shape, 0.1)


def test_arrays_of_other_shapes_are_of_other_batches():
    problems = [replace(each, score=OfAnyShape(k % 3))
                for k, each in enumerate(tables(Tweedie(), range(54)))]  # fmt: skip
    found = measure_many(problems, errors="return")
    for k in (0, 1, 2, 51, 52, 53):
        (alone,) = measure_many([problems[k]], errors="return")
        assert type(found[k]) is type(alone)
        if isinstance(alone, Exception):
            assert str(found[k]) == str(alone)
        else:
            same(found[k], alone)


@pytest.mark.parametrize("sampler", [Tweedie(), TauLeaping("lose"), Euler()], ids=repr)
def test_laws_with_zeros_down_to_the_data(sampler):
    """What rounding leaves on impossible sequences makes nothing infinite, one way or the other."""
    laws = [np.roll([0.5, 0.5, 0.0, 0.0], k).reshape(2, 2) for k in range(16)]
    grid = grids.even(2.0, 0.0, 4)
    problems = [Problem(Table(law), Uniform(), sampler, grid) for law in laws]
    wanted = [measure(problem) for problem in problems]
    for found, one in zip(measure_many(problems), wanted, strict=True):
        same(found, one)
    on_support = [one.reverse_kl for one in wanted if np.isfinite(one.reverse_kl)]
    assert (len(on_support) > 0) == isinstance(sampler, Tweedie)
    assert max(on_support, default=0.0) < 1e-12


def test_memory_is_bounded_by_arithmetic(monkeypatch):
    problem = tables(FrozenScore(), [0], length=6)[0]
    space = problem.chain_space
    laws = 64 * (space.size * space.slots * space.outcomes + 1)  # of a chunk, rates and duration
    one = 8 * many.COPIES * (laws + space.size**2)
    for held in (1, 3, 20, 1000):
        monkeypatch.setattr(many, "BATCH_BYTES", held * one)
        size = many._size(problem, 100, output_only=False)
        assert size * one <= held * one
        assert size == max(2**k for k in range(7) if 2**k <= held)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"errors": "ignore"}, "no errors named 'ignore'"),
        ({"output_only": True, "chain_only": True}, "leave nothing"),
    ],
)
def test_what_is_asked_is_checked_at_once(asked, told):
    with pytest.raises(ValueError, match=told):
        measure_many(tables(Tweedie(), range(2)), **asked)
