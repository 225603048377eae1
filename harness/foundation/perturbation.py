"""What rounding could do to a run: every law, kernel and score multiplied by ``1 + u ε``.

Two processors differ in the last digits: other kernels add up in another order, other compilers
fuse other operations.  Where a seed is set, every place that calls ``perturbed`` gets an error of
its own, ``|u| ≤ 1`` and ``ε = 4·2^-52``, also inside compiled functions.  The factor of an entry
is a hash of its bits, its index, the place and the seed: one run is like another, as on a
processor.  Entries that are exactly 0 or 1 are so on every processor, and stay.

Without a seed ``perturbed`` gives back what it was given, and compiles to nothing.

Each call in the source is a *site*, named by the function that it stands in; ``sites`` lists them,
``HITS`` counts those at which errors were made.
"""

import ast
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

T = TypeVar("T")
VARIABLE = "LEAPCHECK_ROUNDING"
"""Environment variable that holds the seed: processes that a run starts inherit it."""
EPSILON = 4 * 2.0**-52
PLACES = (
    *("data law", "start law", "marginal", "posterior", "kernel", "rates", "score"),
    *("step law", "run law"),
)
"""What errors are made in; ``rates`` are those of the noise."""
HITS: Counter[str] = Counter()
"""How often errors were made at each site in this process (inside a compiled function: traced)."""
PACKAGE = Path(__file__).parents[1]
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # of the finaliser of SplitMix64
_ODD = 0x9E3779B97F4A7C15


def seed() -> int | None:
    """The seed of this process, if one is set."""
    found = os.environ.get(VARIABLE, "")
    return int(found) if found else None


def perturbed(place: str, value: T, beyond: float = 0.0) -> T:
    """``value``, an array or a tree of arrays, with an error in every entry of 64 bits.

    ``beyond``: how far an entry may be off, relatively, for another reason than rounding, which its
    error then covers too.
    """
    chosen = seed()
    if chosen is None:
        return value
    if place not in PLACES:
        raise ValueError(f"place must be one of {', '.join(PLACES)}, got {place!r}")
    caller = sys._getframe(1)
    HITS[f"{caller.f_globals['__name__']}.{caller.f_code.co_qualname}"] += 1
    salt = (zlib.crc32(place.encode()) << 20) ^ chosen
    return jax.tree.map(lambda each: _with_errors(each, salt, EPSILON + beyond), value)


@cache
def sites() -> dict[str, str]:
    """``{site: place}`` of every call of ``perturbed`` in the source of this package.

    Raises ValueError where a function has two calls, or one names its place by an expression.
    """
    found: dict[str, str] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        for site, place in sites_of(module, file.read_text(encoding="utf-8")):
            if site in found or place not in PLACES:
                raise ValueError(f"{site} must call perturbed once, with one of {PLACES}")
            found[site] = place
    return found


def sites_of(module: str, source: str) -> Iterator[tuple[str, str]]:
    """``(site, place)`` of every call of ``perturbed`` in the source of one module."""

    def within(node: ast.AST, inside: str) -> Iterator[tuple[str, str]]:
        for each in ast.iter_child_nodes(node):
            deeper = inside
            if isinstance(each, ast.ClassDef):
                deeper = f"{inside}.{each.name}"
            elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                name = getattr(each, "name", "<lambda>")
                deeper = f"{inside}.{name}.<locals>"
            elif isinstance(each, ast.Call) and getattr(each.func, "id", "") == "perturbed":
                place = each.args[0]
                named = str(place.value) if isinstance(place, ast.Constant) else ast.unparse(place)
                yield inside.removesuffix(".<locals>"), named
            yield from within(each, deeper)

    return within(ast.parse(source), module)


def _with_errors(value: Any, salt: int, size: float) -> Any:
    library = jnp if isinstance(value, jax.Array) else np
    array = library.asarray(value)
    if array.dtype != np.float64:
        return value
    index = library.arange(array.size, dtype=np.uint64).reshape(array.shape)
    bits = jax.lax.bitcast_convert_type(array, jnp.uint64) if library is jnp else array.view("u8")
    with np.errstate(over="ignore"):
        mixed = bits ^ (index * np.uint64(_ODD) + np.uint64((salt * _ODD) % 2**64))
        for shift, factor in zip((30, 27), _MIX, strict=True):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    share = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0
    return library.where(array == 1.0, array, array * (1.0 + size * share))
