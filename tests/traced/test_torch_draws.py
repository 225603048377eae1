"""Every way to draw a token that PyTorch code has, against the law that it means to draw from."""

import itertools

import numpy as np
import pytest
from traced.traced_programs import STATES, product, tables, traced

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

P = tables()
LAW = product(P)
FEW = 20 * 2.0**-52


def at(x, p=None, dtype=torch.float64):
    return torch.from_numpy(P if p is None else p).to(dtype)[x[:, 0] * 3 + x[:, 1]]


def gumbel(like):
    return -torch.log(-torch.log(torch.rand_like(like)))


def exponential(like):
    return torch.empty_like(like).exponential_()


def flat_multinomial(x):
    return torch.multinomial(at(x).reshape(-1, 3), 1).reshape(x.shape)


def by_distribution(x):
    return torch.distributions.Categorical(probs=at(x)).sample()


def by_logits(x):
    return torch.distributions.Categorical(logits=at(x).log()).sample()


def gumbel_distribution(x):
    zero = torch.zeros(3, dtype=torch.float64)
    noise = torch.distributions.Exponential(zero + 1.0).sample(x.shape)
    return (at(x).log() - noise.log()).argmax(-1)


def cumulated(x):
    return (torch.rand(len(x), 2, 1) > at(x).cumsum(-1)[..., :-1]).sum(-1)


def searched(x):
    edges = at(x).cumsum(-1)[..., :-1].contiguous()
    return torch.searchsorted(edges, torch.rand(len(x), 2, 1, dtype=torch.float64))[..., 0]


def one_uniform_twice(x):
    p, u = at(x), torch.rand(x.shape)
    return torch.where(u < p[..., 0], 0, torch.where(u < p[..., 0] + p[..., 1], 1, 2))


def two_coins(x):
    p = at(x)
    rest = (p[..., 1] / (p[..., 1] + p[..., 2])).nan_to_num(0.5)
    return torch.where(torch.bernoulli(p[..., 0]) > 0, 0, 2 - torch.bernoulli(rest).long())


def coins_in_place(x):
    p = at(x)
    rest = (p[..., 1] / (p[..., 1] + p[..., 2])).nan_to_num(0.5)
    first, second = torch.empty(x.shape).bernoulli_(p[..., 0]), torch.empty(x.shape)
    return torch.where(first.bool(), 0, torch.where(second.bernoulli_(rest).bool(), 1, 2))


def into_views(x):
    p = at(x)
    noise = torch.empty(p.shape, dtype=torch.float64)
    noise[..., :2].exponential_()
    noise[..., 2].exponential_()
    return (p.log() - noise.log_()).argmax(-1)


def transposed(x):
    """The batch is the last axis."""
    p = at(x).permute(2, 1, 0)
    return (p.log() + gumbel(p)).argmax(0).T


def flattened(x):
    p = at(x).reshape(-1, 3)
    return (p / exponential(p)).argmax(-1).view(x.shape)


def by_boolean_mask(x):
    p, y, mask = at(x), torch.zeros_like(x), (x == 1)
    y[mask] = (p[mask].log() + gumbel(p[mask])).argmax(-1)
    y[~mask] = torch.multinomial(p[~mask], 1)[:, 0]
    return y


def by_nonzero(x):
    p, y = at(x), torch.zeros_like(x)
    for chosen in ((x == 1), (x != 1)):
        rows, places = chosen.nonzero(as_tuple=True)
        edges = p[rows, places].cumsum(-1)[:, :-1]
        y[rows, places] = (torch.rand(len(rows), 1) > edges).sum(-1)
    return y


def one_hot_of_the_largest(x):
    scores = at(x) / exponential(at(x))
    return (scores == scores.max(-1, keepdim=True).values).long().argmax(-1)


def first_of_an_order(x):
    return (at(x) / exponential(at(x))).argsort(-1, descending=True)[..., 0]


