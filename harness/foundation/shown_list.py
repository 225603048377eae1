"""Lists that a notebook shows as a table."""

from typing import Protocol, TypeVar, runtime_checkable

from harness.foundation import html

T = TypeVar("T")


@runtime_checkable
class OneRow(Protocol):
    """What says itself as a row of a table."""

    def html_row(self) -> dict[str, str]:
        """``{title: text}``."""
        ...


class ShownList(list[T]):
    """A list like any other, whose ``_repr_html_`` is a table with a row for each member.

    A member that is no ``OneRow`` (an error in the place of a measurement) is told in its first
    column.
    """

    def _repr_html_(self) -> str:
        rows = [each.html_row() if isinstance(each, OneRow) else {"": repr(each)} for each in self]
        titles = list(dict.fromkeys(["", *(title for row in rows for title in row)]))
        numbered = [{"": str(k), **row} for k, row in enumerate(rows)]
        return html.table(titles, [[row.get(title, "") for title in titles] for row in numbered])
