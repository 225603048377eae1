"""Every target is a law, and the law that it says it is: derived again by slow, plain code."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from by_listing import laws_agree

import toy_targets
from harness.foundation.registry import label, targets
from harness.space import Sequences
from toy_targets import (
    MarkovChain,
    OneSite,
    Pairs,
    Parity,
    PottsRing,
    Product,
    RandomTable,
    TwoBeliefs,
)
from toy_targets.markov_chain import stationary_law

FOLDER = Path(toy_targets.__file__).parent
HELPERS = {
    *("__init__", "laws", "analytic", "between", "conditionals", "sample_files"),
    *("forward_backward", "in_turn", "mixture"),
}
OURS = {name: cls for name, cls in targets.items() if cls.__module__.startswith("toy_targets.")}
EVERY = pytest.mark.parametrize("cls", OURS.values(), ids=OURS.keys())


# Every registered target, found without a list here.


def test_every_file_registers_a_target():
    registered = {cls.__module__ for cls in OURS.values()}
    files = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert files
    assert {f"toy_targets.{stem}" for stem in files} <= registered


@EVERY
def test_target_is_exported_and_described(cls):
    assert getattr(toy_targets, cls.__name__) is cls
    first_line = cls.__doc__.splitlines()[0]
    assert first_line.endswith(".")
    assert len(first_line) <= 95
    assert "Raises" in cls.__doc__


@EVERY
def test_example_is_a_small_law_on_its_space(cls):
    target = cls.example()
    assert isinstance(target.space, Sequences)
    assert target.space.size <= 4096
    log_law = target.log_law()
    assert log_law.dtype == np.float64
    assert log_law.shape == target.space.shape
    assert not np.isnan(log_law).any()
    assert abs(math.fsum(np.exp(log_law).flat) - 1) < 1e-12


@EVERY
def test_example_is_a_value(cls):
    target, twin = cls.example(), cls.example()
    assert target is not twin
    assert target == twin
    assert hash(target) == hash(twin)
    assert target != "something else"
    assert np.array_equal(target.log_law(), twin.log_law())
    assert label(target).startswith(cls.name)


@EVERY
def test_example_round_trips_through_its_spec(cls):
    target = cls.example()
    spec = targets.spec(target)
    assert spec["name"] == cls.name
    again = targets.build(spec)
    assert again == target
    assert hash(again) == hash(target)
    assert targets.spec(again) == spec


# Each law again, sequence by sequence.


@pytest.mark.parametrize(
    ("tokens", "length", "coupling", "field"),
    [(3, 3, 1.0, 0.0), (2, 5, 1.0, 0.0), (3, 4, -0.7, 0.4), (4, 1, 2.0, -1.0), (3, 2, 0.9, 0.2)],
)
def test_potts_ring(tokens, length, coupling, field):
    def weight(x):
        bonds = {frozenset((i, (i + 1) % length)) for i in range(length)}
        agreements = sum(len({x[i] for i in bond}) == 1 for bond in bonds if len(bond) == 2)
        return math.exp(coupling * agreements) * math.prod(
            math.exp(field * token / (tokens - 1)) for token in x
        )

    laws_agree(PottsRing(tokens, length, coupling, field), weight)


def test_potts_ring_of_two_has_one_bond():
    assert PottsRing(2, 1, 1.0).bonds == []
    assert PottsRing(2, 2, 1.0).bonds == [(0, 1)]
    assert PottsRing(2, 3, 1.0).bonds == [(0, 1), (1, 2), (2, 0)]
    law = np.exp(PottsRing(2, 2, coupling=1.5).log_law())
    assert law[0, 0] / law[0, 1] == pytest.approx(math.exp(1.5), rel=1e-13)


def test_potts_ring_symmetries():
    plain = PottsRing(3, 4, coupling=0.8).log_law()
    np.testing.assert_allclose(plain, plain.transpose(1, 2, 3, 0), rtol=1e-14)  # rotation
    np.testing.assert_allclose(plain, plain.T, rtol=1e-14)  # reflection
    np.testing.assert_allclose(plain, np.flip(plain), rtol=1e-14)  # renaming tokens
    tilted = np.exp(PottsRing(3, 4, coupling=0.8, field=0.5).log_law())
    marginal = tilted.sum(axis=(1, 2, 3))
    assert marginal[0] < marginal[1] < marginal[2]


def test_potts_ring_stays_a_law_when_it_is_almost_frozen():
    log_law = PottsRing(3, 4, coupling=1e6).log_law()
    assert np.exp(log_law).sum() == pytest.approx(1, abs=1e-12)
    assert log_law[0, 0, 0, 0] == pytest.approx(-math.log(3), abs=1e-14)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_parity(length):
    laws_agree(Parity(length), lambda x: 1 - sum(x) % 2)


def test_parity_hides_from_all_but_the_last_token():
    law = np.exp(Parity(4).log_law())
    np.testing.assert_allclose(law.sum(axis=3), 1 / 8, rtol=1e-14)


@pytest.mark.parametrize(("tokens", "pairs"), [(2, 1), (3, 2), (2, 4)])
def test_pairs(tokens, pairs):
    laws_agree(Pairs(tokens, pairs), lambda x: float(list(x[0::2]) == list(x[1::2])))
    assert Pairs(tokens, pairs).space.length == 2 * pairs


def test_product():
    token = (0.5, 0.2, 0.3, 0.0)
    laws_agree(Product(token, 3), lambda x: math.prod(token[a] for a in x))


def test_product_does_not_underflow():
    assert np.all(np.isfinite(Product((1e-200, 1.0), 3).log_law()))


def test_markov_chain_along_paths():
    chain = MarkovChain.example()
    row = np.linalg.matrix_power(np.array(chain.transition), 10_000)[0]  # its long-run law

    def weight(x):
        steps = itertools.pairwise(x)
        return float(row[x[0]]) * math.prod(chain.transition[a][b] for a, b in steps)

    laws_agree(chain, weight)


def test_markov_chain_marginals_are_matrix_powers():
    transition = np.array(((0.2, 0.8, 0.0), (0.0, 0.5, 0.5), (0.9, 0.0, 0.1)))
    start = np.array((0.1, 0.6, 0.3))
    law = np.exp(MarkovChain(transition, 4, initial=start).log_law())
    for i in range(4):
        axes = tuple(j for j in range(4) if j != i)
        np.testing.assert_allclose(
            law.sum(axis=axes), start @ np.linalg.matrix_power(transition, i), atol=1e-15
        )


def test_markov_chain_starts_stationary():
    law = np.exp(MarkovChain.example().log_law())
    np.testing.assert_allclose(law.sum(axis=(1, 2, 3)), law.sum(axis=(0, 1, 2)), rtol=1e-13)


@pytest.mark.parametrize("flip", [0, 0.1, 0.5, 1, 1e-12])
def test_markov_chain_binary(flip):
    def weight(x):
        changes = sum(a != b for a, b in itertools.pairwise(x))
        return flip**changes * (1 - flip) ** (len(x) - 1 - changes)

    chain = MarkovChain.binary(length=5, flip=flip)
    laws_agree(chain, weight)
    assert targets.build(targets.spec(chain)) == chain


def test_stationary_law_skips_passing_tokens_and_keeps_relative_precision():
    passing = np.array(((0.5, 0.5, 0.0), (0.0, 0.3, 0.7), (0.0, 0.6, 0.4)))
    np.testing.assert_allclose(stationary_law(passing), (0, 6 / 13, 7 / 13), rtol=1e-14)
    rare = np.array(((1 - 1e-14, 1e-14), (0.5, 0.5)))
    assert stationary_law(rare)[1] == pytest.approx(1e-14 / (0.5 + 1e-14), rel=1e-14)
    alternating = np.array(((0.0, 1.0), (1.0, 0.0)))
    np.testing.assert_array_equal(stationary_law(alternating), (0.5, 0.5))


def test_two_beliefs():
    first, second, weight = (0.8, 0.1, 0.1), (0.25, 0.25, 0.5), 0.3
    laws_agree(
        TwoBeliefs(first, second, 3, weight),
        lambda x: (
            weight * math.prod(first[a] for a in x) + (1 - weight) * math.prod(second[a] for a in x)
        ),
    )


@pytest.mark.parametrize("weight", [0.5, 1e-4, 0.0, 1.0])
def test_two_beliefs_binary(weight):
    def prob(x):
        zeros = x.count(0)
        ones = len(x) - zeros
        return weight * 0.9**zeros * 0.1**ones + (1 - weight) * 0.1**zeros * 0.9**ones

    laws_agree(TwoBeliefs.binary(4, preference=0.9, weight=weight), prob)


def entropy(law: np.ndarray) -> float:
    positive = law[law > 0]
    return float(-(positive * np.log(positive)).sum())


@pytest.mark.parametrize("length", [2, 6, 10])
def test_two_beliefs_have_little_dual_total_correlation(length):
    law = np.exp(TwoBeliefs.binary(length, preference=0.95).log_law())
    given_rest = [entropy(law) - entropy(law.sum(axis=i)) for i in range(length)]
    assert 0 < entropy(law) - sum(given_rest) <= math.log(2)
    total_correlation = length * math.log(2) - entropy(law)
    assert total_correlation > 0.3 * (length - 1)


# Random laws.

RANDOM_TABLE = [
    [0.24229581822871482, 0.25563978937954673],
    [0.17221940707857195, 0.32984498531316647],
]
ONE_SITE = [0.03359829696162137, 0.19626540454898145, 0.08881080467713834]


def test_random_table_is_reproducible():
    # Stored digits: a numpy whose streams change shows here, not in a ledger.
    law = np.exp(RandomTable(tokens=2, length=2, seed=7).log_law())
    np.testing.assert_allclose(law, RANDOM_TABLE, rtol=1e-12)
    law = np.exp(OneSite().log_law())
    np.testing.assert_allclose(law[:3], ONE_SITE, rtol=1e-12)


def test_random_table_depends_on_its_seed():
    tables = [RandomTable(3, 2, seed=seed).log_law() for seed in range(3)]
    assert not np.allclose(tables[0], tables[1])
    assert not np.allclose(tables[1], tables[2])


@pytest.mark.parametrize("concentration", [0.2, 1.0, 5.0])
def test_random_table_has_the_moments_of_a_dirichlet_law(concentration):
    # Fixed seeds; E p_i² = (c+1) / (n (nc+1)).  The mean over 16 draws of n = 4096 entries has
    # a relative standard error of at most 2.1 %, so 12 % is more than five of them.
    n = 4096
    second = np.mean(
        [(np.exp(RandomTable(2, 12, s, concentration).log_law()) ** 2).mean() for s in range(16)]
    )
    assert second == pytest.approx((concentration + 1) / (n * (n * concentration + 1)), rel=0.12)


def test_random_table_is_nearly_uniform_as_its_docstring_says():
    for length in (8, 12, 16):
        law = np.exp(RandomTable(2, length, seed=3).log_law())
        assert length * math.log(2) - entropy(law) == pytest.approx(0.42, abs=0.1)


def test_random_table_forbids_nothing_even_when_rough():
    assert np.all(np.isfinite(RandomTable(2, 8, seed=0, concentration=1e-3).log_law()))


def test_one_site_is_fifteen_states():
    assert OneSite() == OneSite(tokens=15, seed=0)
    assert OneSite().space == Sequences(15, 1)
