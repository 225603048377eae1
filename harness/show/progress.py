"""How far a run is, on stderr: a bar where that is a terminal, else a line now and then."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from harness.studies.runner import Progress

LINES = 20  # about as many over a run


@contextmanager
def shown(console: Console, names: Sequence[str]) -> Iterator[Callable[[Progress], None]]:
    """What to call with each ``Progress`` of a run of the experiments ``names``."""
    place = {name: f"[{k}/{len(names)}] {name}" for k, name in enumerate(names, 1)}
    if not console.is_terminal:
        yield _Lines(console, place)
        return
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Bar(*columns, TextColumn("{task.fields[left]}"), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0, left="")

        def update(now: Progress) -> None:
            told = f"problem {now.done:,} of {now.total:,}, about {now.seconds:,.0f} s left"
            where = place[now.experiment]
            bar.update(task, description=where, completed=now.share, left=told)

        yield update


class _Lines:
    """A line whenever another twentieth of the work is done."""

    def __init__(self, console: Console, place: dict[str, str]) -> None:
        self.console, self.place, self.shown = console, place, 0

    def __call__(self, now: Progress) -> None:
        part = int(now.share * LINES + 1e-9)
        if part <= self.shown:
            return
        self.shown = part
        told = (
            f"{self.place[now.experiment]}: problem {now.done:,} of {now.total:,}, "
            f"{now.share:.0%} of the work, about {now.seconds:,.0f} s left"
        )
        self.console.print(told, markup=False)


@contextmanager
def drawing(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """What to call with ``(figures done, of how many, the last one)``."""
    if not console.is_terminal:
        yield lambda done, total, _: _now_and_then(console, done, total)
        return
    columns = TextColumn("drawing {task.description}"), BarColumn(), TaskProgressColumn()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("figures", total=None)
        yield lambda done, total, stem: bar.update(
            task, completed=done, total=total, description=stem or "figures"
        )


def _now_and_then(console: Console, done: int, total: int) -> None:
    """A line at the begin and whenever another twentieth is drawn."""
    if total and (done * LINES // total > (done - 1) * LINES // total or not done):
        console.print(f"drawn {done} of {total} figures", markup=False)
