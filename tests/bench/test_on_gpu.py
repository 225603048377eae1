"""The bench of a GPU, where there is none."""

import jax

from harness.bench import on_gpu


def test_without_a_gpu_it_says_so():
    if any(each.platform == "gpu" for each in jax.devices()):
        return
    assert list(on_gpu.run()) == ["no GPU is at hand: nothing was compared or measured"]


def test_equality_is_found_between_two_of_the_same():
    device = jax.devices("cpu")[0]
    line = on_gpu.equality(next(on_gpu.problems()), device, device)
    assert line == "Tweedie(): equal, 0 floors apart at most"
