"""The model that code is handed: exact answers in the code's own numbers, dtype and library."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from traced.brute_force import ROUNDING, answers, law_of, token_kernel

from harness import Problem, grids
from harness.foundation.precision import float64
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.process.own_score import ScoreFunction
from harness.samplers import Tweedie
from harness.score import Exact, Perturbed
from harness.traced import conventions
from harness.traced.answers import exact_score
from harness.traced.models import ASKS, model, other_law
from harness.traced.vocabulary import Vocabulary
from toy_targets import Table

ROWS = ((-1.5, 1.0, 0.5), (0.25, -0.75, 0.5), (2.0, 1.0, -3.0))
NOISES = {"uniform": Uniform(), "absorbing": Absorbing(), "rates": RateMatrix(ROWS)}
FEW = 20 * ROUNDING
LAW = law_of("full", 3, 2)


def made(asks, name="uniform", law=LAW, **rest):
    score = exact_score(law, NOISES[name])
    return model(asks, score, NOISES[name], score.space, **rest)


def only_asked(score):
    """The same answers by a score of which nothing else is known."""

    def asked(u, y):
        with float64():
            return score(u, y)

    return asked


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("kind", ["full", "zeros", "rare"])
@pytest.mark.parametrize("t", [1e-8, 0.3, 3.0])
def test_answers_are_those_of_the_law(name, kind, t):
    """Each entry to 20 roundings, whatever form it is asked for in."""
    law = law_of(kind, 3, 2)
    x, possible, score, posterior, cavity = answers(law, token_kernel(name, t, 3, ROWS))
    wanted = {"ratios": score, "posterior": posterior, "cavity": cavity}
    if name == "absorbing":  # a shown token's ratios have the mask's column; laws have none
        wanted |= {k: np.pad(wanted[k], ((0, 0), (0, 0), (0, 1))) for k in ("posterior", "cavity")}
    for asks, (what, form) in ASKS.items():
        found = made(asks, name, law)(x, t)[possible]
        true = wanted[what][possible]
        if form in ("log", "logits"):
            found = np.exp(found)
        if form in ("plain", "log", "logits"):
            np.testing.assert_allclose(found, true, rtol=FEW * 20, atol=0)
        elif form == "likeliest":
            assert (found.sum(-1) == 1).all()
            assert ((found * true).sum(-1) >= true.max(-1) * (1 - FEW)).all()
        else:
            best = np.take_along_axis(true, found[..., None], -1)[..., 0]
            assert (best >= true.max(-1) * (1 - FEW)).all()


@pytest.mark.parametrize("name", NOISES)
def test_a_score_that_only_answers_gives_the_same(name):
    """From ratios, by undoing noise, within what that makes of rounding (a factor below 1e3)."""
    score = exact_score(LAW, NOISES[name])
    x = np.asarray(score.space.states())
    for asks in ("posterior", "cavity", "score"):
        same = model(asks, only_asked(score), NOISES[name], score.space)
        possible = x if name != "absorbing" else x[(x == 3).any(1)]
        wanted = made(asks, name)(possible, 1.2)
        np.testing.assert_allclose(same(possible, 1.2), wanted, rtol=0, atol=1e3 * FEW)


def test_a_masked_posterior_is_the_same_at_all_times():
    score = exact_score(LAW, Absorbing())
    x = np.array([[3, 1], [3, 3]])
    for given in (score, only_asked(score)):
        timeless = model("posterior", given, Absorbing(), score.space, timed=False)
        timed = model("posterior", given, Absorbing(), score.space)
        wanted = timeless(x)
        np.testing.assert_allclose(wanted[1, 1, :3], LAW.sum(0), rtol=FEW)
        for t in (0.0, 1e-300, 1.0, 700.0, math.inf):
            np.testing.assert_allclose(timed(x, t), wanted, rtol=FEW)
        np.testing.assert_array_equal(timeless(x, -1.0), wanted)  # which it does not read


def test_uniform_noise_at_its_end_tells_nothing_of_the_state():
    found = made("posterior")(np.array([[0, 1], [2, 2]]), math.inf)
    np.testing.assert_allclose(found, np.stack([[LAW.sum(1), LAW.sum(0)]] * 2), rtol=FEW)


def test_an_estimated_score_goes_through_the_same_door():
    score = exact_score(LAW, Uniform())
    error = np.random.default_rng(1).standard_normal((9, 2, 3)) * 1.5
    estimate = dataclasses.replace(score, log_error=error)
    x = np.asarray(score.space.states())
    with float64():
        ratios = np.asarray(estimate(0.4, x))
    for given in (estimate, only_asked(estimate)):
        asked = model("posterior", given, Uniform(), score.space)
        signed = conventions.posterior_from_score(ratios, Uniform(), 0.4, x)
        wanted, below = conventions.as_law(signed)
        assert below.max() > 0.01
        np.testing.assert_allclose(asked(x, 0.4), wanted, rtol=1e-12, atol=1e-16)
        assert asked.clipped == pytest.approx(below.max(), rel=1e-12)
        scored = model("score", given, Uniform(), score.space)
        np.testing.assert_array_equal(scored(x, 0.4), ratios)
        assert scored.clipped == 0


def test_a_time_for_every_row():
    asked, x = made("posterior"), np.array([[0, 1], [2, 2], [1, 0], [0, 1]])
    t = np.array([0.5, 0.1, 0.5, 2.0])
    found = asked(x, t)
    for row in range(4):
        np.testing.assert_array_equal(found[row], asked(x[row : row + 1], t[row])[0])
    np.testing.assert_array_equal(asked(x, t[:, None]), found)
    assert asked(x[:0], 0.5).shape == asked(x[:0], t[:0]).shape == (0, 2, 3)


def test_the_clock_of_the_code():
    """``t`` of the code is 1 - α: the model answers at ``-log α``."""
    asked = made("posterior", clock=lambda t: -math.log1p(-t))
    x = np.array([[0, 1]])
    np.testing.assert_allclose(asked(x, 0.3), made("posterior")(x, -math.log(0.7)), rtol=FEW)
    with pytest.raises(ValueError, match=r"asked at t=-0.5, where the clock says -0.405"):
        asked(x, -0.5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("asks", ["posterior", "logits", "score", "x0", "x0_tokens"])
def test_every_library_gets_the_same_numbers_in_kind(asks, dtype):
    """float64, rounded once."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    asked, x = made(asks, "absorbing", dtype=dtype), np.array([[0, 3], [3, 3], [2, 1]], np.int32)
    exact, tokens = asked.answer(x, 0.7), asks == "x0_tokens"
    kind = jnp.dtype("int32" if tokens else dtype)
    here = asked(x, 0.7)
    assert here.dtype == kind
    np.testing.assert_array_equal(here, exact.astype(kind))
    there = asked(torch.from_numpy(x), torch.tensor(0.7, dtype=torch.float64))
    assert there.dtype == (torch.int32 if tokens else getattr(torch, dtype))
    np.testing.assert_array_equal(there.double().numpy(), here.astype(float))
    with jax.enable_x64(dtype == "float64"):
        jaxed = asked(jnp.asarray(x), 0.7)
        assert isinstance(jaxed, jax.Array)
        assert jaxed.dtype == kind
        np.testing.assert_array_equal(np.asarray(jaxed), here)


