"""Two runs are compared to one law: not where they end at different δ, or under other noise."""

import pytest
from helpers.compared_samplers import TOML

from harness.studies import experiment

STOPS = '{ name = "geometric", start = 2.0, stop = 0.1, to_data = true }'
EARLY = STOPS.replace(", to_data = true", "")


def of_two(grid, other, law, noise="uniform"):
    """Two samplers, one on a ``grid`` and under a noise of its own."""
    text = TOML.replace(STOPS, grid).replace('name = "absorbing"', f'name = "{noise}"')
    text = text.replace("problem = { noise", f"problem = {{ grid = {other}, noise")
    return text.replace('quantity = "kl"', f'quantity = "kl"\nlaw = "{law}"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            of_two(EARLY, EARLY, "data"),
            r"mine, \[\[compare\]\] on parity\(length=3\): kl of 'masked' is to q_δ at δ = 0.1, "
            "not to the data; law = 'stopped' compares .*; data_tv is to the data wherever",
        ),
        (
            of_two(EARLY, EARLY.replace("0.1", "0.2"), "stopped"),
            "kl must be to one law, got q_δ at δ = 0.2 under uniform noise with 'masked' and "
            "q_δ at δ = 0.1 under uniform noise with 'uniform'; data_tv is",
        ),
        (of_two(EARLY, STOPS, "data"), "got the data with 'masked' and q_δ at δ = 0.1"),
        (
            of_two(EARLY, EARLY, "stopped", "absorbing"),
            "0.1 under absorbing noise with 'masked' and q_δ at δ = 0.1 under uniform noise",
        ),
    ],
)
def test_kls_to_two_laws_are_refused_before_anything_is_run(read, text, message):
    with pytest.raises(ValueError, match=message):
        experiment.sweeps(read(text))


def test_what_is_to_one_law_is_compared(read):
    experiment.sweeps(read(TOML))  # to the data under two noises
    experiment.sweeps(read(of_two(EARLY, EARLY, "stopped")))
    of_kl = of_two(EARLY, EARLY.replace("0.1", "0.2"), "data")
    experiment.sweeps(read(of_kl.replace('"kl"', '"data_tv"')))
    eight = EARLY.replace(" }", ", steps = 8 }")
    along = of_two(eight, eight, "stopped")
    along = along.replace('"step"', '"delta"').replace("grid.steps", "grid.stop")
    experiment.sweeps(read(along.replace("[4, 8]", "[0.1, 0.2]")))  # one law at each δ
