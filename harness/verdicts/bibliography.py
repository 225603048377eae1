"""BibTeX entries of the papers whose theorems are checked, from ``bounds/sources.bib``."""

import re
from importlib.resources import files


def entries() -> dict[str, str]:
    """Every entry by its key, as it stands in the file."""
    text = (files("bounds") / "sources.bib").read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{([^,\s]+),.*?^\}", text, flags=re.MULTILINE | re.DOTALL)
    starts = [match.start() for match in re.finditer(r"^@", text, flags=re.MULTILINE)]
    ends = [*starts[1:], len(text)]
    blocks = [text[a:b].strip() for a, b in zip(starts, ends, strict=True)]
    return dict(zip(found, blocks, strict=True))


def entry(key: str) -> str:
    """The BibTeX entry with this key.  Raises KeyError."""
    return entries()[key]
