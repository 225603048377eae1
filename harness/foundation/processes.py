"""Processes that work for this one: they end when it does, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any


@contextmanager
def pool(
    jobs: int, first: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool of ``jobs`` fresh processes; submit within ``deaf_to_interrupts``.

    Each calls ``first`` with what is ``given`` before anything else.  An error or Ctrl-C within the
    block ends them at once, in the middle of what they do.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(first, given))
    try:
        yield executor
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _begin(first: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    end_with_parent()
    if first:
        first(*given)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block ends; processes that are started within never hear it.

    A terminal sends it to all processes at once, and this one is to say so for all, once.  Another
    thread of this process may hear it, whereupon Python would break off in this one.
    """
    resource_tracker.ensure_running()  # as it starts, it would undo what follows
    heard: list[tuple[Any, ...]] = []
    usual = signal.getsignal(signal.SIGINT)
    waits = callable(usual) and threading.current_thread() is threading.main_thread()
    if waits:
        signal.signal(signal.SIGINT, lambda *given: heard.append(given))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if waits:
            signal.signal(signal.SIGINT, usual)
    if waits and heard and callable(usual):
        usual(*heard[0])


def end_with_parent() -> None:
    """From now on this process ends when the one that started it does, were it killed."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
