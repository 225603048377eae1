"""An error of one of many problems says which."""


def with_place(error: Exception, k: int) -> Exception:
    """The error of ``problems[k]``, which its message names, or a note where it cannot."""
    told = f"problems[{k}]: {error}"
    try:
        placed = type(error)(told)
    except Exception:  # it is made from something else than a message
        placed = error
    if str(placed) != told:
        placed = error
        placed.add_note(f"problems[{k}]")
    return placed
