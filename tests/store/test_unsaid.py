"""What has a value that its spec does not say is measured anew, and never kept."""

import dataclasses
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from helpers.stored_problems import GRID, PROBLEMS

from harness import Problem, Store, measure_many
from harness.foundation import registry
from harness.noise import Uniform
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


def put(target, name, value):
    object.__setattr__(target, name, value)
    return target


def of(target):
    return Problem(target, Uniform(), Tweedie(), GRID)


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
