"""A target's law against weights of sequences, one by one."""

import itertools
import math

import pytest


def laws_agree(target, weight) -> None:
    """``target`` is proportional to ``weight(x)``, a plain function of a tuple of tokens."""
    tokens, length = target.space.tokens, target.space.length
    weights = {x: weight(x) for x in itertools.product(range(tokens), repeat=length)}
    total = math.fsum(weights.values())
    log_law = target.log_law()
    for x, w in weights.items():
        expected = math.log(w / total) if w > 0 else -math.inf
        assert log_law[x] == pytest.approx(expected, rel=1e-13, abs=1e-13), x