def test_inside_a_compiled_function_of_jax():
    asked = made("posterior", dtype="float32")
    program = jax.jit(lambda x, t: asked(x, t).cumsum(-1))
    x = np.array([[0, 1], [2, 2]], np.int32)
    for t in (0.25, 0.5):
        wanted = asked(x, t).cumsum(-1)
        np.testing.assert_allclose(program(x, t), wanted, rtol=1e-6)
    assert asked.calls == 4
    with pytest.raises(ValueError, match="dtype='float64' needs a JAX of 64 bits"), _of_32_bits():
        made("posterior")(jnp.asarray(x), 0.5)


def _of_32_bits():
    return jax.enable_x64(False)


@pytest.mark.parametrize(
    ("vocabulary", "numbers"),
    [
        (Vocabulary(3), [0, 1, 2]),
        (Vocabulary(3, 3), [0, 1, 2, 3]),
        (Vocabulary(3, 0), [1, 2, 3, 0]),
        (Vocabulary(3, 1), [0, 2, 3, 1]),
        (Vocabulary(3, 7), [0, 1, 2, 7]),
        (Vocabulary(3, 7, 10), [0, 1, 2, 7]),
        (Vocabulary(3, None, 5), [0, 1, 2]),
    ],
)
def test_a_mask_anywhere_and_padding(vocabulary, numbers):
    assert vocabulary.numbers.tolist() == numbers
    symbols = np.arange(len(numbers))[None]
    np.testing.assert_array_equal(vocabulary.symbols(vocabulary.coded(symbols)), symbols)
    p = np.array([0.2, 0.3, 0.5])
    found = vocabulary.columns(p, -1.0)
    assert len(found) == vocabulary.outputs
    np.testing.assert_array_equal(found[numbers[:3]], p)
    assert (np.delete(found, numbers[:3]) == -1).all()


