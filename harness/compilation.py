"""Compiled code kept on disk, so that a second run compiles nothing.

Off unless the environment variable LEAPCHECK_CACHE names a folder, as the Makefile does.
"""

import os
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

FOLDER = "LEAPCHECK_CACHE"


def keep_compiled(name: str) -> None:
    """From now on this process keeps what it compiles under ``name`` in the folder.

    Two processes must not use one name at a time: JAX writes without a lock, and half a file is
    an error to the one that reads it.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    compilation_cache.set_cache_dir(str(Path(folder).resolve() / name))
    compilation_cache.reset_cache()
