"""Workers: processes that each do one thing at a time, where one that is killed is replaced.

What is done goes to a worker by its number, since each keeps what it has compiled.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from harness.foundation import processes
from harness.foundation.machine import cores

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC", "NPROC")
"""What BLAS and XLA ask for how many threads they may have."""


class Killed(RuntimeError):
    """A worker ended in the middle of what it did."""


class GivenUp(Killed):
    """What was to be done is not, by no fault of its own: it is to be given to a worker again."""


class Gone(ConnectionError):
    """No worker is left, and none comes."""


class Workers(Protocol):
    """So many workers as ``number`` says, at the beginning; they may come and go."""

    @property
    def number(self) -> int: ...

    @property
    def limits(self) -> Sequence[float]:
        """Bytes that a task of each may hold, by its number; 0 for one that is gone."""
        ...

    @property
    def forgives(self) -> int:
        """How often what a worker was killed with is done again, before it is the suspect."""
        ...

    def where(self, worker: int) -> str:
        """What ``worker`` is called in messages."""
        ...

    def there(self) -> Sequence[int]:
        """Numbers of those that can be given something now; nobody has one that another had.

        Raises Gone where none is left, and none comes.
        """
        ...

    def submit(self, worker: int, function: Callable[..., Any], *given: Any) -> Future[Any]:
        """Have ``worker``, one of those ``there``, call ``function(*given)``.

        The future raises what the function does, Killed where the worker ended, and GivenUp where
        that tells nothing of what it did.
        """
        ...


class Here:
    """This process as the one worker there is: what is submitted is done at once."""

    number, limits, forgives = 1, (math.inf,), 0

    def where(self, worker: int) -> str:
        """``Workers.where``."""
        return "here"

    def there(self) -> Sequence[int]:
        """``Workers.there``: always."""
        return (0,)

    def submit(self, worker: int, function: Callable[..., Any], *given: Any) -> Future[Any]:
        """``Workers.submit``, where ``worker`` is 0: call ``function`` with what is ``given``."""
        told: Future[Any] = Future()
        told.set_running_or_notify_cancel()
        try:
            told.set_result(function(*given))
        except Exception as error:
            told.set_exception(error)
        return told


class Processes:
    """``number`` processes of this machine, with its cores divided among their threads.

    One that is killed is replaced at once, under its number.
    """

    forgives = 0

    def __init__(self, number: int, begun: ExitStack) -> None:
        self._begun = begun
        self._each = [self._started(number) for _ in range(number)]

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._each)

    @property
    def limits(self) -> Sequence[float]:
        """None of its own: they share the memory of this machine."""
        return (math.inf,) * self.number

    def where(self, worker: int) -> str:
        """``Workers.where``: the first is 1."""
        return f"process {worker + 1}"

    def there(self) -> Sequence[int]:
        """``Workers.there``: all."""
        return range(self.number)

    def submit(self, worker: int, function: Callable[..., Any], *given: Any) -> Future[Any]:
        """``Workers.submit``: ``worker`` calls ``function`` with what is ``given``."""
        told: Future[Any] = Future()
        with processes.deaf_to_interrupts():
            done = self._each[worker].submit(function, *given)
        told.set_running_or_notify_cancel()
        done.add_done_callback(lambda done: self._pass_on(worker, done, told))
        return told

    def _pass_on(self, worker: int, done: Future[Any], told: Future[Any]) -> None:
        if done.cancelled():
            told.set_exception(Killed("a process was told to end"))
            return
        error = done.exception()
        if isinstance(error, BrokenProcessPool):
            self._each[worker] = self._started(self.number)
            told.set_exception(Killed("a process ended suddenly"))
        elif error is not None:
            told.set_exception(error)
        else:
            told.set_result(done.result())

    def _started(self, number: int) -> ProcessPoolExecutor:
        threads = max(1, cores() // number)
        return self._begun.enter_context(processes.pool(1, few_threads, (threads,)))


@contextmanager
def of_this_machine(number: int) -> Iterator[Processes]:
    """``number`` processes; they end with the block, at once where an error or Ctrl-C ends it."""
    with ExitStack() as begun:
        yield Processes(number, begun)


def few_threads(number: int) -> None:
    """From now on libraries that are not loaded yet take no more threads, unless asked to."""
    for name in THREADS:
        os.environ.setdefault(name, str(number))