def test_the_numbers_of_the_code_change_nothing_else():
    x, plain = np.array([[3, 1], [3, 3]]), made("log_score", "absorbing")
    odd = made("log_score", "absorbing", mask=1, outputs=6)
    numbers = odd.vocabulary.numbers
    found = odd(numbers[x], 0.7)
    np.testing.assert_array_equal(found[..., numbers], plain(x, 0.7))
    assert (found[..., 4:] == -math.inf).all()
    narrow = made("logits", "absorbing", mask=0, outputs=3)
    wanted = made("logits", "absorbing", outputs=3)(x)
    np.testing.assert_array_equal(narrow(np.array([[0, 2], [0, 0]])), wanted)
    tokens = made("x0_tokens", "absorbing", mask=0)(np.array([[0, 2], [0, 0]]))
    np.testing.assert_array_equal(tokens, made("x0_tokens", "absorbing")(x) + 1)


def test_logits_may_be_shifted_and_bounded():
    x = np.array([[3, 1]])
    plain = made("log_probs", "absorbing")(x)
    moved = made("logits", "absorbing", shift=2.5, lowest=-1e9)(x)
    np.testing.assert_allclose(moved[0, 0, :3], plain[0, 0, :3] + 2.5, rtol=FEW)
    assert moved[0, 0, 3] == -1e9
    assert moved[0, 1, 0] == -1e9 + 2.5


def test_what_was_asked_is_counted_and_can_be_stopped():
    heard = []
    asked = made("posterior", on_call=lambda y, u: heard.append((y.tolist(), u.tolist())))
    asked(np.array([[0, 1], [2, 2]]), 0.5)
    asked(np.array([[1, 1]]), 0.25)
    assert (asked.calls, asked.states) == (2, 3)
    assert heard == [([[0, 1], [2, 2]], [0.5, 0.5]), ([[1, 1]], [0.25])]
    np.testing.assert_array_equal(asked.handed[0], [[1, 1]])

    def stop(y, u):
        raise StopIteration(len(y))

    cut = made("posterior", "absorbing", on_call=stop, mask=0)
    with pytest.raises(StopIteration):
        cut(np.array([[0, 1]]))
    np.testing.assert_array_equal(cut.handed[0], [[3, 0]])
    assert cut.handed[1] is None


