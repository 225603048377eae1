"""What targets say of hidden tokens given the others is their law, summed over the rest."""

import itertools
import math

import jax
import numpy as np
import pytest
from by_listing import laws_agree

from harness import statistics
from harness.foundation.precision import float64
from harness.foundation.registry import label, load, targets
from harness.numerics.inverse_transform import keys_of
from toy_targets import (
    AffineCode,
    Arrangements,
    BigramLetters,
    FewFlips,
    HiddenMarkovChain,
    LatentParity,
    MarkovChain,
    Pairs,
    Parity,
    Product,
    ProductMixture,
    TwoBeliefs,
    mixture,
)
from toy_targets.data.make_letters import counted
from toy_targets.forward_backward import hiding

load()
LEVEL = statistics.false_alarm_each(20)
EVERY = [
    *(cls.example() for _, cls in sorted(targets.items()) if hasattr(cls, "conditionals")),
    Arrangements.permutation(4),
    Arrangements.balanced(6),
    Arrangements.one_hot(4),
    AffineCode.random(6, 3, seed=1),
    LatentParity(3, 2),
    LatentParity(1, 3),
    MarkovChain(((0.5, 0.5), (0, 1)), 5, initial=(1, 0)),
    MarkovChain.binary(6, flip=0),
]
EACH = pytest.mark.parametrize("target", EVERY, ids=label)


def states(target):
    """``[n, d]`` every sequence of tokens and hidden ones."""
    space = target.space
    return np.array([*itertools.product(range(space.tokens + 1), repeat=space.length)])


def asked(target, method, x):
    """What a law answers, compiled."""
    with float64():
        found = jax.jit(lambda law, x: getattr(law, method)(x))(target.conditionals(), x)
        return np.asarray(found)


def summed(law):
    """The law of what is not hidden, hidden tokens as a last value of each axis."""
    for axis in range(law.ndim):
        law = np.concatenate([law, law.sum(axis, keepdims=True)], axis)
    return law


def test_the_list_is_not_empty():
    assert {type(each) for each in EVERY} >= {Parity, Product, ProductMixture, Pairs, FewFlips}


@EACH
def test_hidden_tokens_have_the_law_that_the_others_leave(target):
    """In every state, those of probability 0 included; a token of these has no law."""
    known, x, S = summed(np.exp(target.log_law())), states(target), target.space.tokens
    found = asked(target, "revealed", x)
    assert np.isfinite(found).all()
    strides = (S + 1) ** np.arange(x.shape[1])[::-1]
    there = (x @ strides)[:, None, None] + (np.arange(S) - x[..., None]) * strides[:, None]
    weights = known.ravel()[there]
    wanted = weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300)
    hidden = x == S
    np.testing.assert_allclose(found[hidden], wanted[hidden], rtol=1e-12, atol=1e-13)


@EACH
def test_whole_sequences_have_their_probability(target):
    x = np.array([*itertools.product(range(target.space.tokens), repeat=target.space.length)])
    found = asked(target, "log_prob", x)
    np.testing.assert_allclose(found, target.log_law().ravel(), rtol=1e-12, atol=1e-12)


def entropy(law):
    law = law[law > 0] / law.sum()
    return -float((law * np.log(law)).sum())


def by_entropies(known, row, chosen, S):
    """``Σ H(X_i|x_C) - H(X_S|x_C)``, of tables: the definition."""

    def of(tokens):
        index = tuple(
            slice(S) if i in tokens else slice(a, a + 1) for i, a in enumerate(row.tolist())
        )
        return entropy(known[index])

    return sum(of([i]) for i in chosen) - of(chosen)


@EACH
def test_total_correlations_are_those_of_tables(target):
    """Of every set of hidden tokens, given all others that may be."""
    known, S, d = summed(np.exp(target.log_law())), target.space.tokens, target.space.length
    rng = np.random.default_rng(0)
    rows = [x for x in states(target) if known[tuple(x)] > 0 and (x == S).any()]
    cases = []
    for row in [rows[k] for k in rng.permutation(len(rows))[:60]]:
        hidden = np.flatnonzero(row == S)
        cases.append((row, sorted(rng.permutation(hidden)[: rng.integers(1, len(hidden) + 1)])))
    x = np.stack([row for row, _ in cases])
    chosen = np.array([np.isin(np.arange(d), tokens) for _, tokens in cases])
    with float64():
        found = target.conditionals().total_correlation(x, chosen)
    if found is None:
        assert isinstance(target, HiddenMarkovChain | Pairs)
        return
    wanted = [by_entropies(known, row, tokens, S) for row, tokens in cases]
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    assert (found >= 0).all()


