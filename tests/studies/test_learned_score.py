"""A score that is learned, and its exact error."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import harness
from harness import Problem, grids, measure
from harness.noise import CyclicWalk, Uniform
from harness.samplers import TauLeaping
from harness.show import learned_score_figure
from harness.studies import learned_score
from harness.studies.learned_score import interplay, train
from toy_targets import PottsRing

PROBLEM = Problem(
    PottsRing(2, 2, 1.0),
    Uniform(),
    TauLeaping("wrap"),
    grids.geometric(3.0, 0.1, kappa=0.3),
    start="exact",
)
KEPT = Path(harness.__file__).parents[1] / "results" / "learned_score"


@pytest.fixture(scope="module")
def scores():
    return train(PROBLEM, (0, 100, 600))


@pytest.fixture(scope="module")
def rows(scores):
    return interplay(PROBLEM, scores, 64)


def test_training_lowers_the_exact_error(scores, rows):
    errors = [row["score_error"] for row in rows]
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.05 * errors[0]
    assert [score.steps for score in scores] == [0, 100, 600]


def test_the_errors_add_up_in_paths_and_not_in_outputs(rows):
    """The path KL is that of the steps and ε_score: the identity of explicit_path."""
    for row in rows:
        wanted = row["path_kl_steps"] + row["score_error"]
        assert row["path_kl"] == pytest.approx(wanted, rel=1e-10)
        assert row["kl"] < row["path_kl"]
    exact = measure(PROBLEM)
    assert {row["kl_steps"] for row in rows} == {exact.kl}
    assert rows[0]["kl_score"] == pytest.approx(rows[0]["kl"], rel=0.2)  # the score is all of it


def test_a_network_says_ratios_to_the_own_token_by_numpy_as_in_training(scores):
    score, x = scores[-1], np.array([[0, 1], [1, 1]])
    found = score(0.3, x)
    assert found.shape == (2, 2, 2)
    assert np.take_along_axis(found, x[..., None], -1) == pytest.approx(1.0)
    layers = [(jnp.asarray(w), jnp.asarray(b)) for w, b in score.layers]
    times = jnp.full(2, 0.3)
    traced = learned_score._log_ratios(layers, 2, jnp.asarray(x), times, jnp)
    assert np.exp(traced) == pytest.approx(found, rel=1e-5)


def test_the_loss_is_least_at_the_true_score():
    """Its mean over draws; three standard errors of the difference, whatever the direction."""
    problem, wide = PROBLEM, []
    law = jnp.log(jnp.asarray(problem.data_law).reshape(-1))
    states = jnp.asarray(problem.sequences.states())

    def at(change):
        def log_ratios(_, tokens, x, t, xp):
            each = jax.vmap(lambda u, one: problem.exact_score(u, one[None])[0])(t, x)
            return jnp.log(each) + change * (1.0 - jax.nn.one_hot(x, tokens)) * (1 + x[..., None])

        return log_ratios

    with pytest.MonkeyPatch.context() as patch:
        for change in (0.0, 0.2, -0.2):
            patch.setattr(learned_score, "_log_ratios", at(change))
            loss = jax.jit(lambda key: learned_score._loss(None, 2, states, law, key))
            wide.append(np.array([loss(key) for key in jax.random.split(jax.random.key(3), 60)]))
    for other in wide[1:]:
        gap = other - wide[0]
        assert gap.mean() > 3 * gap.std() / len(gap) ** 0.5


def test_bad_input_is_told(scores):
    with pytest.raises(ValueError, match="checkpoints must grow"):
        train(PROBLEM, (100, 50))
    with pytest.raises(TypeError, match="noise must be a Uniform"):
        train(replace(PROBLEM, noise=CyclicWalk()), (1,))
    with pytest.raises(ValueError, match="alone"):
        interplay(PROBLEM, scores[:1], 2)


def test_the_kept_rows_obey_the_identity_and_are_drawn():
    training = pd.read_csv(KEPT / "training.csv")
    stopping = pd.read_csv(KEPT / "stopping.csv")
    for rows in (training, stopping):
        assert rows["path_kl"].to_numpy() == pytest.approx(
            rows["path_kl_steps"] + rows["score_error"], rel=1e-3
        )
    left, right = learned_score_figure.figure(training, stopping).axes
    drawn = {line.get_label(): line for line in left.lines}
    assert drawn["ε_score"].get_ydata() == pytest.approx(training["score_error"])
    assert len(right.lines) == 2
