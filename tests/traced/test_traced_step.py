"""A step of code that draws, as a sampler: the same laws and numbers as the sampler that it is."""

import numpy as np
import pytest

from harness import Problem, grids, measure
from harness.claims import Claims, Trait
from harness.engines.sequences import step_laws
from harness.noise import Absorbing, Uniform
from harness.regress.score_spy import score_calls
from harness.regress.traced_step import states_asked
from harness.samplers import MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.traced.errors import Untraceable
from harness.traced.own_draws import step_draws_test
from harness.traced.step import TracedStep, inverse
from toy_targets import Table

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3)))
DATA /= DATA.sum()
FEW = 20 * 2.0**-52
MASKED = Claims(2, 1, MaskedPlugIn.claims.traits, needs_mask=True, starts_masked=True)
PLAIN = Claims(2, 1, {Trait.KEEPS_MASS, Trait.INDEPENDENT_TOKENS})


def gumbel(like):
    return -torch.log(-torch.log(torch.rand_like(like)))


def reveal(model, x, t, s):
    """A masked token stays so with probability (1 - e^-s)/(1 - e^-t), else it is drawn."""
    log_p, masked = model(x), x == model.space.tokens - 1
    stays = torch.rand(x.shape, dtype=torch.float64) < np.expm1(-s) / np.expm1(-t)
    return torch.where(masked & ~stays, (log_p + gumbel(log_p)).argmax(-1), x)


def bridge(model, x, t, s):
    """Of clean tokens given all other tokens: back to s, then forward to what is seen."""
    early, late = float(np.exp(-s)), float(np.exp(s - t))
    own = torch.nn.functional.one_hot(x, 3).double()
    law = (early * model(x, t) + (1 - early) / 3) * (late * own + (1 - late) / 3)
    return torch.multinomial(law.reshape(-1, 3), 1).reshape(x.shape)


def leap(model, x, t, s):
    """Each token leaves at the rate of the start, if it does, to a token by rate."""
    rates = model(x, t) / 3
    rates.scatter_(-1, x[..., None], 0.0)
    total = rates.sum(-1)
    moves = torch.rand(x.shape, dtype=torch.float64) < -torch.expm1(-total * (t - s))
    return torch.where(moves, (rates / torch.empty_like(rates).exponential_()).argmax(-1), x)


def problems(sampler, traced):
    masked = traced.claims.needs_mask
    grid = grids.even_reveal(4) if masked else grids.even(3.0, 0.05, 4)
    start = "mask" if masked else "exact"
    noise = Absorbing() if masked else Uniform()
    return [Problem(Table(DATA), noise, each, grid, start=start) for each in (sampler, traced)]


KNOWN = {
    "reveal": (MaskedPlugIn(), TracedStep(reveal, "log_probs", claims=MASKED)),
    "bridge": (Tweedie(), TracedStep(bridge, "cavity", claims=PLAIN)),
    "leap": (TauLeaping(), TracedStep(leap, "score", claims=PLAIN)),
}


def poisson_leap(model, x, t, s):
    """Poisson numbers of jumps by the rates of the start, added up and clipped."""
    rates = model(x, t) / 3
    rates.scatter_(-1, x[..., None], 0.0)
    jumps = torch.distributions.Poisson(rates * (t - s)).sample()
    return (x + (jumps * (torch.arange(3) - x[..., None])).sum(2)).clamp(0, 2).long()


def wrapped_leap(model, x, t, s):
    rates = model(x, t) / 3
    rates.scatter_(-1, x[..., None], 0.0)
    jumps = torch.poisson(rates * (t - s))
    return ((x + (jumps * (torch.arange(3) - x[..., None])).sum(-1)) % 3).long()


KNOWN |= {
    "poisson": (TauLeaping("clip"), TracedStep(poisson_leap, "score", claims=PLAIN)),
    "wrap": (TauLeaping("wrap"), TracedStep(wrapped_leap, "score", claims=PLAIN)),
}


