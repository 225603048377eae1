"""PyTorch code under a mode that answers what it draws and follows the noise that it makes."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from harness.traced.counts import Counts, Spent
from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.later import Later, Law
from harness.traced.lines import line_of_code, located
from harness.traced.noise import Noise
from harness.traced.outcomes import Outcomes
from harness.traced.torch.counting import Counting, counting, followed
from harness.traced.torch.noisy import Cell, Noisy, numbers, places, tensor_of
from harness.traced.torch.on_noise import ON_NOISE
from harness.traced.torch.random_operators import RANDOM
from harness.traced.torch.rows import RowsOfBatch
from harness.traced.torch.softmax import Soft, on_soft
from harness.traced.torch.undrawn import (
    SHAPE_ALONE,
    Undrawn,
    looked_at,
    places_drawn,
    undrawn,
)
from harness.traced.torch.wrapped import Wrapped
from harness.traced.uniforms import Uniforms

LIBRARY = str(Path(torch.__file__).parent)
SEEDED = torch.Tag.nondeterministic_seeded


class Tracer(TorchDispatchMode):
    """Runs code with the draws that ``outcomes`` answers: ``with Tracer(outcomes): ...``.

    What draws is told by the operator, never by its name in Python.  An operator that draws and is
    not known, or that is applied to noise and cannot be followed, raises Untraceable with the line
    of the caller's code; so do random numbers that come from numpy or from Python's ``random``.
    """

    def __init__(self, outcomes: Outcomes, follow_counts: bool = True) -> None:
        super().__init__()
        self.follow_counts, self.spent = follow_counts, Spent()
        self.outcomes = outcomes
        self.rows = RowsOfBatch(outcomes.rows)
        self.later = Later(outcomes)
        self.uniforms = Uniforms(outcomes, self.later)
        self.filled: dict[int, tuple[torch.Tensor, Cell]] = {}  # storages with noise in them

    def __enter__(self) -> "Tracer":
        self._before = _states_of_generators()
        return super().__enter__()

    def __exit__(self, kind: Any, *rest: Any) -> None:
        super().__exit__(kind, *rest)
        names = [
            name for name, state in _states_of_generators().items() if state != self._before[name]
        ]
        if kind is None and names:
            raise Untraceable(
                f"the code drew from {' and '.join(names)}, which are not followed here: draw by "
                "PyTorch's own operators"
            )

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            return self._answer(func, args, kwargs or {})
        except (Untraceable, Coupled, TooManyWorlds) as error:
            raise located(error, str(func), line_of_code((LIBRARY,))) from None

    def _answer(self, func: Any, args: Any, kwargs: Any) -> Any:
        op = func.overloadpacket
        args = [_as_written(each) for each in args]
        if op not in RANDOM and SEEDED not in func.tags:
            tensors = _tensors(args, kwargs)
            if not any(self._stands_for_more(each) for each in tensors):
                out = func(*args, **kwargs)
                self._note_precision(out)
                self.rows.note(op, tensors, out)
                return out
        flat, form = tree_flatten((args, kwargs))
        if any(isinstance(each, Undrawn) for each in flat):
            found, flat = self._with_undrawn(func, args, kwargs)
            if found is not None:
                return found
            _, form = tree_flatten((list(args), kwargs))
            args, kwargs = tree_unflatten(flat, form)
        if any(isinstance(each, Counting) for each in flat):
            if not func._schema.is_mutable:
                found = followed(func, args, kwargs)
                if found is not None:
                    return found
            elif isinstance(args[0], Counting):
                raise Untraceable(f"{op} writes into a tensor of random counts: make a new one")
            flat = [self._drawn(each) for each in flat]
            args, kwargs = tree_unflatten(flat, form)
        if self.filled:
            seen = [self._with_noise(each) for each in flat]
            args, kwargs = tree_unflatten(seen, form)
        else:
            seen = flat
        if op in RANDOM:
            return RANDOM[op](self, func, args, kwargs)
        if SEEDED in func.tags:
            raise Untraceable(
                f"{op} draws in a way that is not followed: draw categories by multinomial, "
                "uniform, exponential or Gumbel noise"
            )
        if any(isinstance(each, Soft) for each in seen):
            return on_soft(self, func, args, kwargs)
        if op not in ON_NOISE:
            seen = [_settled(each) for each in seen]
            args, kwargs = tree_unflatten(seen, form)
        if any(isinstance(each, Noisy) for each in seen):
            if op not in ON_NOISE:
                raise Untraceable(
                    f"{op} of continuous noise is not followed: noise may go through monotone "
                    "elementwise functions with numbers, and must end in a comparison, an argmax "
                    "or a sort"
                )
            out = ON_NOISE[op](self, func, args, kwargs)
            return flat[0] if out is args[0] and isinstance(out, Noisy) else out
        out = func(*args, **kwargs)
        self.rows.note(op, flat, out)
        return out

    def _note_precision(self, out: Any) -> None:
        """Of an operator's first result."""
        each = out[0] if isinstance(out, list | tuple) and out else out
        if isinstance(each, torch.Tensor) and each.dtype.is_floating_point:
            self.outcomes.computed_in.add(str(each.dtype).removeprefix("torch."))

    def _stands_for_more(self, each: torch.Tensor) -> bool:
        """Whether a tensor is not just its numbers."""
        if isinstance(each, Wrapped):
            return True
        return bool(self.filled) and each.untyped_storage()._cdata in self.filled

    def _with_undrawn(self, func: Any, args: Any, kwargs: Any) -> tuple[Any, list[Any]]:
        """What an operator makes of draws that are put off, or else its arguments, drawn."""
        args, kwargs = tree_map(_as_written, (list(places_drawn(func, args)), kwargs))
        flat, _ = tree_flatten((args, kwargs))
        op, target = func.overloadpacket, args[0] if args else None
        if func._schema.is_mutable and isinstance(target, Undrawn):
            flat[0] = target.opened()
        elif op in SHAPE_ALONE and isinstance(target, Undrawn):
            flat[0] = target.known
        elif any(isinstance(each, Undrawn) for each in flat):
            found = looked_at(func, args, kwargs)
            if found is not None:
                if isinstance(found, torch.Tensor):
                    plain = [each.known if isinstance(each, Undrawn) else each for each in flat]
                    self.rows.note(op, plain, found)
                return found, flat
        return None, [each.drawn() if isinstance(each, Undrawn) else each for each in flat]

    def draw(
        self,
        kind: str,
        law: Law,
        width: int,
        rows: np.ndarray,
        shape: Any,
        low: int = 0,
        dtype: torch.dtype = torch.long,
    ) -> Any:
        """A tensor of draws, of ``shape``, as ``Later.put_off`` has them: drawn when looked at."""
        if self.outcomes.at_once or not len(rows):
            got = low + self.outcomes.site(kind, lambda: law(np.arange(len(rows))), rows)
            return torch.from_numpy(got.reshape(tuple(shape))).to(dtype)
        return undrawn(self.later, self.later.put_off(kind, law, width, rows, low), shape, dtype)

    def noise(
        self, shape: Any, dtype: torch.dtype, like: Any, law: Callable[[Noise], Noise]
    ) -> Any:
        """A tensor of fresh noise, ``law`` of uniforms."""
        self.outcomes.precisions.add(str(dtype).removeprefix("torch."))
        shape = tuple(int(n) for n in shape)
        return tensor_of(law(self.uniforms.fresh(self.rows.of(shape, like))), shape, dtype)

    def held(self, found: Any) -> Any:
        """What the code gives, with the noise that has been put into it, counts drawn."""
        return tree_map(lambda each: self._with_noise(self._drawn(each)), found)

    def count(self, law: np.ndarray, which: np.ndarray, like: Any, kind: str) -> Any:
        """Counts with laws ``law[which]`` of ``law [m, K]``, one for each element of ``like``."""
        rows = self.rows.of(tuple(like.shape), like)
        if not self.follow_counts:
            got = self.outcomes.site(kind, law[which], rows)
            return torch.from_numpy(got).reshape(like.shape).to(like.dtype)
        made_of = self.spent.fresh(len(which))[:, None]
        return counting(Counts.drawn(law, which, made_of, rows), like.shape, like.dtype)

    def _drawn(self, each: Any) -> Any:
        """Counts, and draws that were put off, as a plain tensor, drawn where they are not."""
        if isinstance(each, Undrawn):
            return each.drawn()
        if not isinstance(each, Counting):
            return each
        value = each.counts.draw(each.place.reshape(-1).numpy(), self.outcomes, self.spent)
        return torch.from_numpy(value).reshape(each.shape).to(each.dtype)

    def fill(self, tensor: Any, noise: Noise) -> Any:
        """Put noise into a tensor, noisy or plain, whose views and whose base then have it too."""
        if not isinstance(tensor, Noisy):
            if not noise.random.any():
                value = torch.from_numpy(noise.value.copy()).reshape(tensor.shape)
                return tensor.copy_(value.to(tensor.dtype))
            view = self._with_noise(tensor, new=True)
        else:
            view = tensor
        view.cell.assign(view.place.reshape(-1).numpy(), noise)
        return tensor

    def _with_noise(self, each: Any, new: bool = False) -> Any:
        """A plain tensor as what it is since noise was put into its storage."""
        if not isinstance(each, torch.Tensor) or isinstance(each, Noisy):
            return each
        key = each.untyped_storage()._cdata
        if key not in self.filled:
            if not new:
                return each
            whole = torch.empty(0, dtype=each.dtype).set_(each.untyped_storage())  # type: ignore  # undeclared
            self.filled[key] = (each, Cell(Noise.numbers(numbers(whole))))
        cell = self.filled[key][1]
        place = places(0, len(cell.noise))
        index = place.as_strided(each.shape, each.stride(), each.storage_offset())
        return Noisy(cell, index, each.dtype)


