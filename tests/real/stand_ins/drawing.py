"""Draws of one token from probabilities or logits, in the ways in which people write them."""

import torch


def by_multinomial(p):
    """Tokens ``[n, d]`` drawn from ``p [n, d, V]``, which need not sum to 1."""
    return torch.multinomial(p.reshape(-1, p.shape[-1]), 1).reshape(p.shape[:-1])


def by_exponentials(p):
    """The same: the first of exponential clocks with these rates."""
    return (p / torch.empty_like(p).exponential_()).argmax(-1)


def by_gumbel(logits, temperature=1.0, dtype=torch.float64):
    """The largest of ``logits [n, d, V]`` and Gumbel noise; of the logits alone at 0."""
    if temperature == 0:
        return logits.argmax(-1)
    noise = torch.rand(logits.shape, dtype=dtype)
    return (logits.to(dtype) - temperature * torch.log(-torch.log(noise))).argmax(-1)


def nucleus(p, top_p):
    """``p [n, d, V]`` on the likeliest tokens that together have at least ``top_p``."""
    ordered, place = p.sort(-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = torch.where(before < top_p, ordered, 0.0)
    found = torch.zeros_like(p).scatter(-1, place, kept)
    return found / found.sum(-1, keepdim=True)


def set_own(moves, x):
    """``moves [n, d, S]`` with what is left of 1 at the own token of ``x [n, d]``."""
    own = x[..., None]
    moves = moves.scatter(-1, own, 0.0)
    stay = 1 - moves.sum(-1, keepdim=True)
    return moves.scatter(-1, own, stay.clamp(min=0))