def test_counts_that_are_used_twice_are_drawn_where_they_are_made():
    """Poisson numbers of which one jump at most is taken: as many worlds as there are counts."""

    def code(model, x, t, s):
        jumps = torch.poisson(torch.full(x.shape, 0.05, dtype=torch.float64))
        once = jumps * (jumps.sum(-1, keepdim=True) <= 1)
        return torch.where(once > 0, 2, x)

    _, own = problems(Tweedie(), TracedStep(code, "cavity"))
    run = own.sampler.run(own.score_model, own.noise, own.sequences.states(), 1.0, 0.5)
    law = run.seen().law
    assert not run.follow_counts
    one = 0.05 * np.exp(-0.1)
    np.testing.assert_allclose(law[0, [2, 6, 0]], [one, one, 1 - 2 * one], rtol=FEW)


@pytest.mark.parametrize("name", KNOWN)
def test_its_law_is_that_of_the_sampler_that_it_is(name):
    known, code = problems(*KNOWN[name])
    for t, s in known.grid.intervals():
        wanted, found = (step_laws.step_law(each, t, s) for each in (known, code))
        np.testing.assert_allclose(found.p, wanted.p, rtol=200 * FEW, atol=FEW)


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_measured_as_that_sampler_is(name):
    known, code = (measure(each) for each in problems(*KNOWN[name]))
    for field in ("kl", "reverse_kl", "tv", "chain_kl"):
        assert getattr(code, field) == pytest.approx(getattr(known, field), rel=1e-9), field


def test_it_asks_the_score_as_often_as_it_says_and_at_the_times_of_the_step():
    """However often the code is run to try its outcomes."""
    code = KNOWN["reveal"][1]
    own = problems(MaskedPlugIn(), code)[1]
    t, s = own.grid.intervals()[1]
    ((u, y),) = score_calls(own, t, s)
    assert u == t
    np.testing.assert_array_equal(y, own.chain_space.states())
    assert states_asked(own) == 1.0


def test_a_perturbed_score_goes_through_the_same_door():
    known, code = problems(*KNOWN["leap"])
    known, code = (
        Problem(
            each.target, each.noise, each.sampler, each.grid, start="exact", score=Perturbed(0.1)
        )
        for each in (known, code)
    )
    assert measure(code).kl == pytest.approx(measure(known).kl, rel=1e-9)
    assert measure(code).kl != pytest.approx(measure(problems(*KNOWN["leap"])[1]).kl, rel=1e-3)


def test_a_law_of_the_whole_state_needs_no_claim_of_independence():
    known, code = KNOWN["bridge"]
    whole = TracedStep(bridge, "cavity", claims=Claims(2, 1, {Trait.KEEPS_MASS}))
    assert measure(problems(known, whole)[1]).chain_kl == pytest.approx(
        measure(problems(known, code)[1]).chain_kl, rel=1e-8
    )


def one_clock(model, x, t, s):
    """Teeth: all tokens of a row move together or none does."""
    y = bridge(model, x, t, s)
    return torch.where(torch.rand(len(x), 1) < 0.5, x, y)


def test_a_step_that_moves_tokens_together_is_not_of_independent_tokens():
    code = TracedStep(one_clock, "cavity", claims=PLAIN)
    with pytest.raises(
        ValueError, match="claims independent tokens, but the law of its step is no"
    ):
        measure(problems(Tweedie(), code)[1])


def test_the_codes_own_clock_mask_and_padding():
    """α = 1 - t; the mask is token 1 of the code, its model has six columns and float32."""

    def code(model, x, t, s):
        p, masked = model(x, torch.full((len(x),), t)), x == 1
        assert p.shape == (len(x), 2, 6)
        assert p.dtype == torch.float32
        y = torch.multinomial(p.reshape(-1, 6), 1).reshape(x.shape)
        return torch.where(masked & (torch.rand(x.shape) >= s / t), y, x)

    options = {"mask": 1, "outputs": 6, "dtype": "float32"}
    step = TracedStep(
        code, claims=MASKED, clock=lambda t: -np.log1p(-t) if t < 1 else np.inf, options=options
    )
    known, own = problems(MaskedPlugIn(), step)
    assert measure(own).kl == pytest.approx(measure(known).kl, rel=1e-5)
    run = own.sampler.run(own.score_model, own.noise, own.sequences.states(), np.inf, 1.0)
    assert run.told == [1.0, pytest.approx(1 - np.exp(-1.0))]


