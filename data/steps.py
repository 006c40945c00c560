"""Reports every durable step of a database file and every step of a connection, so that a test can crash there."""

import sqlite3
from collections.abc import Callable
from typing import Any

Steps = Callable[[str], None]

_BOUNDS = ("BEGIN", "COMMIT", "ROLLBACK")
_HARMLESS = ("SELECT", "WITH", "EXPLAIN")
_WRITING_PRAGMAS = ("journal_mode=", "wal_checkpoint")


def stepped_connection(steps: Steps, name: str) -> type[sqlite3.Connection]:
    """Return a connection class that calls `steps` before and after whatever makes file `name` differ on the disk.

    That is BEGIN, COMMIT, ROLLBACK, and any writing statement outside a transaction; what happens inside one is on the
    disk with its COMMIT only.
    """

    class Stepped(sqlite3.Connection):
        """A connection that reports."""

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            """Run a statement, reported where it is durable."""
            step = _step(sql, inside=self.in_transaction)
            if step is None:
                return super().execute(sql, parameters)
            steps(f"{name}: before {step}")
            cursor = super().execute(sql, parameters)
            steps(f"{name}: after {step}")
            return cursor

    return Stepped


def _step(sql: str, *, inside: bool) -> str | None:
    """Name the durable step that a statement is, None when it is none."""
    words = sql.split(None, 3)
    verb = words[0].upper() if words else ""
    if verb in _BOUNDS:
        return verb
    if (
        not verb
        or inside
        or verb in _HARMLESS
        or (verb == "PRAGMA" and not any(word in sql for word in _WRITING_PRAGMAS))
    ):
        return None
    return " ".join(words[:3])
