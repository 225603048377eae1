"""What is installed, under its own name: ``leapcheck`` offers what ``harness`` offers.

They are the same objects, and so are all modules: ``import leapcheck.samplers`` gives the module
``samplers`` of ``harness``.  Of the packages beside it there are ``leapcheck.toy_targets`` and
``leapcheck.bounds``.  Type checkers know the names of the root; they read ``harness`` for modules.
``python -m leapcheck`` is the command line.
"""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import harness

BESIDE = ("toy_targets", "bounds")

if TYPE_CHECKING:
    import bounds as bounds
    import toy_targets as toy_targets
    from harness import *  # noqa: F403 - all of it, whatever that comes to be
else:
    __path__ = []  # it has modules, which are found below

    def __getattr__(name: str) -> Any:
        return import_module(name) if name in BESIDE else getattr(harness, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *dir(harness), *BESIDE})


class SameModules(MetaPathFinder, Loader):
    """Finds a module of ``leapcheck``: one of ``harness``, or a package beside it."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """A spec where there is such a module; of other modules we know nothing."""
        own, _, inner = fullname.partition(".")
        if own != "leapcheck" or not inner:
            return None
        real = inner if inner.partition(".")[0] in BESIDE else f"harness.{inner}"
        return ModuleSpec(fullname, self, origin=real) if find_spec(real) else None

    def exec_module(self, module: Any) -> None:
        """Put the module itself in the place of the empty one of its other name."""
        sys.modules[module.__name__] = import_module(module.__spec__.origin)


if __name__ == "__main__":
    from harness.cli import main

    main()
else:
    # Before those of Python, which would load a module of ``harness`` a second time.
    sys.meta_path.insert(0, SameModules())
