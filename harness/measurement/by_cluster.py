"""Many problems measured by the workers of a Dask cluster."""

from collections.abc import Sequence
from typing import Any

from harness.foundation.cluster import Cluster
from harness.measurement.kept import Store
from harness.measurement.result import Measurement
from harness.measurement.spread import measured_by as by_workers
from harness.problem.problem import Problem
from harness.problem.sources import own_files


def measured_by(
    client: Any, store: Store, problems: Sequence[Problem], asked: str
) -> list[Measurement | Exception]:
    """What is ``asked`` of each of ``problems``; an error in the place of its own.

    Raises ValueError where there are no workers, or they are not like this process.
    """
    return by_workers(Cluster(client, own_files(problems)), store, problems, asked)