def rounded_uniform(x):
    """A whole number from a uniform, then by thresholds as by a table."""
    edges = at(x).cumsum(-1)
    u = torch.rand(len(x), 2, dtype=torch.float64)[..., None]
    return ((edges[..., :-1] * 4096).floor() < (u * 4096)).sum(-1)


def moved_round(x):
    """The same thresholds, a uniform moved on and cut at 1."""
    u = (torch.rand(len(x), 2, dtype=torch.float64) + 0.3).fmod(1.0).remainder(1.0)
    return (at(x).cumsum(-1)[..., :-1] < u[..., None]).sum(-1)


DRAWS = {
    "moved round": moved_round,
    "multinomial": flat_multinomial,
    "multinomial of two": lambda x: torch.stack(
        [torch.multinomial(at(x)[:, i], 1, replacement=True)[:, 0] for i in (0, 1)], 1
    ),
    "Categorical(probs)": by_distribution,
    "Categorical(logits)": by_logits,
    "logits + Gumbel": lambda x: (at(x).log() + gumbel(at(x))).argmax(-1),
    "max().indices": lambda x: (at(x).log() + gumbel(at(x))).max(-1).indices,
    "argmin of -": lambda x: (-at(x).log() - gumbel(at(x))).argmin(-1),
    "p / exponential": lambda x: (at(x) / exponential(at(x))).argmax(-1),
    "exponential / p": lambda x: (exponential(at(x)) / at(x)).argmin(-1),
    "Exponential": gumbel_distribution,
    "log1p": lambda x: (at(x) / -torch.log1p(-torch.rand_like(at(x)))).argmax(-1),
    "u^(1/p)": lambda x: (torch.log(torch.rand_like(at(x))) / at(x)).argmax(-1),
    "uniform_ in place": lambda x: (
        at(x).log() - torch.empty_like(at(x)).uniform_().log_().neg_().log_()
    ).argmax(-1),
    "eps that no double sees": lambda x: (
        at(x) / (1e-20 - torch.log(torch.rand_like(at(x)) + 1e-20))
    ).argmax(-1),
    "softmax": lambda x: (at(x).log() + gumbel(at(x))).softmax(-1).argmax(-1),
    "gumbel_softmax": lambda x: torch.nn.functional.gumbel_softmax(
        at(x).log(), tau=0.5, hard=True
    ).argmax(-1),
    "cumulated": cumulated,
    "searchsorted": searched,
    "one uniform twice": one_uniform_twice,
    "two coins": two_coins,
    "coins in place": coins_in_place,
    "into views": into_views,
    "transposed": transposed,
    "flattened": flattened,
    "boolean mask": by_boolean_mask,
    "nonzero": by_nonzero,
    "one hot": one_hot_of_the_largest,
    "argsort": first_of_an_order,
    "topk": lambda x: (at(x) / exponential(at(x))).topk(1, -1).indices[..., 0],
}


@pytest.mark.parametrize("name", DRAWS)
def test_each_draw_has_the_law_that_it_means(name):
    law, _ = traced(DRAWS[name])
    np.testing.assert_allclose(law, LAW, rtol=FEW, atol=FEW)
    assert law[0, :3].max() == 0  # what has probability 0 is never drawn


@pytest.mark.parametrize("name", ["logits + Gumbel", "boolean mask", "one uniform twice"])
def test_one_world_at_a_time_is_the_same(name):
    law, _ = traced(DRAWS[name], one_world=True)
    np.testing.assert_allclose(law, LAW, rtol=FEW, atol=FEW)


