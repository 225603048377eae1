"""Processes that work for this one: they end when it does, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.managers import SyncManager


@contextmanager
def pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of ``jobs`` fresh processes; submit within ``deaf_to_interrupts``.

    An error or Ctrl-C within the block ends them at once, in the middle of what they do.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, initializer=end_with_parent)
    try:
        yield executor
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def manager() -> Iterator[SyncManager]:
    """A process that holds queues for others."""
    held = SyncManager(ctx=multiprocessing.get_context("spawn"))
    with deaf_to_interrupts():
        held.start(end_with_parent)
    with held:
        yield held


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block ends; processes that are started within never hear it.

    A terminal sends it to all processes at once, and this one is to say so for all, once.
    """
    resource_tracker.ensure_running()  # as it starts, it would undo what follows
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """From now on this process ends when the one that started it does, were it killed."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
