"""A number of things in words: "1 step", "12 steps"."""


def counted(count: int, thing: str) -> str:
    """``count`` of ``thing``, whose plural has an s."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
