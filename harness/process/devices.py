"""Several devices for one problem: each holds an equal share of the states, in their order."""

from functools import cache
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "states"
ROWS = PartitionSpec(AXIS)
HINT = "XLA_FLAGS=--xla_force_host_platform_device_count={} makes so many of a processor"


@cache
def mesh(count: int) -> Mesh:
    """The first ``count`` devices of this process in a row.

    Raises ValueError where there are fewer.
    """
    there = jax.devices()
    if count > len(there):
        raise ValueError(f"{count} devices are asked for, {len(there)} there: {HINT.format(count)}")
    return Mesh(np.array(there[:count]), (AXIS,))


def spread_out(count: int, rows: Any, axis: int = 0) -> Any:
    """``rows [n, ..]``, traced or not, an equal share of them on each of ``count`` devices.

    ``axis`` of the array is that of the rows.  As they are on one device, and where there is no
    equal share.
    """
    if count == 1 or rows.shape[axis] % count:
        return rows
    where = NamedSharding(mesh(count), PartitionSpec(*(None,) * (axis % rows.ndim), AXIS))
    if isinstance(rows, Tracer):
        return jax.lax.with_sharding_constraint(rows, where)
    return jax.device_put(rows, where)


def from_all(count: int, rows: Array) -> Array:
    """Within ``each_with_its_share``: ``rows [n, ..]`` of every device, in the order of these."""
    return rows if count == 1 else jax.lax.all_gather(rows, AXIS, tiled=True)


def own_share(count: int, rows: Array) -> Array:
    """Within ``each_with_its_share``: of ``rows [n, ..]`` that all have, those of this device."""
    if count == 1:
        return rows
    share = len(rows) // count
    return jax.lax.dynamic_slice_in_dim(rows, jax.lax.axis_index(AXIS) * share, share)


def each_with_its_share(count: int, work: Any, *given: Any) -> Any:
    """``work`` on each of ``count`` devices, on its rows of arrays ``given``; so is what it gives.

    On one device it is ``work(*given)``.
    """
    if count == 1:
        return work(*given)
    return jax.shard_map(
        work, mesh=mesh(count), in_specs=(ROWS,) * len(given), out_specs=ROWS, check_vma=False
    )(*given)
