"""Random little programs made of draws, traced, against their own draws."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traced.traced_programs import STATES, D, S, traced

from harness.numerics.statistics import counts_test

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

from harness.traced.torch import backend

EXAMPLES, DRAWS = 12, 90_000
EACH = 1e-8 / EXAMPLES  # false alarms; a total variation of 0.05 is seen
START = STATES[[1, 5, 8]]


def gumbel(p):
    return -torch.log(-torch.log(torch.rand_like(p)))


def cumulated(p):
    return (torch.rand(p.shape[:-1])[..., None] > p.cumsum(-1)[..., :-1]).sum(-1)


def noisy_order(p):
    return (p.log() + gumbel(p)).sort(-1, descending=True).indices[..., 0]


def greedy_or_not(p):
    greedy = torch.rand(p.shape[:-1]) < 0.3
    return torch.where(
        greedy, p.argmax(-1), torch.multinomial(p.reshape(-1, S), 1).view(greedy.shape)
    )


def masked_only(p):
    chosen, y = torch.bernoulli(torch.full(p.shape[:-1], 0.6)).bool(), p.argmin(-1)
    y[chosen] = (p[chosen] / torch.empty_like(p[chosen]).exponential_()).argmax(-1)
    return y


def with_eps(p):
    return (p / (1e-3 - torch.log(torch.rand_like(p) + 1e-3))).argmax(-1)


def clamped(p):
    u = torch.rand_like(p).clamp(0.2, 0.9)
    return (p.log() - torch.log(-torch.log(u))).argmax(-1)


def counts(p):
    return torch.poisson(p[..., 0] * 2).clamp(max=2).long()


TOKENS = {
    "multinomial": lambda p: torch.multinomial(p.reshape(-1, S), 1).reshape(p.shape[:-1]),
    "Gumbel": lambda p: (p.log() + 0.7 * gumbel(p)).argmax(-1),
    "exponential": lambda p: (torch.empty_like(p).exponential_() / p).argmin(-1),
    "cumulated": cumulated,
    "order": noisy_order,
    "greedy or not": greedy_or_not,
    "masked only": masked_only,
    "eps": with_eps,
    "clamped": clamped,
    "counts": counts,
    "randint": lambda p: torch.randint(S, p.shape[:-1]),
}


def one_or_both(x, y):
    """Each position moves or not, at one time for both of them."""
    return torch.where(torch.rand(len(x), 1) < 0.5, x, y)


def one_position(x, y):
    place = torch.rand(x.shape).argmax(-1, keepdim=True)
    return x.scatter(1, place, y.gather(1, place))


MOVES = {
    "all": lambda x, y: y,
    "one or both": one_or_both,
    "one position": one_position,
    "by confidence": lambda x, y: torch.where(gumbel(x.double()) + x > 0.5, x, y),
}


def program(seed, steps):
    """A function of ``x [n, 2]``: token draws by tables of its own, each after the one before."""
    tables = torch.from_numpy(np.random.default_rng(seed).dirichlet(np.ones(S), (len(steps), 9, D)))

    def code(x):
        for table, (token, move) in zip(tables, steps, strict=True):
            x = MOVES[move](x, TOKENS[token](table[x[:, 0] * S + x[:, 1]]))
        return x

    return code


steps = st.lists(
    st.tuples(st.sampled_from(list(TOKENS)), st.sampled_from(list(MOVES))), min_size=1, max_size=2
)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**31), steps=steps)
def test_the_law_of_a_program_is_that_of_its_draws(seed, steps):
    code = program(seed, steps)
    law, _ = traced(code)
    index = START[:, 0] * S + START[:, 1]
    x = np.repeat(START, DRAWS // len(START), 0)
    drawn = backend.draw(seed, lambda: [code(backend.tokens(x))])
    place = drawn[:, 0] * S + drawn[:, 1]
    counted = np.stack([np.bincount(each, minlength=S**D) for each in np.split(place, len(START))])
    test = counts_test(counted, law[index] / len(START), EACH, lost=0)
    assert test.passed, test.reason


@pytest.mark.parametrize("wrong", ["race read as a comparison", "draws exchanged"])
def test_a_tracer_that_is_wrong_is_seen(wrong, monkeypatch):
    """Teeth: a race that every noise is equally likely to win; one draw's law for another's."""
    from harness.traced import noise_later
    from harness.traced.outcomes import Outcomes

    code = program(5, [("exponential", "all"), ("multinomial", "one or both")])
    if wrong == "draws exchanged":
        asked = Outcomes.site

        def site(self, kind, probabilities, rows):
            def turned():
                p = probabilities() if callable(probabilities) else probabilities
                return p.reshape(-1, D, p.shape[-1])[:, ::-1].reshape(p.shape)

            return asked(self, kind, turned if kind == "multinomial" else probabilities, rows)

        monkeypatch.setattr(Outcomes, "site", site)
    else:
        monkeypatch.setattr(
            noise_later, "winner_law", lambda noise, shape, low, high: np.full(shape, 1 / shape[1])
        )
    law, _ = traced(code)
    monkeypatch.undo()
    x = np.repeat(STATES, 10_000, 0)
    drawn = backend.draw(1, lambda: [code(backend.tokens(x))])
    counted = np.stack(
        [np.bincount(each[:, 0] * S + each[:, 1], minlength=9) for each in np.split(drawn, 9)]
    )
    assert not counts_test(counted, law / 9, EACH, lost=0).passed
