"""What has a value that its spec does not say is measured anew, and never kept."""

import dataclasses
import os
import re
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.stored_problems import GRID, PROBLEMS

from harness import Problem, Store, grids, measure_many
from harness.foundation import registry
from harness.noise import Uniform
from harness.process.grids import grid
from harness.samplers import Tweedie
from harness.space import Sequences
from harness.store.unsaid import check_said


@dataclass(frozen=True)
class Bits:
    """Bits of which the first is more likely 0."""

    bias: float = 0.1
    space = Sequences(2, 2)

    @property
    def shift(self):
        return self.bias

    @cached_property
    def log_table(self):
        law = np.full((2, 2), 0.25)
        law[0] += self.shift
        return np.log(law / law.sum())

    def log_law(self):
        return self.log_table


@dataclass(frozen=True)
class Given(Bits):
    more: dataclasses.InitVar[float] = 0.0

    def __post_init__(self, more):
        object.__setattr__(self, "bias", 0.1 + more)


@dataclass(frozen=True)
class Made(Bits):
    added: float = dataclasses.field(default=0.0, init=False)

    @property
    def shift(self):
        return self.bias + self.added


@dataclass(frozen=True)
class Later(Bits):
    @property
    def shift(self):
        return self.bias + vars(self).get("later", 0.0)


@dataclass(frozen=True)
class Around(Bits):
    within: Any = None

    @property
    def shift(self):
        return self.within[0].shift


@dataclass(frozen=True)
class Weighted:
    """Scores that prefer the first symbol."""

    weight: float

    def __call__(self, t, x):
        return jnp.ones((*x.shape, 3)).at[..., 0].set(self.weight)

    def of(self, t, x):
        return self(t, x)


def even(t, x):
    return jnp.ones((*x.shape, 3))


def times(weight):
    @wraps(even)
    def weighed(t, x):
        return Weighted(weight)(t, x)

    return weighed


compiled = jax.jit(even)


def put(target, name, value):
    object.__setattr__(target, name, value)
    return target


def of(target):
    return Problem(target, Uniform(), Tweedie(), GRID)


@dataclass(frozen=True)
class Named(Bits):
    name: str = ""


@dataclass(frozen=True)
class Twice(Named):
    @property
    def shift(self):
        return 2 * self.bias


class Once(NamedTuple):
    bias: float

    @property
    def shift(self):
        return self.bias


class Double(Once):
    @property
    def shift(self):
        return 2 * self.bias


@dataclass(frozen=True)
class By(Bits):
    within: Any = None

    @property
    def shift(self):
        return self.within.shift


SAID = "has the value {!r}, which is no field that it is made with"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda k: Given(more=k), "Given " + SAID.format("more")),
        (lambda k: put(Made(), "added", k), "Made " + SAID.format("added")),
        (lambda k: put(Later(), "later", k), "Later " + SAID.format("later")),
        (lambda k: Around(within=(put(Later(), "later", k),)), "Later " + SAID.format("later")),
    ],
)
def test_what_no_field_says_is_never_kept(tmp_path, make, said):
    mine = [of(make(k)) for k in (0.0, 0.2)]
    with Store(tmp_path / "kept") as store:
        found = [measure_many([each], store=store)[0].kl for each in mine]
        assert +store.counts == {}
        assert dict(store.unkept) == {said: 2}
        assert store.key(mine, (), "judged") == ""
    assert found == [measure_many([each])[0].kl for each in mine]
    assert found[0] != found[1]


@pytest.mark.parametrize("make", [lambda k: Weighted(k).of, times, lambda k: jax.jit(times(k))])
def test_a_score_that_its_name_does_not_find_is_never_kept(tmp_path, make):
    mine = [replace(PROBLEMS["euler"], score=make(k)) for k in (1.0, 2.0)]
    with Store(tmp_path / "kept") as store:
        found = [measure_many([each], store=store)[0].kl for each in mine]
        assert +store.counts == {}
        ((told, number),) = store.unkept.items()
        assert "module:function" in told
        assert number == 2
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([Named(name="mine"), Twice(name="mine")], "has a field 'name'"),
        ([By(within=Once(0.1)), By(within=Double(0.1))], "kept by plain values, and (Once|Double)"),
    ],
)
def test_what_hides_its_class_is_never_kept(tmp_path, targets, said):
    mine = [of(each) for each in targets]
    with Store(tmp_path / "kept") as store:
        found = [each.kl for each in measure_many(mine, store=store)]
        assert +store.counts == {}
        assert all(re.search(said, reason) for reason in store.unkept)
    assert found[0] != found[1]


def test_scores_that_their_names_find_are_kept(tmp_path):
    with Store(tmp_path / "kept") as store:
        for score in (even, compiled, jax.jit(even), Weighted(2.0)):
            assert store.wanted(replace(PROBLEMS["euler"], score=score), "all").digest
        assert store.unkept == {}


def test_a_named_thing_is_kept_by_its_class_alone(tmp_path):
    with Store(tmp_path / "kept") as store:
        both = [store.wanted(of(kind()), "all").digest for kind in (Named, Twice)]
    assert all(both)
    assert both[0] != both[1]


@pytest.mark.parametrize(
    "changed", [{"times": (4.0, 1.0, 0.5)}, {"times": (4.0, 1.5, 0.5), "told": (2.0, 1.0)}]
)
def test_a_grid_counts_by_its_times(tmp_path, changed):
    """Also where it still has the recipe of another one."""
    before = of(Bits())
    after = replace(before, grid=replace(before.grid, **changed))
    with Store(tmp_path / "kept") as store:
        found = measure_many([before, after], store=store)
        assert store.counts["kept"] == 2
    assert found[0].kl != found[1].kl
    assert grids.from_spec(after.grid.spec()).times == after.grid.times


def from_outside(steps):
    return grids.even(2.0, float(os.environ["STOP"]), steps)


def test_a_grid_counts_by_its_times_where_its_source_does_not_say_them(tmp_path, monkeypatch):
    """As in another process: there the recipe makes the times that the grid has."""
    found = []
    with Store(tmp_path / "kept") as store:
        for stop in ("0.5", "0.25"):
            monkeypatch.setenv("STOP", stop)
            grid._of_recipe.cache_clear()
            made = grids.from_spec({"name": f"{__name__}:from_outside", "steps": 2})
            assert ":" in made.spec()["name"], "it is written down by its recipe"
            found.append(store.wanted(replace(of(Bits()), grid=made), "all").digest)
    assert all(found)
    assert found[0] != found[1]


def test_what_follows_from_the_fields_is_kept(tmp_path):
    """A cached property, before and after it is asked for."""
    target = Bits()
    with Store(tmp_path / "kept") as store:
        before = store.wanted(of(target), "all").digest
        measure_many([of(target)], store=store)
        assert "log_table" in vars(target)
        assert store.wanted(of(target), "all").digest == before
        assert store.counts["kept"] == 1


def scored(t, x):
    return np.ones((len(x), 2, 3))


def test_an_attribute_of_a_function_is_no_part_of_its_source(monkeypatch):
    mine = replace(PROBLEMS["euler"], score=scored)
    check_said(mine)
    monkeypatch.setattr(scored, "scale", 2.0, raising=False)
    with pytest.raises(ValueError, match="scored has the value 'scale', which is no field"):
        check_said(mine)


def test_everything_of_ours_says_all_of_itself():
    registry.load()
    for kind in registry.targets.values():
        check_said(of(kind.example()))
    for each in PROBLEMS.values():
        check_said(each)
