"""Noise without a framework: thresholds, normal forms and races against closed forms and draws."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.forms import Form, Normal
from harness.traced.noise import Noise
from harness.traced.orders import chosen_in_turn, from_the_last, order_law
from harness.traced.outcomes import Forced, Outcomes
from harness.traced.poisson import poisson_law
from harness.traced.quadrature import nodes
from harness.traced.races import race_weights, winner_law
from harness.traced.stages import STAGES
from harness.traced.uniforms import Uniforms

FEW = 20 * 2.0**-52


def noise(count, *stages):
    found = Noise.uniform(np.arange(count))
    for name, constant in stages:
        found = found.apply(name, constant)
    return found


E = (("log", 0.0), ("mul", -1.0))
GUMBEL = (*E, ("log", 0.0), ("mul", -1.0))
CHAINS = {
    "u": (),
    "1 - u": (("mul", -1.0), ("add", 1.0)),
    "exponential": E,
    "of 1 - u": (("mul", -1.0), ("add", 1.0), *E),
    "log1p(-u)": (("mul", -1.0), ("log1p", 0.0)),
    "Gumbel": GUMBEL,
    "T Gumbel + l": (*GUMBEL, ("mul", 0.3), ("add", -2.0)),
    "p / E": (*E, ("over", 0.7)),
    "-p / E": (*E, ("over", -0.7)),
    "E^T": (*E, ("pow", 0.5)),
    "p / E^T": (*E, ("pow", 2.0), ("over", 0.2)),
    "E / p": (*E, ("div", 0.2)),
    "exp": (*GUMBEL, ("exp", 0.0)),
    "expm1": (("expm1", 0.0),),
    "logistic": (("logit", 0.0), ("div", 0.5), ("sigmoid", 0.0)),
    "clamped": (("at_least", 0.2), ("at_most", 0.9), *E),
    "eps": (("add", 1e-3), *E, ("add", 1e-3), ("over", 0.4)),
}


def random_stages(name):
    return noise(200, *CHAINS[name])


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("at_most", [False, True])
def test_a_threshold_is_pulled_back_to_the_uniform(name, at_most):
    """Of each of 200 uniforms: the value is below the limit where the uniform says so."""
    some = random_stages(name)
    u = np.random.default_rng(1).random(200)
    values = some.at(u)
    for limit in (
        *np.random.default_rng(2).choice(values, 5),
        -1.0,
        0.0,
        0.3,
        1.5,
        np.inf,
        -np.inf,
    ):
        q, rest, rising = some.pull_back(np.full(200, limit), at_most)
        below = np.where(rising, u < q, u > q)
        exact = abs(values - limit) > 1e-12 * (1 + abs(values))
        told = values <= limit if at_most else values < limit
        np.testing.assert_array_equal(below[exact], told[exact])
        np.testing.assert_allclose(q + rest, 1, rtol=4e-16)


def test_a_small_chance_keeps_its_digits():
    """``-log u < 1e-12`` is ``u > e^-1e-12``, whose probability no 64-bit ``1 - q`` would tell."""
    _, rest, rising = noise(1, *E).pull_back(np.array([1e-12]), False)
    assert not rising[0]
    assert rest[0] == pytest.approx(-np.expm1(-1e-12), rel=1e-15)


def test_ties_that_a_clamp_makes_are_decided_by_equality():
    some = noise(1, ("at_least", 0.25))
    for limit, at_most, wanted in ((0.25, False, 0.0), (0.25, True, 0.25), (0.2, True, 0.0)):
        q, _, rising = some.pull_back(np.array([limit]), at_most)
        assert rising[0]
        assert q[0] == wanted


def test_numbers_among_noise_are_treated_as_the_operators_would():
    some = noise(4, *GUMBEL).apply("mul", np.array([1.0, 0.0, 1.0, 1.0]))
    np.testing.assert_array_equal(some.random, [True, False, True, True])
    some = some.apply("add", np.array([0.0, 2.0, -np.inf, np.nan]))
    np.testing.assert_array_equal(some.random, [True, False, False, False])
    np.testing.assert_array_equal(some.value[1:], [2.0, -np.inf, np.nan])
    np.testing.assert_array_equal(noise(2, *E).apply("div", np.zeros(2)).value, np.inf)
    with pytest.raises(Untraceable, match="makes noise of either sign infinite"):
        noise(1, *GUMBEL).apply("mul", np.inf)


def test_elements_of_two_histories_keep_both():
    a, b = noise(3, *E), noise(6, *GUMBEL).take(np.arange(3, 6)).apply("add", 1.0)
    both = a.where(np.array([True, False, True]), b)
    np.testing.assert_array_equal(both.ids, [0, 4, 2])
    u = np.array([0.2, 0.5, 0.9])
    np.testing.assert_allclose(both.at(u), np.where([True, False, True], a.at(u), b.at(u)))
    whole = Noise.joined([both, Noise.numbers(np.array([7.0])), b])
    np.testing.assert_allclose(whole.at(0.3)[3:], [7.0, *b.at(0.3)])
    np.testing.assert_allclose(whole.take(np.array([4, 0])).at(0.3), [b.at(0.3)[0], a.at(0.3)[0]])


@pytest.mark.parametrize("name", CHAINS)
def test_a_normal_form_says_what_the_noise_is(name):
    """At uniforms that play no part in finding it."""
    some = random_stages(name).take(np.zeros(50, int))
    u = np.random.default_rng(3).random(50)
    normal, wait = Normal.of(some), -np.log(u)
    wait = -np.log1p(-u) if name in ("of 1 - u", "log1p(-u)") else wait
    made = {
        Form.UNIFORM: normal.a + normal.r * u,
        Form.POWER: normal.a * wait**normal.r,
        Form.LOG: normal.a + normal.r * np.log(wait),
    }
    if normal.form[0] == Form.OTHER:
        assert name in ("expm1", "logistic", "clamped", "eps")
    else:
        np.testing.assert_allclose(made[Form(normal.form[0])], some.at(u), rtol=1e-12)


def known(count):
    return np.zeros(count), np.ones(count)


@pytest.mark.parametrize("form", ["Gumbel", "p / E", "E / p"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_closed_forms_and_integrals_of_a_race_agree(form, temperature):
    p = np.array([0.5, 0.3, 0.2, 1e-6])
    race = {
        "Gumbel": (*GUMBEL, ("mul", temperature), ("add", np.log(p))),
        "p / E": (*E, ("pow", temperature), ("over", p)),
        "E / p": (*E, ("pow", temperature), ("div", p), ("mul", -1.0)),
    }[form]
    wanted = p ** (1 / temperature) / (p ** (1 / temperature)).sum()
    np.testing.assert_allclose(winner_law(noise(4, *race), (1, 4), *known(4))[0], wanted, rtol=FEW)
    assert race_weights(noise(4, *race), (1, 4), *known(4))[1].all()
    hidden = noise(4, *race, ("expm1", 0.0)) if form == "Gumbel" else noise(4, *race, ("add", 1.0))
    assert not race_weights(hidden, (1, 4), *known(4))[1].any()
    found = winner_law(hidden, (1, 4), *known(4))[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-13)


def test_a_race_of_uniforms_by_hand():
    """``max(u_1 + 0.3, u_2, 0.5)``: the number wins where both are below it."""
    some = noise(3, ("add", np.array([0.3, 0.0, 0.0])))
    some = some.where(np.array([True, True, False]), Noise.numbers(np.array([0.0, 0.0, 0.5])))
    number = 0.2 * 0.5
    second = quad(lambda v: v - 0.3, 0.5, 1)[0]
    wanted = [1 - number - second, second, number]
    np.testing.assert_allclose(winner_law(some, (1, 3), *known(3))[0], wanted, rtol=1e-13)


@pytest.mark.parametrize("cut", [0.3, 0.01])
def test_of_values_that_a_clamp_makes_equal_the_first_wins(cut):
    some = noise(3, ("at_most", 1 - cut))
    found = winner_law(some, (1, 3), *known(3))[0]
    free = (1 - cut) ** 3 / 3
    wanted = [cut + free, (1 - cut) * cut + free, (1 - cut) ** 2 * cut + free]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_race_of_what_is_known_already():
    """Uniforms below one half and above it: the second always wins, or each by its share."""
    low, high = np.array([0.0, 0.5, 0.25]), np.array([0.5, 1.0, 0.75])
    found = winner_law(noise(3), (1, 3), low, high)[0]
    third = quad(lambda v: 2 * (v - 0.5) * 2, 0.5, 0.75)[0]
    np.testing.assert_allclose(found, [0, 1 - third, third], rtol=1e-12, atol=1e-15)


def test_an_infinite_number_or_a_nan_wins_and_the_first_of_equal_ones():
    some = noise(3, *E).where(
        np.array([True, False, False]), Noise.numbers(np.array([0, 1, np.inf]))
    )
    np.testing.assert_array_equal(winner_law(some, (1, 3), *known(3)), [[0, 0, 1]])
    numbers = Noise.numbers(np.array([np.nan, np.inf, 2.0, 2.0]))
    np.testing.assert_array_equal(winner_law(numbers, (2, 2), *known(4)), [[1, 0], [1, 0]])


def test_an_order_read_from_either_end():
    weights, ahead = np.array([[0.5, 0.2, 0.3]]), np.zeros((1, 3), int)
    whole = chosen_in_turn(3, 3)
    law = order_law(weights, ahead, whole)[0]
    for way, chance in zip(whole, law, strict=True):
        a, b, _ = weights[0][way]
        assert chance == pytest.approx(a * b / (1 - a), rel=1e-15)
    first = from_the_last(weights, ahead, chosen_in_turn(3, 1))[0]
    for k in range(3):  # the largest of those whose smallest ones race
        wanted = sum(c for w, c in zip(whole, law, strict=True) if w[-1] == k)
        assert first[k] == pytest.approx(wanted, rel=1e-15)
    tiers = order_law(np.array([[0.0, 1.0, 3.0]]), np.array([[1, 0, 0]]), whole)[0]
    np.testing.assert_allclose(tiers, [0.25, 0.75, 0, 0, 0, 0])
    with pytest.raises(TooManyWorlds, match="first 8 of 8 noises has 40,320 outcomes"):
        chosen_in_turn(8, 8)


def told(outcomes):
    """Uniforms of a run that is told these outcomes at its sites."""
    given = np.array([outcomes], np.int32)
    names = ["uniform < p", "argmax"]
    forced = Forced(given, np.array([[0] * len(outcomes)], np.int16), np.array([len(outcomes)]))
    return Uniforms(Outcomes(forced, names, weigh=True))


def test_what_a_comparison_has_told_is_kept():
    """``u < 0.5`` and then ``u < 0.2``: 0.5 times 0.4; ``u < 0.7`` is certain then."""
    uniforms = told([0, 1])
    u = uniforms.fresh(np.zeros(1, int))
    assert uniforms.below(u, np.array([0.5]), False)[0]
    assert not uniforms.below(u, np.array([0.2]), False)[0]
    assert uniforms.outcomes.weight[0] == pytest.approx(0.5 * 0.6)
    assert (uniforms.low[0], uniforms.high[0]) == (0.2, 0.5)


def test_noise_that_was_raced_cannot_be_compared_with_numbers():
    uniforms = told([])
    u = uniforms.fresh(np.zeros(2, int))
    uniforms.group[:2] = 0
    with pytest.raises(Untraceable, match="used again after an argmax"):
        uniforms.below(u, np.full(2, 0.5), False)


def test_noise_of_two_rows_cannot_race():
    uniforms = told([])
    with pytest.raises(Untraceable, match="noise of several rows of a batch is compared"):
        uniforms.first(uniforms.fresh(np.array([0, 1])), 2)


def test_endless_rounding_is_refused():
    uniforms = told([])
    waits = noise(1, *E)
    uniforms.fresh(np.zeros(1, int))
    with pytest.raises(Untraceable, match="rounded to whole numbers has inf of them"):
        uniforms.rounded_down(waits)


@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.3, 4.0, 60.0])
def test_a_poisson_law_is_whole(rate):
    from scipy.stats import poisson

    law = poisson_law(np.array([rate]))[0]
    np.testing.assert_allclose(law, poisson.pmf(np.arange(len(law)), rate), rtol=1e-12, atol=1e-17)
    assert law.sum() == pytest.approx(1, abs=1e-15)
    with pytest.raises(ValueError, match="Poisson rates must be at least 0 and finite, got -1"):
        poisson_law(np.array([-1.0]))


def test_the_quadrature_of_what_is_singular_at_an_end():
    x, rest, weight = nodes(5)
    assert weight @ x**-0.5 == pytest.approx(2, rel=1e-7)
    assert weight @ x**0.01 == pytest.approx(1 / 1.01, rel=1e-14)
    assert weight @ (x**3 * rest) == pytest.approx(1 / 20, rel=1e-14)


def test_every_stage_has_its_inverse():
    x = np.linspace(0.05, 0.95, 19)
    for (name, how), c in itertools.product(STAGES.items(), (0.7, 2.0)):
        if name in ("at_least", "at_most"):
            continue
        np.testing.assert_allclose(how.inverse(how.forward(x, c), c), x, rtol=1e-13, err_msg=name)


def test_a_row_is_asked_alone_as_it_is_in_a_batch():
    """Row 0 compares its uniform with one number, row 1 with two: each keeps its kind of draw."""
    outcomes = Outcomes(Forced.nothing(3))  # the third row keeps the run from its end
    uniforms = Uniforms(outcomes)
    u = uniforms.fresh(np.array([0, 1])).take(np.array([0, 1, 1]))
    uniforms.below(u, np.array([0.5, 0.2, 0.6]), at_most=False)
    kinds = [outcomes.names[each.kind] for each in outcomes.sites]
    assert kinds == ["uniform < p", "uniform among thresholds"]
    assert [each.rows.tolist() for each in outcomes.sites] == [[0], [1]]