def test_the_inverse_of_a_clock():
    assert inverse(lambda t: 2 * t, 1.0) == pytest.approx(0.5)
    with pytest.raises(ValueError, match=r"clock runs from 0 to 2 .* never shows the noise time 3"):
        inverse(lambda t: 2 * t, 3.0)


def test_what_is_no_token_is_lost():
    def code(model, x, t, s):
        return torch.where(torch.rand(x.shape) < 0.25, 7, x)

    _, own = problems(Tweedie(), TracedStep(code, "cavity"))
    seen = own.sampler.seen(own.score_model, own.noise, own.sequences.states(), 1.0, 0.5)
    np.testing.assert_allclose(seen.lost, 1 - 0.75**2)
    np.testing.assert_allclose(seen.law.sum(1) + seen.lost, 1)


def test_rows_that_share_a_draw_are_run_one_at_a_time():
    def code(model, x, t, s):
        return torch.where(torch.rand(1, 2) < 0.25, 0, x)

    _, own = problems(Tweedie(), TracedStep(code, "cavity"))
    run = own.sampler.run(own.score_model, own.noise, own.sequences.states(), 1.0, 0.5)
    seen = run.seen()
    assert "belongs to no row" in seen.coupled
    np.testing.assert_allclose(seen.law[8, [0, 2, 6, 8]], [1 / 16, 3 / 16, 3 / 16, 9 / 16])
    assert step_draws_test(run, seen, 900, seed=1, false_alarm=1e-9).passed


def test_a_step_that_gives_another_shape_is_refused():
    step = TracedStep(lambda model, x, t, s: x[:, :1], "cavity")
    with pytest.raises(Untraceable, match=r"must give as many, got \[101, 1\]"):
        measure(problems(Tweedie(), step)[1])


@pytest.mark.parametrize("name", KNOWN)
def test_its_own_draws_are_from_its_law(name):
    """20,000 draws: an extra probability of 0.02 anywhere would be seen."""
    _, own = problems(*KNOWN[name])
    t, s = own.grid.intervals()[1]
    run = own.sampler.run(own.score_model, own.noise, own.sequences.states(), t, s)
    seen = run.seen()
    test = step_draws_test(run, seen, 20_000, seed=3, false_alarm=1e-9)
    assert test.passed, test.reason
    assert test.detectable_tv < 0.2


def test_draws_of_another_law_are_seen():
    """Teeth: the order of two draws exchanged, the second token drawn by the law of the first."""

    def exchanged(model, x, t, s):
        return bridge(model, x, t, s).flip(1)

    _, own = problems(Tweedie(), TracedStep(bridge, "cavity", claims=PLAIN))
    given = own.score_model, own.noise, own.sequences.states(), 1.0, 0.5
    other = TracedStep(exchanged, "cavity").run(*given)
    assert not step_draws_test(other, own.sampler.seen(*given), 20_000, 3, 1e-9).passed


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="no asks named 'posteriors'; did you mean 'posterior'"):
        TracedStep(bridge, "posteriors")
    with pytest.raises(TypeError, match="code must be called as"):
        TracedStep("bridge")  # type: ignore
    assert TracedStep(bridge).name == "bridge"
    assert len({TracedStep(bridge), TracedStep(bridge), TracedStep(leap)}) == 2


def test_a_larger_space():
    """729 states of six positions, half a million outcomes, all equally likely."""
    data = np.ones((3,) * 6) / 729
    step = TracedStep(lambda model, x, t, s: torch.randint(3, x.shape), "cavity")
    grid = grids.even(3.0, 0.05, 1)
    problem = Problem(Table(data), Uniform(), step, grid, start="exact")
    assert measure(problem).kl == pytest.approx(0, abs=1e-12)