def _tensors(args: Any, kwargs: Any) -> list[torch.Tensor]:
    """All tensors among the arguments, also in lists."""
    found = []
    for each in (*args, *kwargs.values()):
        if isinstance(each, torch.Tensor):
            found.append(each)
        elif isinstance(each, list | tuple):
            found += [one for one in each if isinstance(one, torch.Tensor)]
    return found


def _as_written(each: Any) -> Any:
    """Draws that were put off as the tensor that they are since they were written into."""
    if isinstance(each, list | tuple):
        return [_as_written(one) for one in each]
    if not isinstance(each, Undrawn):
        return each
    written = each.written()
    return each if written is None else written


def plain(x: Any) -> Any:
    """``x``, which must hold no noise.  Raises Untraceable."""

    def check(each: Any) -> Any:
        if isinstance(each, Noisy | Soft):
            raise Untraceable("the code gives back continuous noise, not tokens")
        return each

    return tree_map(check, x)


def _settled(each: Any) -> Any:
    """A tensor that is noisy by its kind and has only numbers in it, as a plain one."""
    return tensor_of(each.elements, each.shape, each.dtype) if isinstance(each, Noisy) else each


def _states_of_generators() -> dict[str, Any]:
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 (what it has drawn is asked)
    return {
        "torch's generator": torch.default_generator.get_state().numpy().tobytes(),
        "numpy.random": (state["state"]["pos"], state["state"]["key"].tobytes()),
        "random": random.getstate(),
    }
