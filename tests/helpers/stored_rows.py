"""What is in a store that another process may be writing."""

import sqlite3
from contextlib import closing


def kept(path):
    """How many measurements; none where the store is only being made."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM measurements").fetchone()[0]
        except sqlite3.OperationalError:
            return 0
