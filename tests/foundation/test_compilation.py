"""What XLA is asked for: by our own processes only, and never against what is set already."""

import os
import subprocess
import sys

from harness.foundation import compilation

EMITTERS, PIECES, LEVEL = compilation.QUICK


def test_flags_that_are_set_stay():
    environment = {"XLA_FLAGS": f"--{LEVEL}=2 --xla_cpu_max_isa=AVX"}
    compilation.quickly(environment)
    wanted = f"--{LEVEL}=2 --xla_cpu_max_isa=AVX --{EMITTERS}=false --{PIECES}=1"
    assert environment == {"XLA_FLAGS": wanted}
    compilation.quickly(environment, level=0)
    assert environment == {"XLA_FLAGS": wanted}
    usual = {"XLA_FLAGS": compilation.as_it_comes()}
    compilation.quickly(usual)
    assert usual == {"XLA_FLAGS": compilation.as_it_comes()}


def test_nothing_is_asked_where_jax_has_other_platforms(monkeypatch):
    monkeypatch.setattr(compilation, "find_spec", lambda name: name == "jax_plugins")
    environment = {}
    compilation.quickly(environment)
    assert environment == {}


def test_the_flags_are_ones_that_xla_knows():
    """A process with one that it does not know ends at its first computation."""

    def ends(flags: str) -> int:
        environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
        program = [sys.executable, "-c", "import jax; jax.numpy.ones(3).block_until_ready()"]
        return subprocess.run(program, env=environment, capture_output=True, check=False).returncode

    environment = {}
    compilation.quickly(environment)
    assert ends(environment["XLA_FLAGS"]) == ends(compilation.as_it_comes()) == 0
    assert ends("--xla_cpu_nonsense=true") != 0


def test_a_library_leaves_alone_how_its_caller_compiles():
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    code = "import os, harness, toy_targets, bounds; print(os.environ.get('XLA_FLAGS'))"
    told = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert told == "None\n"
