"""A plan as lines of text."""

from collections.abc import Callable, Iterator

from harness.problem.cost import product_seconds
from harness.show.words import count, duration
from harness.studies.planned import Plan, Planned, gib

Column = Callable[[Planned], str]
IN_STORE = "in the store"
COLUMNS: dict[str, Column] = {
    "problems": lambda each: f"{each.problems:,}",
    IN_STORE: lambda each: f"{each.in_store:,}",
    "programs": lambda each: f"{each.programs:,}",
    "states": lambda each: f"{each.states:,}",
    "flops": lambda each: f"{each.flops:.2g}",
    "memory": lambda each: gib(each.bytes),
    "compiling": lambda each: duration(each.alone[0]),
    "running": lambda each: duration(each.alone[1]),
    "alone": lambda each: duration(sum(each.alone)),
}
"""What is said of an experiment; states and memory are those of its largest problem."""


def lines(plan: Plan, workers: int, devices: int, store: bool = False) -> Iterator[str]:
    """A line for each experiment, what all take with one and with ``workers``, and more devices.

    ``store``: whether it is said how many problems are in one.
    """
    columns = {name: each for name, each in COLUMNS.items() if store or name != IN_STORE}
    table = [["experiment", *columns]]
    table += [
        [each.name, *(column(each) for column in columns.values())] for each in plan.experiments
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *others in table:
        numbers = (f"{word:>{wide}}" for word, wide in zip(others, widths[1:], strict=True))
        yield "  ".join([f"{name:<{widths[0]}}", *numbers])
    problems = sum(each.problems for each in plan.experiments)
    there = f", {sum(each.in_store for each in plan.experiments):,} in the store" if store else ""
    yield f"{count(problems, 'problem')}{there}, {count(plan.programs, 'program')}"
    for jobs in dict.fromkeys((1, workers)):
        yield f"with {count(jobs, 'worker')}: about {duration(plan.seconds(jobs))}"
    yield (
        "times of a processor of this machine, right to a factor of about 2: a float64 matrix "
        f"product of 1,024 rows takes {product_seconds():.3f} s; what JAX compiles is in no cache"
    )
    yield plan.devices_pay(devices)
