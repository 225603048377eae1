"""Workers of a Dask cluster: what is done on one machine by processes is done there by its workers.

Needs ``dask.distributed``, which the extra ``cluster`` installs, here and on every worker.
"""

import contextlib
import platform
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.foundation import own_code
from harness.foundation.workers import Killed

COMPARED = ("jax", "jaxlib", "numpy", "scipy", "dask", "distributed")
EXTRA = "a cluster needs dask.distributed: pip install 'leapcheck[cluster]'"


class Unlike(ValueError):
    """A worker that has not what this process has: its numbers would not be those from here."""


class Cluster:
    """The workers of the Dask ``client``, one task at a time on each, as ``Workers``.

    ``modules``: files and folders of modules of one's own, which are sent to the workers.  Raises
    ValueError where there are no workers, or one has another Python, leapcheck, JAX or NumPy.
    """

    def __init__(self, client: Any, modules: Iterable[Path] = ()) -> None:
        self.client = client
        told = client.scheduler_info(n_workers=-1)["workers"]
        if not told:
            raise ValueError(f"{client} has no workers")
        self._addresses = sorted(told)
        self.limits = [float(told[each].get("memory_limit") or "inf") for each in self._addresses]
        """Bytes of memory that each worker may have."""
        check_alike(about(), self._about())
        for path in modules:
            _send(client, path)

    @property
    def number(self) -> int:
        """How many there were at the beginning; what is given to one that is gone, another does."""
        return len(self._addresses)

    def submit(self, worker: int, function: Callable[..., Any], *given: Any) -> Future[Any]:
        """``Workers.submit``: ``worker`` calls ``function`` with what is ``given``.

        Where it ends meanwhile, Dask has another one do it; Killed where several do.
        """
        where = {"workers": [self._addresses[worker]], "allow_other_workers": True}
        told: Future[Any] = Future()
        told.set_running_or_notify_cancel()
        future = self.client.submit(function, *given, **where, pure=False)
        future.add_done_callback(lambda done: _pass_on(done, told))
        return told

    def _about(self) -> dict[str, dict[str, str] | str]:
        """What each worker has, or why it cannot be asked."""
        return self.client.run(about, on_error="return")


def connected(address: str) -> Any:
    """A client of the scheduler at ``address``.  Raises ValueError where there is none."""
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ValueError(EXTRA) from None
    try:
        return Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"no scheduler of Dask at {address}: {error}") from error


def about() -> dict[str, str]:
    """What a worker must have in common with this process."""
    found = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    found["processor"] = platform.machine()
    for name in COMPARED:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return {**found, "leapcheck's code": own_code.digest().hex()[:12]}


def check_alike(here: Mapping[str, str], there: Mapping[str, Any]) -> None:
    """Raise Unlike with all that a worker, by its address in ``there``, has not as ``here``."""
    told = []
    for address, each in there.items():
        if isinstance(each, BaseException):
            told.append(f"worker {address} cannot import leapcheck: {each}")
            continue
        names = dict.fromkeys([*here, *each])
        other = [name for name in names if each.get(name) != here.get(name)]
        told += [f"worker {address} has {n} {each.get(n)}, here it is {here.get(n)}" for n in other]
    if told:
        raise Unlike("; ".join(told))


def _pass_on(done: Any, told: Future[Any]) -> None:
    try:
        told.set_result(done.result())
    except Exception as error:
        killed = type(error).__name__ in ("KilledWorker", "CancelledError", "FutureCancelledError")
        told.set_exception(Killed(f"workers ended suddenly ({error})") if killed else error)
    except BaseException as error:  # asyncio's own CancelledError
        told.set_exception(Killed(f"the cluster gave it up ({type(error).__name__})"))


def _send(client: Any, path: Path) -> None:
    """Have workers import what is at ``path``: a module's file, or a package's folder."""
    with _as_file(path) as file:
        client.upload_file(str(file))


@contextlib.contextmanager
def _as_file(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    with TemporaryDirectory() as folder:
        packed = Path(folder) / f"{path.name}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for each in sorted(path.rglob("*.py")):
                archive.write(each, each.relative_to(path.parent))
        yield packed
