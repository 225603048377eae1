"""Inside, 64 bits and numpy's promotion; outside, whatever the caller has set."""

import jax
import jax.numpy as jnp
import pytest

from harness.foundation.precision import float64


def state():
    return jnp.asarray(0.1).dtype.itemsize, jax.config.jax_numpy_dtype_promotion


@pytest.mark.parametrize("bits", [False, True])
@pytest.mark.parametrize("promotion", ["standard", "strict"])
def test_flags_are_set_inside_and_come_back(bits, promotion):
    with jax.enable_x64(bits), jax.numpy_dtype_promotion(promotion):
        before = state()
        with float64():
            assert state() == (8, "standard")
            with float64():
                assert state() == (8, "standard")
            assert (jnp.asarray(0.1) + jnp.arange(3)).dtype == jnp.float64
        assert state() == before == (8 if bits else 4, promotion)


def test_flags_come_back_after_an_error():
    with jax.enable_x64(False):
        with pytest.raises(ZeroDivisionError), float64():
            raise ZeroDivisionError
        assert state()[0] == 4
