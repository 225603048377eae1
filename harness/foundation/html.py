"""Tables as HTML, for notebooks and pages: everything in them is text, nothing is markup."""

from collections.abc import Sequence
from html import escape


def table(titles: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """A ``table`` element, one row each of ``rows``, all of it escaped."""
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
