"""A jaxpr gone through operation by operation: numbers by JAX itself, noise by its elements."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.jax.held import Bits, Held, Keys
from harness.traced.jax.keys import KeyRing
from harness.traced.jax.lines import line_of
from harness.traced.jax.on_noise import MOVING, ON_NOISE, moved, on_bits, sort
from harness.traced.jax.random_primitives import NAMED, RANDOM
from harness.traced.lines import located
from harness.traced.outcomes import Outcomes
from harness.traced.uniforms import Uniforms

# Programs within programs that are gone through once, and the parameter that has them.
CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "remat": "jaxpr",
    "checkpoint": "jaxpr", "remat2": "jaxpr", "custom_lin": "jaxpr",
}  # fmt: skip
CALLBACKS = ("pure_callback", "io_callback")


class Interpreter:
    """One run of a program with the draws that ``outcomes`` answers."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes, self.uniforms = outcomes, Uniforms(outcomes)
        self.line = ""
        self.ring = KeyRing(lambda: self.line)

    def run(self, jaxpr: Any, consts: Any, args: Any) -> list[Any]:
        """The results of a program (a Jaxpr) with these constants and arguments."""
        values: dict[Any, Any] = {}

        def read(var: Any) -> Any:
            return var.val if isinstance(var, Literal) else values[var]

        values.update(zip(jaxpr.constvars, consts, strict=True))
        values.update(zip(jaxpr.invars, args, strict=True))
        for eqn in jaxpr.eqns:
            found = self._answer(eqn, [read(var) for var in eqn.invars])
            values.update(zip(eqn.outvars, found, strict=True))
        return [read(var) for var in jaxpr.outvars]

    def closed(self, jaxpr: Any, args: Any) -> list[Any]:
        """As ``run``, of a program that may have its constants with it."""
        if isinstance(jaxpr, ClosedJaxpr):
            return self.run(jaxpr.jaxpr, jaxpr.consts, args)
        return self.run(jaxpr, [], args)

    def _answer(self, eqn: Any, args: list[Any]) -> list[Any]:
        name = eqn.primitive.name
        self.line = line_of(eqn) or self.line
        try:
            return self._found(name, eqn, args)
        except (Untraceable, Coupled, TooManyWorlds) as error:
            raise located(error, name, self.line) from None

    def _found(self, name: str, eqn: Any, args: list[Any]) -> list[Any]:
        if name in CALLS:
            named = NAMED.get(eqn.params.get("name", ""))
            found = None if named is None else named(self, eqn, *args)
            return self.closed(eqn.params[CALLS[name]], args) if found is None else [found]
        if name in CONTROL:
            return CONTROL[name](self, eqn, args)
        if name in RANDOM:
            return [RANDOM[name](self, eqn, *args)]
        held = [each for each in args if isinstance(each, Held)]
        if name in CALLBACKS:
            if held:
                raise Untraceable("noise or a key is handed to a callback, or to the model")
            return [jnp.asarray(each) for each in eqn.params["callback"](*args)]
        if not held:
            found = eqn.primitive.bind(*args, **eqn.params)
            made = list(found) if eqn.primitive.multiple_results else [found]
            self.outcomes.computed_in.update(
                str(each.dtype) for each in made if jnp.issubdtype(each.dtype, jnp.floating)
            )
            return made
        if name in MOVING:
            return moved(eqn, args)
        if name == "sort":
            return sort(self, eqn, *args)
        if any(isinstance(each, Bits) for each in held):
            return [on_bits(self, eqn, args)]
        if name not in ON_NOISE or any(isinstance(each, Keys) for each in held):
            what = "keys" if any(isinstance(each, Keys) for each in held) else "continuous noise"
            raise Untraceable(
                f"{name} of {what} is not followed: noise may go through monotone elementwise "
                "functions with numbers, and must end in a comparison, an argmax or a sort"
            )
        found = ON_NOISE[name](self, eqn, *args)
        return found if isinstance(found, list) else [found]


# -- loops and branches --------------------------------------------------------------------------


def _scan(run: Interpreter, eqn: Any, args: list[Any]) -> list[Any]:
    of = eqn.params
    first, last = of["num_consts"], of["num_consts"] + of["num_carry"]
    consts, carry, rows = args[:first], args[first:last], args[last:]
    turns = range(of["length"])
    told: dict[int, list[Any]] = {}
    for k in reversed(turns) if of["reverse"] else turns:
        found = run.closed(of["jaxpr"], [*consts, *carry, *(_row(each, k) for each in rows)])
        carry, told[k] = found[: of["num_carry"]], found[of["num_carry"] :]
    results = eqn.outvars[of["num_carry"] :]
    return [*carry, *(_stacked([told[k][i] for k in turns], var.aval)
                      for i, var in enumerate(results))]  # fmt: skip


def _row(x: Any, k: int) -> Any:
    if not isinstance(x, Held):
        return x[k]
    return x.taken(np.arange(int(np.prod(x.shape))).reshape(x.shape)[k])


def _stacked(rows: list[Any], aval: Any) -> Any:
    held = [each for each in rows if isinstance(each, Held)]
    if not held:
        return jnp.stack(rows) if rows else jnp.zeros(aval.shape, aval.dtype)
    if all(isinstance(each, Keys) for each in rows):
        return Keys(np.stack([each.ids for each in rows]))
    raise Untraceable("a scan gives back noise of each of its turns: consume it within")


def _while(run: Interpreter, eqn: Any, args: list[Any]) -> list[Any]:
    of = eqn.params
    first, last = of["cond_nconsts"], of["cond_nconsts"] + of["body_nconsts"]
    state = args[last:]
    while _told(run.closed(of["cond_jaxpr"], [*args[:first], *state])[0]):
        state = run.closed(of["body_jaxpr"], [*args[first:last], *state])
    return state


def _cond(run: Interpreter, eqn: Any, args: list[Any]) -> list[Any]:
    branches = eqn.params["branches"]
    which = min(max(int(_told(args[0])), 0), len(branches) - 1)
    return run.closed(branches[which], args[1:])


def _told(x: Any) -> Any:
    if isinstance(x, Held):
        raise Untraceable("a branch or a loop asks for the value of noise: compare it first")
    return x


CONTROL = {"scan": _scan, "while": _while, "cond": _cond}
