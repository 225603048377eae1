"""Workers of a Dask cluster: what is done on one machine by processes is done there by its workers.

Needs ``dask.distributed``, which the extra ``cluster`` installs, here and on every worker.
"""

import contextlib
import math
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, InvalidStateError
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.foundation import own_code, sent_modules, telling
from harness.foundation.workers import GivenUp, Gone, Killed, few_threads

COMPARED = ("jax", "jaxlib", "numpy", "scipy", "dask", "distributed")
LOOK = 0.5  # seconds between two questions to the scheduler
PATIENCE = 300.0  # seconds that a worker is waited for where all are gone
AGAIN = 60.0  # seconds that a scheduler which was there before is waited for
EXTRA = "a cluster needs dask.distributed: pip install 'leapcheck[cluster]'"


class Unlike(ValueError):
    """A worker that has not what this process has: its numbers would not be those from here."""


class Cluster:
    """The workers of the Dask ``client``, one task at a time on each, as ``Workers``.

    ``modules``: files and folders of modules of one's own, which are sent to the workers.  Workers
    may come, and are asked what they have before they get anything, and go.  Where all are gone,
    and the scheduler, some are waited for ``patience`` seconds.  Raises ValueError where there are
    no workers, or one has another Python, leapcheck, JAX or NumPy.
    """

    forgives = 2
    """A machine may be lost for many reasons."""

    def __init__(
        self, client: Any, modules: Iterable[Path] = (), patience: float = PATIENCE
    ) -> None:
        self.client, self._modules, self._patience = client, list(modules), patience
        self.limits: list[float] = []
        """Bytes of memory that each worker may have; 0 once it is gone."""
        self._addresses: list[str] = []
        self._numbers: dict[str, int] = {}  # of those there are
        self._asked: dict[str, Any] = {}
        self._unlike: set[str] = set()
        self._given: dict[int, tuple[Any, Future[Any]]] = {}
        self._looked = self._seen = -math.inf
        told = client.scheduler_info(n_workers=-1)
        self._where = told["address"]
        if not told["workers"]:
            raise ValueError(f"{client} has no workers")
        found = client.run(about_worker, on_error="return")
        check_alike(about(), found)
        self._send(told["id"])
        for address in sorted(told["workers"].keys() & found.keys()):
            self._join(address, told["workers"][address])
        self.number = len(self._numbers)
        """How many there were at the beginning."""

    def where(self, worker: int) -> str:
        """``Workers.where``: its address."""
        return self._addresses[worker]

    def there(self) -> list[int]:
        """``Workers.there``: those that run, are like this process, and have memory left."""
        now = time.monotonic()
        if now >= self._looked + LOOK:
            self._ready = self._look()
            self._looked = time.monotonic()
        if self._ready or self._given:
            self._seen = now
        elif self.client.status == "closed":
            raise Gone(f"the scheduler at {self._where} is gone, and did not come back")
        elif now > self._seen + self._patience:
            raise Gone(f"no worker is left at {self._where}, and none came in {self._patience:g} s")
        return self._ready

    def submit(self, worker: int, function: Callable[..., Any], *given: Any) -> Future[Any]:
        """``Workers.submit``: ``worker`` calls ``function`` with what is ``given``.

        No other one does, wherever it ends.
        """
        told: Future[Any] = Future()
        told.set_running_or_notify_cancel()
        try:
            future = self._only(self._addresses[worker], function, *given)
        except Exception as error:
            if self.client.status == "running":
                raise
            told.set_exception(GivenUp(f"the scheduler is gone: {error}"))
            return told
        self._given[worker] = future, told
        future.add_done_callback(lambda done: self._pass_on(worker, done, told))
        return told

    def _only(self, address: str, function: Callable[..., Any], *given: Any) -> Any:
        return self.client.submit(function, *given, workers=[address], pure=False)

    def _look(self) -> list[int]:
        """Who has come and gone: numbers of those that can be given something."""
        told = self._told()
        for address in self._numbers.keys() - told.keys():
            self._leave(address)
        for address in self._asked.keys() - told.keys():
            _cancel(self._asked.pop(address))
        self._unlike &= told.keys()
        for address in told.keys() - self._numbers.keys() - self._asked.keys() - self._unlike:
            self._asked[address] = self._only(address, about_worker)
        for address in [each for each, future in self._asked.items() if future.done()]:
            try:
                check_alike(about(), {address: _result(self._asked.pop(address))})
            except Unlike as error:
                self._unlike.add(address)
                telling.say(f"{error}; it is given nothing")
            else:
                self._join(address, told[address])
        states = {number: told[address]["status"] for address, number in self._numbers.items()}
        for number in [k for k, state in states.items() if state == "paused" and k in self._given]:
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                self._give_up_unless_begun(number)
        return [number for number, state in states.items() if state == "running"]

    def _told(self) -> dict[str, Any]:
        """What the scheduler tells of each worker, by address; nothing where it cannot be asked."""
        if self.client.status != "running":
            return {}
        told = self.client.scheduler_info(n_workers=-1)
        if self.client.status != "running":  # what it said before is told again
            return {}
        if told["id"] != self._scheduler:  # another one, where nobody has our modules
            try:
                self._send(told["id"])
            except OSError:
                return {}
        return told["workers"]

    def _send(self, scheduler: str) -> None:
        """Have the ``scheduler``, of that id, and all its workers import what is ours."""
        if self._modules:
            sent_modules.send(self.client, self._modules)
        self._scheduler = scheduler

    def _join(self, address: str, told: Mapping[str, Any]) -> None:
        self._numbers[address] = len(self._addresses)
        self._addresses.append(address)
        self.limits.append(float(told.get("memory_limit") or "inf"))

    def _leave(self, address: str) -> None:
        number = self._numbers.pop(address)
        self.limits[number] = 0.0
        if self.client.status == "running":
            self._take_back(number, Killed(f"worker {address} ended suddenly"))
        else:
            self._take_back(number, GivenUp("the scheduler is gone"))

    def _give_up_unless_begun(self, number: int) -> None:
        """A worker whose memory is full begins nothing: another one may."""
        future, _ = self._given[number]
        if not future.done() and not self.client.call_stack([future]):
            self._take_back(number, GivenUp(f"worker {self._addresses[number]} is paused"))

    def _take_back(self, number: int, why: Killed) -> None:
        future, told = self._given.get(number, (None, None))
        if told:
            self._end(number, told, error=why)
            _cancel(future)

    def _pass_on(self, worker: int, done: Any, told: Future[Any]) -> None:
        try:
            result = done.result()
        except Exception as error:
            name = type(error).__name__
            if name == "KilledWorker":
                error = Killed(f"workers ended suddenly ({error})")
            elif self.client.status != "running" or "Cancelled" in name:
                error = GivenUp(f"the cluster gave it up ({error})")
            self._end(worker, told, error=error)
        except BaseException as error:  # asyncio's own CancelledError
            why = GivenUp(f"the cluster gave it up ({type(error).__name__})")
            self._end(worker, told, error=why)
        else:
            self._end(worker, told, result)

    def _end(
        self,
        worker: int,
        told: Future[Any],
        result: Any = None,
        error: BaseException | None = None,
    ) -> None:
        """Tell it, unless it was told before, when the worker may have been given more."""
        if self._given.get(worker, (None, None))[1] is told:
            self._given.pop(worker, None)
        with contextlib.suppress(InvalidStateError):
            if error is not None:
                told.set_exception(error)
            else:
                told.set_result(result)


def connected(address: str) -> Any:
    """A client of the scheduler at ``address``.  Raises ValueError where there is none."""
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]
        from distributed.comm.addressing import (  # pyright: ignore[reportMissingImports]
            get_address_host_port,
        )
    except ImportError:
        raise ValueError(EXTRA) from None
    try:
        get_address_host_port(address, strict=True)  # a client of what is none does not end well
        Client(address, timeout="10s", set_as_default=False).close()
        return Client(address, timeout=AGAIN, set_as_default=False)
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


def about_worker(dask_worker: Any = None) -> dict[str, str]:
    """``about`` of a worker, in which XLA takes no more threads from now on than Dask lets it have.

    It must have computed nothing before.
    """
    from distributed import get_worker  # pyright: ignore[reportMissingImports]

    few_threads((dask_worker or get_worker()).state.nthreads)
    return about()


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


def _result(future: Any) -> Any:
    """What was done, or the error that it ended with."""
    try:
        return future.result()
    except Exception as error:
        return error


def _cancel(future: Any) -> None:
    with contextlib.suppress(Exception):  # there is nobody to do it
        future.cancel()
