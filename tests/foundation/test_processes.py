"""Ctrl-C while processes are started."""

import os
import signal
import threading
import time

import pytest

from harness.foundation.processes import deaf_to_interrupts


def test_ctrl_c_that_another_thread_hears_waits_until_the_block_ends():
    begun, ended = threading.Event(), []

    def interrupt():
        begun.wait(5)
        os.kill(os.getpid(), signal.SIGINT)

    def work():
        with deaf_to_interrupts():
            begun.set()
            other.join(5)
            time.sleep(0.01)
            ended.append(True)

    other = threading.Thread(target=interrupt)
    other.start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
        assert ended == [True]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