@pytest.mark.parametrize("temperature", [0.25, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("form", ["Gumbel", "exponential", "divided"])
def test_a_temperature_sharpens_as_it_should(temperature, form):
    def code(x):
        p = at(x)
        if form == "Gumbel":
            return (p.log() + temperature * gumbel(p)).argmax(-1)
        if form == "divided":
            return ((p.log() / temperature) + gumbel(p)).argmax(-1)
        return (p / exponential(p) ** temperature).argmax(-1)

    law, _ = traced(code)
    sharp = P ** (1 / temperature)
    wanted = product(sharp / sharp.sum(-1, keepdims=True))
    np.testing.assert_allclose(law, wanted, rtol=40 * FEW, atol=FEW)


def test_a_temperature_of_zero_is_the_argmax():
    law, worlds = traced(lambda x: (at(x).log() + 0.0 * gumbel(at(x))).argmax(-1))
    np.testing.assert_array_equal(law, product(np.eye(3)[P.argmax(-1)]))
    assert not worlds.seen


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("draw", ["multinomial", "race"])
def test_the_probabilities_are_those_of_the_dtype(dtype, draw):
    """Exactly: what the code has computed in its dtype, normalised in float64."""
    p = tables(3, zeros=False)

    def code(x):
        q = at(x, p, dtype)
        if draw == "multinomial":
            return torch.multinomial(q.reshape(-1, 3), 1).reshape(x.shape)
        return (q / exponential(q)).argmax(-1)

    held = torch.from_numpy(p).to(dtype).double().numpy()
    wanted = product(held / held.sum(-1, keepdims=True))
    law, _ = traced(code)
    np.testing.assert_allclose(law, wanted, rtol=4e-16, atol=0)


@pytest.mark.parametrize("eps", [1e-10, 1e-6, 1e-3])
def test_an_eps_in_the_noise_is_in_the_law(eps):
    """Against the integral of the race, by the trapezium of a million points."""
    p = np.array([0.2, 0.5, 0.3])

    def code(x):
        noise = eps - torch.log(torch.rand(len(x), 2, 3, dtype=torch.float64) + eps)
        return (torch.from_numpy(p) / noise).argmax(-1)

    law, _ = traced(code)
    # The waits eps - log(u + eps) have the survival function e^(eps - w) - eps, cut to [0, 1].
    e = np.exp(-(np.linspace(0, 1, 2_000_001) ** 2) * 60)[::-1]  # e^-w of the winner's wait w = v/p
    w = -np.log(e)

    def survival(wait):
        return np.clip(np.exp(eps - wait) - eps, 0, 1)

    token = []
    for k in range(3):
        others = np.prod([survival(w * p[j] / p[k]) for j in range(3) if j != k], axis=0)
        token.append(-np.trapezoid(others, survival(w)))
    found = law[0].reshape(3, 3).sum(1)
    np.testing.assert_allclose(np.abs(token), found, rtol=0, atol=1e-10)
    assert abs(found - p).max() > eps / 100  # it can be seen


def test_uniform_noise_in_an_argmax():
    """``argmax(score + u)`` of two: ``Pr(u_1 + a > u_2) = 1 - (1 - a)^2 / 2``."""

    def code(x):
        scores = torch.tensor([0.3, 0.0], dtype=torch.float64)
        return (scores + torch.rand(len(x), 2, 2, dtype=torch.float64)).argmax(-1)

    token = np.array([1 - 0.7**2 / 2, 0.7**2 / 2])
    law, _ = traced(code)
    both = (token[:, None] * token).reshape(-1)
    np.testing.assert_allclose(law[4, [0, 1, 3, 4]], both, atol=1e-13)


@pytest.mark.parametrize("replacement", [True, False])
def test_several_draws_of_one_multinomial(replacement):
    p = tables(5, zeros=False)[:, 0]

    def code(x):
        return torch.multinomial(torch.from_numpy(p)[x[:, 0] * 3 + x[:, 1]], 2, replacement)

    wanted = np.zeros((9, 9))
    for a, b in itertools.product(range(3), repeat=2):
        second = p[:, b] if replacement else p[:, b] / (1 - p[:, a]) * (a != b)
        wanted[:, 3 * a + b] = p[:, a] * second
    law, _ = traced(code)
    np.testing.assert_allclose(law, wanted, rtol=FEW, atol=0)


@pytest.mark.parametrize("largest", [True, False])
def test_an_order_of_gumbel_noise_is_plackett_luce_from_the_top(largest):
    weights = np.array([0.5, 0.2, 0.3])

    def code(x):
        scores = torch.from_numpy(weights).log() + gumbel(torch.empty(len(x), 3).double())
        return scores.topk(2, -1, largest=largest).indices

    wanted = np.zeros(9)
    for a, b, c in itertools.permutations(range(3)):
        chance = weights[a] * weights[b] / (1 - weights[a])
        first, second = (a, b) if largest else (c, b)
        wanted[3 * first + second] += chance
    law, _ = traced(code)
    np.testing.assert_allclose(law[5], wanted, rtol=FEW, atol=0)


def test_infinite_confidences_keep_their_place_in_an_order():
    """Shown tokens have confidence inf, so that the noisy order is of the masked ones alone."""

    def code(x):
        noise = gumbel(torch.empty(x.shape, dtype=torch.float64))
        return torch.where(x == 2, torch.inf, noise).argsort(-1)

    law, _ = traced(code)
    half, sure = [0, 0.5, 0, 0.5, 0, 0, 0, 0, 0], np.eye(9)
    for state, row in zip(STATES.tolist(), law, strict=True):
        shown = [token == 2 for token in state]
        wanted = half if not any(shown) else sure[3] if shown == [True, False] else sure[1]
        np.testing.assert_allclose(row, wanted, atol=FEW)


def test_a_cut_at_an_order_statistic_knows_the_order():
    """As code with noisy confidences masks what is below the k-th smallest."""
    scores = np.array([[0.3, -0.4], [1.0, 1.0], [-2.0, 0.5]])

    def code(x):
        confidence = torch.from_numpy(scores)[x[:, 0]] + 0.5 * gumbel(torch.empty(x.shape).double())
        cut = confidence.sort(-1).values[:, 1:2]
        return torch.where(confidence < cut, 0, 2)

    first = 1 / (1 + np.exp(-(scores[:, 0] - scores[:, 1]) / 0.5))  # token 0 is the larger
    law, _ = traced(code)
    np.testing.assert_allclose(law[::3, 2 * 3 + 0], first, rtol=40 * FEW)
    np.testing.assert_allclose(law[::3, 0 * 3 + 2], 1 - first, rtol=40 * FEW)


def test_whole_numbers():
    def code(x):
        a = torch.randint(0, 2, x.shape[:1])
        b = torch.randint_like(a, 1, 3)
        c = (torch.rand(len(x)) * 3).long()
        return torch.stack([a, torch.where(b == 1, c, b)], 1)

    law, _ = traced(code)
    token = np.array([1, 1, 4]) / 6
    np.testing.assert_allclose(law[0], np.outer([0.5, 0.5, 0], token).reshape(-1), rtol=FEW)


def test_poisson_counts_and_binomial_ones():
    from scipy.stats import binom, poisson

    def code(x):
        rate = torch.tensor([0.3, 2.5])[x[:, 0] % 2]
        jumps = torch.poisson(rate).clamp(max=2)
        heads = torch.binomial(torch.full_like(rate, 2.0), torch.full_like(rate, 0.25))
        return torch.stack([jumps, heads], 1).long()

    law, _ = traced(code)
    for state, rate in ((0, 0.3), (3, 2.5)):
        rate = float(np.float32(rate))
        counts = [poisson.pmf(0, rate), poisson.pmf(1, rate), poisson.sf(1, rate)]
        wanted = np.outer(counts, binom.pmf([0, 1, 2], 2, 0.25)).reshape(-1)
        np.testing.assert_allclose(law[state], wanted, rtol=100 * FEW)


def test_a_permutation_is_drawn_where_the_batch_has_one_row():
    from harness.traced.errors import Coupled

    def code(x):
        return torch.randperm(2)[None].expand(len(x), 2)

    with pytest.raises(Coupled, match="one order for the whole batch"):
        traced(code)
    law, _ = traced(code, one_world=True)
    np.testing.assert_array_equal(law[:, [1, 3]], 0.5)
