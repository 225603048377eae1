"""How XLA is asked to compile: most of a short run is compilation, of programs that run briefly.

Its newest emitters and the last of its optimisations take half of that time, and what they make is
no faster here (measured on spaces of 27 to 1,024 states); a program that is compiled in 32 pieces
takes a sixth more than in one.  They are chosen for a whole process, so only where leapcheck is the
process, on its command line and in its tests: a library leaves alone how its caller compiles.
"""

import os
from collections.abc import Mapping, MutableMapping
from importlib.util import find_spec

VARIABLE = "XLA_FLAGS"
# Every JAX that ``pyproject.toml`` allows knows them; a flag that XLA does not know ends a process.
LEVEL = "xla_backend_optimization_level"
PIECES = "xla_cpu_parallel_codegen_split_count"
LITTLE = 2  # of optimisation; of 1 LLVM cannot make every program
QUICK = {"xla_cpu_use_fusion_emitters": "false", PIECES: "1", LEVEL: str(LITTLE)}
USUAL = {"xla_cpu_use_fusion_emitters": "true", PIECES: "32", LEVEL: "3"}


def quickly(environment: MutableMapping[str, str] = os.environ, level: int = LITTLE) -> None:
    """Ask for little optimisation in what JAX compiles from now on: before its first computation.

    ``level`` is 0, the least, or more.  A flag that ``environment`` sets stays, and all do where
    JAX has other platforms than CPUs, which the level would be for too.
    """
    if find_spec("jax_plugins"):
        return
    given = environment.get(VARIABLE, "")
    wanted = {**QUICK, LEVEL: str(level)}
    missing = {name: value for name, value in wanted.items() if name not in given}
    if missing:
        environment[VARIABLE] = f"{given} {_written(missing)}".strip()


def as_it_comes() -> str:
    """The flags with which a process compiles as XLA does where nothing is asked for."""
    return _written(USUAL)


def _written(flags: Mapping[str, str]) -> str:
    return " ".join(f"--{name}={value}" for name, value in flags.items())