def test_the_other_law_in_the_same_form():
    assert other_law("posterior") == "cavity"
    assert other_law("cavity_logits") == "logits"
    assert other_law("log_score") is None
    assert other_law("x0") is None


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: made("posterior")(np.array([[0, 1]])), "the posterior under Uniform.*model(x, t)"),
        (lambda: made("score", "absorbing")(np.array([[3, 1]])), "the score under Absorbing"),
        (lambda: made("posterior", timed=False), "not told the time has no exact posterior under"),
        (lambda: made("score", "absorbing", timed=False), "not told the time has no exact score"),
        (lambda: made("posterior")(np.array([[0, 3]]), 1.0), "tokens 0, 1, 2, and was asked of 3"),
        (
            lambda: made("posterior", "absorbing", mask=5, outputs=8)(np.array([[0, 1], [0, 4]])),
            "0, 1, 2 and the mask 5, and was asked of 4 at position 1 of row 1",
        ),
        (lambda: made("posterior")(np.array([[0, -1]]), 1.0), "was asked of -1 at position 1"),
        (lambda: made("posterior")(np.array([[0, 1, 1]]), 1.0), "asked of x [n, 2], got [1, 3]"),
        (lambda: made("posterior")(np.array([0, 1]), 1.0), "asked of x [n, 2], got [2]"),
        (lambda: made("posterior")(np.array([[0, 1]]), [1.0, 2.0]), "each of 1 rows, got 2"),
        (lambda: made("posterior")(np.array([[0, 1]]), math.nan), "noise time must be at least 0"),
        (lambda: made("posterior", "rates")(np.array([[0, 1]]), math.inf), "no kernel in 64 bits"),
        (lambda: made("score", "rates")(np.array([[0, 1]]), math.inf), "no kernel in 64 bits"),
        (lambda: made("posteriors"), "no asks named 'posteriors'; did you mean 'posterior'?"),
        (lambda: made("posterior", dtype="float8"), "no dtype named 'float8'"),
        (lambda: made("posterior", mask=3), "mask=3 is the number of the mask, but Uniform() has"),
        (lambda: made("posterior", "absorbing", mask=7, outputs=6), "or at least 8, one for every"),
        (lambda: exact_score(np.ones((2, 3)), Uniform()), "shape [C] * d, got [2, 3]"),
        (lambda: exact_score(np.ones((2, 2)), Uniform()), "sum to 1, got minimum 1, sum 4"),
    ],
)
def test_bad_questions_are_named(call, told):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (its text is looked at below)
        call()
    assert all(part in str(error.value) for part in told.split(".*"))


def test_tokens_that_are_no_integers_are_refused():
    with pytest.raises(TypeError, match="asked of integer tokens, got float64"):
        made("posterior")(np.array([[0.0, 1.0]]), 1.0)


PROBLEM = Problem(Table(LAW), Uniform(), Tweedie(), grids.even(2.0, 0.5, 3))


def told(t, x):
    """The exact score, by numpy alone."""
    return np.asarray(only_asked(exact_score(LAW, Uniform()))(float(t), np.asarray(x)))


def test_the_score_of_a_problem_makes_the_model():
    """Exact, estimated, and a function of numpy that was asked beforehand, at times of the grid."""
    x, t = np.asarray(PROBLEM.sequences.states()), PROBLEM.grid.times[1]

    def answered(score):
        problem = dataclasses.replace(PROBLEM, score=score)
        given = problem.score_model, problem.symbol_noise, problem.sequences
        return model("posterior", *given)(x, t)

    wanted = made("posterior")(x, t)
    np.testing.assert_allclose(answered(Exact()), wanted, rtol=FEW)
    np.testing.assert_allclose(answered(ScoreFunction(told)), wanted, rtol=0, atol=1e3 * FEW)
    assert np.abs(answered(Perturbed(size=0.3, seed=1)) - wanted).max() > 0.01


def test_what_a_network_has_besides_is_itself_or_named():
    asked = made("posterior")
    assert asked.eval() is asked
    assert asked.to("cpu") is asked
    assert not hasattr(asked, "device")
    with pytest.raises(ValueError, match=r"asks for model\.parameters; the exact model is a func"):
        asked.parameters()
