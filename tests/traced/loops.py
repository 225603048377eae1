"""Loops that draw, of PyTorch, for tests; what imports it is skipped where there is none."""

import itertools

import numpy as np
import pytest

from harness.noise import Absorbing, Uniform
from harness.numerics.divergence import kl
from harness.traced.answers import exact_score
from harness.traced.loop import TracedLoop

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3, 3)))
DATA /= DATA.sum()
MASKED, NOISED = exact_score(DATA, Absorbing()), exact_score(DATA, Uniform())
PAIRS = exact_score(DATA.sum(2), Absorbing())
MASK = 3


def gumbel(like):
    return -torch.log(-torch.log(torch.rand_like(like)))


def drawn(p):
    return torch.multinomial(p.reshape(-1, p.shape[-1]), 1).reshape(p.shape[:-1])


def masks(rows, model):
    return torch.full((rows, model.space.length), MASK)


def reveal(model, steps, rows):
    """Each mask goes with the probability of an even reveal, to a draw from the posterior."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        log_p = model(x).log()
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, (log_p + gumbel(log_p)).argmax(-1))
    return x


def cached(model, steps, rows):
    """As ``reveal``; the model is asked again only where something has moved."""
    x, p = masks(rows, model), None
    for k in range(steps, 0, -1):
        p = model(x) if p is None else p
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        new = torch.where(stays, x, drawn(p))
        x, p = new, p if torch.equal(new, x) else None
    return x


def backward(model, steps, rows):
    """Uniform noise: each token from its bridge, by what the model says of clean tokens."""
    x = torch.randint(3, (rows, 3))
    times = np.linspace(3.0, 0.0, steps + 1)
    for t, s in itertools.pairwise(times):
        early, late = float(np.exp(-s)), float(np.exp(s - t))
        own = torch.nn.functional.one_hot(x, 3).double()
        x = drawn((early * model(x, t) + (1 - early) / 3) * (late * own + (1 - late) / 3))
    return x


def surest_first(model, steps, rows):
    """A fixed number of masks a step, those whose draw is most probable."""
    x = masks(rows, model)
    for k in range(steps):
        p, masked = model(x), x == MASK
        token = drawn(p)
        sure = torch.where(masked, p.gather(-1, token[..., None])[..., 0], -1.0)
        count = 3 * (k + 1) // steps - 3 * k // steps
        chosen = sure.topk(count, -1).indices
        x = x.scatter(1, chosen, token.gather(1, chosen))
    return x


def any_order(model, steps, rows):
    x = masks(rows, model)
    for _ in range(3):
        order = torch.where(x == MASK, torch.rand(x.shape), -1.0)
        place = order.argmax(-1, keepdim=True)
        x = x.scatter(1, place, drawn(model(x)).gather(1, place))
    return x


def never_done(model, steps, rows):
    """A share of the masks is left: the schedule does not end at 0."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < max(k - 1, 0.25) / k)
        x = torch.where(stays, x, drawn(model(x)))
    return x


def law(code, score, noise, steps, **how):
    return TracedLoop(code, **how).law(score, noise, steps)


def divergence(found, data=DATA):
    clean = found.law[tuple(slice(n) for n in data.shape)]
    return float(kl(data.reshape(-1), clean.reshape(-1)))