@pytest.mark.parametrize("kind", [HiddenMarkovChain, Pairs, ProductMixture, MarkovChain])
def test_what_is_told_in_turn_has_the_total_correlation_as_mean(kind):
    """Over all that a set of hidden tokens may show, given all others; that by tables."""
    target = kind.example()
    known, S, d = summed(np.exp(target.log_law())), target.space.tokens, target.space.length
    rng = np.random.default_rng(1)
    rows = [x for x in states(target) if known[tuple(x)] > 0 and (x == S).any()]
    for row in [rows[k] for k in rng.permutation(len(rows))[:8]]:
        hidden = np.flatnonzero(row == S)
        tokens = sorted(rng.permutation(hidden)[: rng.integers(1, len(hidden) + 1)])
        shown = np.repeat(row[None], S ** len(tokens), 0)
        shown[:, tokens] = [*itertools.product(range(S), repeat=len(tokens))]
        weights = known[tuple(shown.T)] / known[tuple(row)]
        at = np.repeat(row[None], len(shown), 0)
        chosen = np.isin(at * 0 + np.arange(d), tokens)
        found = told_in_turn(target.conditionals(), at, chosen, shown)[weights > 0]
        assert (found >= 0).all()
        told = found @ weights[weights > 0]
        np.testing.assert_allclose(told, by_entropies(known, row, tokens, S), atol=1e-12)


def told_in_turn(law, x, chosen, shown):
    with float64():
        return np.asarray(jax.jit(lambda law, *at: law.told_in_turn(*at))(law, x, chosen, shown))


@EACH
def test_the_dependence_of_the_whole_is_that_of_tables(target):
    known, S, d = summed(np.exp(target.log_law())), target.space.tokens, target.space.length
    found = target.conditionals().dependence()
    if np.isnan(found).any():
        unknown = HiddenMarkovChain | ProductMixture | TwoBeliefs
        assert isinstance(target, unknown)
        return
    law = known[(slice(S),) * d]
    given_others = sum(entropy(law) - entropy(law.sum(i)) for i in range(d))
    wanted = by_entropies(known, np.full(d, S), [*range(d)], S), entropy(law) - given_others
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_mixtures_are_told_in_turn_where_counts_are_too_many(monkeypatch):
    law = ProductMixture.example().conditionals()
    x, chosen = np.full((1, 3), 3), np.ones((1, 3), bool)
    monkeypatch.setattr(mixture, "MOST_COUNTS", 9)
    assert law.total_correlation(x, chosen) is None
    monkeypatch.setattr(mixture, "MOST_COUNTS", 10)
    assert law.total_correlation(x, chosen) > 0


@EACH
def test_draws_follow_the_law(target):
    with float64():
        keys = keys_of(jax.random.key(3), np.arange(2000, dtype=np.uint32))
    found = asked(target, "draw", keys)
    assert found.shape == (2000, target.space.length)
    law = np.exp(target.log_law())
    assert statistics.draws_test(found, law, LEVEL).passed


# Each law again, sequence by sequence.


def test_arrangements():
    laws_agree(Arrangements((2, 1, 1)), lambda x: float(sorted(x) == [0, 0, 1, 2]))
    laws_agree(Arrangements.permutation(4), lambda x: float(len({*x}) == 4))
    laws_agree(Arrangements.balanced(4), lambda x: float(sum(x) == 2))
    laws_agree(Arrangements.one_hot(5), lambda x: float(sum(x) == 1))


def test_codes():
    laws_agree(AffineCode.example(), lambda x: float((x[0] ^ x[1], x[1] ^ x[2] ^ x[3]) == (1, 0)))
    hamming = np.exp(AffineCode.hamming().log_law())
    words = np.argwhere(hamming)
    assert len(words) == 16
    apart = (words[:, None] != words).sum(-1)
    assert set(apart[apart > 0]) == {3, 4, 7}  # the distances of Hamming's code


@pytest.mark.parametrize(("copies", "bits"), [(1, 1), (3, 2), (2, 3)])
def test_latent_parity(copies, bits):
    laws_agree(
        LatentParity(copies, bits),
        lambda x: float({*x[:copies]} == {sum(x[copies:]) % 2}),
    )


