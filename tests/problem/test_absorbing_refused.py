"""What cannot be a problem under absorbing noise."""

import pytest
from helpers.masked_problems import STOPPED

from harness import Problem, grids, output_law
from harness.noise import Absorbing, CyclicWalk, Uniform
from harness.samplers import Euler, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Perturbed
from toy_targets import Pairs, Parity, RandomTable


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": TauLeaping("clip")}, "adds up token values, which a mask does not have"),
        ({"sampler": TauLeaping("lose")}, "adds up token values, which a mask does not have"),
        ({"noise": Uniform()}, "masked_plug_in needs absorbing noise"),
        ({"noise": CyclicWalk()}, "masked_plug_in needs absorbing noise"),
        ({"grid": grids.even_reveal(4)}, "start='mask' goes with a grid that starts at T = inf"),
        ({"grid": grids.even_reveal(4), "start": "exact"}, "start='mask' goes with a grid"),
        ({"start": "mask"}, "start='mask' goes with a grid that starts at T = inf"),
        (
            {"grid": grids.even_reveal(4), "start": "mask", "sampler": Euler()},
            "start='mask' needs a step law with a limit at T = inf, which euler",
        ),
        (
            {
                "grid": grids.even_reveal(4),
                "start": "mask",
                "sampler": Tweedie(),
                "noise": Uniform(),
            },
            "start='mask' needs absorbing noise, which tweedie",
        ),
        (
            {"target": Pairs(class_sizes=(2, 3))},
            "absorbing noise acts on tokens one by one, got classes of them",
        ),
        ({"target": RandomTable(2, 11, 0)}, "more than max_states=65,536"),
    ],
)
def test_refusals(fields, message):
    given = {
        "target": Parity(3),
        "noise": Absorbing(),
        "sampler": MaskedPlugIn(),
        "grid": STOPPED,
    }
    with pytest.raises(ValueError, match=message):
        Problem(**given | fields)


def test_a_score_error_from_infinity_is_refused():
    problem = Problem(
        Parity(3),
        Absorbing(),
        MaskedPlugIn(),
        grids.even_reveal(3),
        Perturbed(score_error=0.1),
        "mask",
    )
    with pytest.raises(ValueError, match="ε_score adds up over noise time, which is infinite"):
        output_law(problem)
