"""Orders that an experiment announces: within the tolerance, whatever the last digits are."""

import pytest

from harness.studies.experiment import Expect
from harness.studies.judge import announced
from harness.verdicts.slopes import Label, Slope

EXPECTED = Expect(quantity="kl", order=2, tolerance=0.1)


def slopes(*values, error=0.0):
    return [Slope(k + 1, k + 2, v, error, Label.RESOLVED) for k, v in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "error", "right"),
    [
        ((2.0, 2.05, 1.95), 0.0, True),
        ((2.0, 2.0, 2.1 + 1e-15), 0.0, True),  # at the tolerance but for rounding
        ((1.9 - 1e-15, 2.0, 2.0), 0.0, True),
        ((2.0, 2.105, 2.0), 0.0, False),
        ((2.0, 2.105, 2.0), 0.01, True),  # its error explains what is too much
        ((2.12, 2.0, 2.0), 0.01, False),
        ((-2.0, -2.0, -2.0), 0.0, False),
    ],
)
def test_what_is_announced(values, error, right):
    assert announced(slopes(*values, error=error), EXPECTED) is right