def test_hidden_markov_chain():
    target = HiddenMarkovChain.example()
    start, follows, shows = target.first(), np.array(target.transition), np.array(target.emission)

    def weight(x):
        paths = itertools.product(range(2), repeat=4)
        return math.fsum(
            start[z[0]]
            * math.prod(follows[a, b] for a, b in itertools.pairwise(z))
            * math.prod(shows[a, b] for a, b in zip(z, x, strict=True))
            for z in paths
        )

    laws_agree(target, weight)


def test_letters():
    """A word list by hand, and what everybody knows of English."""
    found = counted(["ab", "Abc", "ba", "it's"])
    assert found.sum() == 6
    assert found[0].tolist()[:4] == [0, 1, 1, 0]
    assert (found[1, 2], found[2, 0], found[2, 1], found[1, 0]) == (1, 1, 1, 1)
    rows = np.array(BigramLetters(3).chain.transition)
    assert rows.shape == (27, 27)
    assert rows[17, 21] > 0.97  # u after q
    assert rows[0, 0] == 0
    with float64():
        draw = jax.jit(BigramLetters(1024).conditionals().draw)
        found = draw(keys_of(jax.random.key(0), np.arange(2)))
    assert (np.asarray(found) == 0).mean() == pytest.approx(
        1 / 10.4, abs=0.02
    )  # words of 9 letters


def test_long_sequences_of_which_the_exact_numbers_are_known():
    """Closed forms: ``log(M^B/(M)_B)`` of a permutation, ``log 2`` of parity, 0 of far tokens."""
    with float64():
        law = Arrangements.permutation(512).conditionals()
        x = np.full((1, 512), 512)
        x[0, :100] = np.arange(100)
        chosen = np.zeros((1, 512), bool)
        chosen[0, 200:230] = True
        wanted = 30 * math.log(412) - math.lgamma(413) + math.lgamma(383)
        assert law.total_correlation(x, chosen)[0] == pytest.approx(wanted, rel=1e-10)
        parity = Parity(1000).conditionals()
        x = np.full((2, 1000), 2)
        x[1, 7:] = 1
        for row, chosen_row, wanted in ((0, slice(999), 0), (0, slice(1000), 1), (1, slice(7), 1)):
            chosen = np.zeros((1, 1000), bool)
            chosen[0, chosen_row] = True
            found = parity.total_correlation(x[row : row + 1], chosen)
            assert found[0] == pytest.approx(wanted * math.log(2), abs=1e-12)
        letters = BigramLetters(1000).conditionals()
        x, chosen = np.full((1, 1000), 27), np.zeros((1, 1000), bool)
        chosen[0, [0, 999]] = True
        assert letters.total_correlation(x, chosen)[0] < 1e-14


def test_a_long_chain_agrees_with_forward_and_backward():
    """The nearest known tokens alone, and all of them, tell the same."""
    rng = np.random.default_rng(1)
    law = BigramLetters(200).conditionals()
    with float64():
        x = np.array(jax.jit(law.draw)(keys_of(jax.random.key(5), np.arange(4))))
        x[rng.random(x.shape) < 0.9] = 27
        wanted = np.asarray(jax.jit(law.noised)(hiding(27), x)[1])
        found = np.asarray(jax.jit(law.revealed)(x))
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Arrangements((3,)), "counts must be two or more integers"),
        (lambda: Arrangements((0, 0)), "the sum of counts must be at least 1, got 0"),
        (lambda: Arrangements((2, -1)), r"counts\[1\] must be at least 0, got -1"),
        (lambda: Arrangements.balanced(5), "length of a balanced string must be even, got 5"),
        (lambda: AffineCode(((1, 0), (1,))), "checks must be rows of one length"),
        (lambda: AffineCode(((1, 2),)), "checks must be rows of bits of one length"),
        (lambda: AffineCode(((1, 1), (1, 1))), "checks must be independent of each other"),
        (lambda: AffineCode(((1, 1),), (1, 0)), "1 checks need as many sums, got 2"),
        (lambda: LatentParity(0, 2), "copies must be at least 1, got 0"),
        (lambda: HiddenMarkovChain(((1,),), ((1, 0),), 2), "at least 2 probabilities"),
        (
            lambda: HiddenMarkovChain(((0.5, 0.5),) * 2, ((0.5, 0.5),), 2),
            "2 states need as many rows, got 1",
        ),
        (
            lambda: HiddenMarkovChain(((1, 0), (0, 1)), ((0.5, 0.5),) * 2, 2),
            "one stationary law",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
