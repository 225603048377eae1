"""Whether code takes its arguments in the order in which it is called with them."""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

# Names that people give to what code is called with.
ROLES: dict[str, frozenset[str]] = {
    "model": frozenset({"model", "net", "network", "denoiser", "score", "score_fn", "model_fn"}),
    "steps": frozenset(
        {"steps", "num_steps", "n_steps", "nsteps", "timesteps", "num_timesteps", "nfe"}
        | {"sampling_steps", "diffusion_steps", "num_inference_steps"}
    ),
    "rows": frozenset(
        {"rows", "batch", "batch_size", "bs", "bsz", "num_samples", "n_samples", "samples"}
        | {"n_rows", "num_rows"}
    ),
    "x": frozenset({"x", "xt", "x_t", "tokens", "state"}),
    "t": frozenset({"time", "t_now", "t_cur"}),  # some write s for t, and t for s
    "s": frozenset({"t_next", "next_t", "t_to"}),
    "count": frozenset({"count", "n", "size", "num", "batch", "batch_size", "num_samples"}),
    "seed": frozenset({"seed", "random_state"}),
}
SOURCES = {"torch": (), "numpy": ("rng",), "jax": ("key",)}  # what code draws by, by its name
LENGTHS_OF_STEPS = frozenset({"dt", "delta_t", "step_size"})  # where a time is handed over


def misfit(code: Callable[..., Any], passed: Sequence[str], by_name: Sequence[str] = ()) -> str:
    """What is wrong with a call of ``code`` with ``passed``, and ``by_name``; else nothing.

    ``passed`` are names of ``ROLES``.  It is wrong where the arguments do not fit the signature, or
    where it names one of them as another one of them.
    """
    try:
        signature = inspect.signature(code)
    except (TypeError, ValueError):
        # Code that is not written in Python, or a partial of arguments that it has not.
        return _misnamed(code)
    told = f"it is {_name(code)}{_plain(signature)} and is called as {_call(code, passed, by_name)}"
    try:
        signature.bind(*passed, **dict.fromkeys(by_name))
    except TypeError as error:
        return f"{told}: {error}"
    names = [each.name for each in signature.parameters.values() if each.kind in POSITIONAL]
    if "s" in passed and len(names) > 3 and names[passed.index("s")] in LENGTHS_OF_STEPS:
        dt = names[passed.index("s")]
        return f"{told}, s being the time to which it goes: wrap it, with t - s for {dt}"
    roles = [_role(name, passed) for name in names[: len(passed)]]
    if not any(role and role != mine for role, mine in zip(roles, passed, strict=False)):
        return ""
    order = ", ".join(role or mine for role, mine in zip(roles, passed, strict=False))
    return (
        f"{told}: by their names they stand in another order. Wrap it: "
        f"lambda {', '.join([*passed, *by_name])}: {_name(code)}({order})"
    )


def _misnamed(code: Callable[..., Any]) -> str:
    """What is wrong with the arguments that a ``partial`` has by name; else nothing."""
    if not isinstance(code, partial):
        return ""
    try:
        signature = inspect.signature(code.func)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind_partial(**code.keywords)
    except TypeError as error:
        named = ", ".join(f"{name}={value!r}" for name, value in code.keywords.items())
        return f"it is {_name(code)}{_plain(signature)} and is called with {named}: {error}"
    return ""


POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _role(name: str, passed: Sequence[str]) -> str:
    """Which of ``passed`` an argument of this ``name`` is, if that is known."""
    return next((role for role in passed if name.lower() in ROLES.get(role, ())), "")


def _name(code: Callable[..., Any]) -> str:
    whole = code.func if isinstance(code, partial) else code
    return getattr(whole, "__name__", type(whole).__name__)


def _plain(signature: inspect.Signature) -> str:
    """Without annotations."""
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def _call(code: Callable[..., Any], passed: Sequence[str], by_name: Sequence[str]) -> str:
    return f"{_name(code)}({', '.join([*passed, *(f'{name}={name}' for name in by_name)])})"
