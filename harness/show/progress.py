"""How far a run, or the drawing of figures, is: told on stderr."""

from collections.abc import Callable, Sequence

from harness.foundation import telling
from harness.show.words import count
from harness.studies.runner import Progress


def of_run(names: Sequence[str], jobs: int = 1) -> Callable[[Progress], None]:
    """What to call with each ``Progress`` of a run of the experiments ``names``."""
    with_ = f" with {jobs} processes" if jobs > 1 else ""
    place = {name: f"[{k}/{len(names)}] {name}" for k, name in enumerate(names, 1)}

    def told(now: Progress) -> None:
        if not now.done:
            what = f"{now.total:,} problems of {count(len(names), 'experiment')}{with_}"
            telling.beforehand(what, now.seconds, "less where a sweep or what JAX compiles is kept")
        doing = f"{place[now.experiment]}: problem {now.done:,} of {now.total:,}"
        telling.tell(doing, now.share, now.seconds)

    return told


def of_drawing(done: int, total: int, stem: str) -> None:
    """What to call with ``(figures done, of how many, the last one)``."""
    after = f", the last was {stem}" if stem else ""
    telling.tell(f"drawn {done} of {total} figures{after}", done / total if total else None)
