"""Two hosts with nothing but a link in common: network namespaces, where they can be made."""

import subprocess
from itertools import count
from os import getpid

import pytest

_NUMBER = count()


class Hosts:
    """``addresses`` of two hosts; ``within(k)`` is what a command on one of them begins with."""

    addresses = "10.213.7.1", "10.213.7.2"

    def __init__(self):
        self.names = [f"lc{getpid() % 10**6}n{next(_NUMBER)}" for _ in range(2)]

    def within(self, host):
        return ["ip", "netns", "exec", self.names[host]]

    def link(self, state):
        """``"up"`` or ``"down"``, on one side, so that the other is told nothing."""
        _ip("-n", self.names[1], "link", "set", self.names[1], state)

    def __enter__(self):
        try:
            for name in self.names:
                _ip("netns", "add", name)
        except (OSError, subprocess.CalledProcessError) as error:
            self.__exit__()
            pytest.skip(f"no network namespaces can be made here: {error}")
        _ip("link", "add", self.names[0], "type", "veth", "peer", "name", self.names[1])
        for name, address in zip(self.names, self.addresses, strict=True):
            _ip("link", "set", name, "netns", name)
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", name)
            _ip("-n", name, "link", "set", name, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for name in self.names:
            with_it = ["ip", "netns", "del", name]
            subprocess.run(with_it, capture_output=True, check=False)


def _ip(*words):
    subprocess.run(["ip", *words], capture_output=True, check=True)
