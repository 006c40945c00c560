"""The file behind the outbox: opening it, transactions, our own hashed trail, and the errors of a damaged file."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from data.database import Damaged, DatabaseProblem, ForeignFile, OldSchema, check_all, problem, transaction
from data.errors import NotPossible, OutboxDamaged, TriageError
from data.migrations import OUTBOX, Format, has_way, open_file, upgrade
from data.outbox_presence import FILE_NAME, alone, attend, leave, name_of, remember, was_here
from data.outbox_rows import SPOILT, change_of, to_json
from data.receipts import GENESIS, entry_hash
from data.remedy import NEEDS_YOU, Change, State
from data.steps import Steps

Made = TypeVar("Made")
CHECKED_BYTES = 16 * 1024 * 1024
AFTER_PARKED = "Waits for you: the change before it was not applied."
# One that is parked until its author signs in would else return to the queue behind a change that never came.
_SUCCESSORS = """WHERE "after" = ? AND (state IN ('held', 'queued') OR state = 'parked' AND parked_why = 'identity')"""
_ENDED_OTHERWISE = (State.DISCARDED, *NEEDS_YOU)


class OutboxFile:
    """An open outbox.db; for one thread. Every writing method is one transaction, on disk when it returns.

    Inside `together` they are parts of one.
    """

    def __init__(self, directory: Path, connection: sqlite3.Connection, presence: int | None = None) -> None:
        self.directory = directory
        self._connection = connection
        self._presence = presence
        connection.row_factory = sqlite3.Row

    @classmethod
    def open(cls, directory: Path, form: Format = OUTBOX, steps: Steps | None = None) -> Self:
        """Open outbox.db in `directory`, or make the first one; an older schema is upgraded, a copy stays beside it.

        OutboxDamaged when it cannot be read, or is gone where there was one: it is never replaced. NewSchema, Busy
        (another process has the old one open), Unwritable.
        """
        path = directory / FILE_NAME
        presence = attend(directory)
        try:
            with _naming(path):
                connection = _open_checked(path, form, presence, steps)
        except (TriageError, OSError, sqlite3.Error):
            leave(presence)
            raise
        return cls(directory, connection, presence)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._connection.close()
        leave(self._presence)
        self._presence = None

    @property
    def name(self) -> str:
        """What tells this outbox from another one begun at the same place; empty where that could not be noted."""
        return name_of(self._presence)

    def stamp(self) -> tuple[int, int]:
        """Return a value that differs once anybody, this process included, has written."""
        return self._rows("PRAGMA data_version")[0][0], self._connection.total_changes

    # --- building blocks ---
    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            with _naming(self.directory / FILE_NAME):
                raise problem(error, self.directory / FILE_NAME) from error

    def _select(self, where: str, *values: Any) -> list[Change]:
        return self._values(self._rows(f"SELECT * FROM change {where}", *values), change_of, "change")

    def _values(self, rows: list[sqlite3.Row], make: Callable[[sqlite3.Row], Made], what: str) -> list[Made]:
        path = self.directory / FILE_NAME
        with _naming(path):
            try:
                return [make(row) for row in rows]
            except SPOILT as error:
                raise Damaged(path, f"is damaged (a {what} in it is not what was written).") from error

    def _find(self, change_id: str) -> Change:
        found = self._select("WHERE change_id = ?", change_id)
        if not found:
            raise NotPossible(f"There is no change {change_id} in the outbox.")
        return found[0]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one commit of all that is written inside, on disk when it ends; where anything raises, none of it is."""
        with self._writing():
            yield

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._connection.in_transaction:
            yield self._connection
            return
        with _naming(self.directory / FILE_NAME), transaction(self._connection) as connection:
            yield connection

    def _set(self, change_id: str, **values: Any) -> None:
        columns = ", ".join(f'"{name}" = ?' for name in values)
        self._connection.execute(f"UPDATE change SET {columns} WHERE change_id = ?", (*values.values(), change_id))

    def _note(self, change_id: str, event: str, now: datetime, **more: Any) -> None:
        """Append to our own trail, in the caller's transaction: who did what to a change, when and why."""
        last = self._connection.execute("SELECT seq, hash FROM trail ORDER BY seq DESC LIMIT 1").fetchone()
        seq, prev = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
        entry = {"seq": seq, "change_id": change_id, "event": event, "at": now.astimezone(UTC), **more}
        raw = to_json(entry)
        self._connection.execute(
            "INSERT INTO trail (seq, change_id, event, raw, prev_hash, hash) VALUES (?,?,?,?,?,?)",
            (seq, change_id, event, raw, prev, entry_hash(prev, raw)),
        )

    def _end(self, change: Change, state: State, now: datetime, why: str | None, event: str, **more: Any) -> None:
        """Give a change its end or its place among those that need a person, and park what waited for it.

        `said` goes into our own trail with it.
        """
        parked_why, said = more.pop("parked_why", None), more.pop("said", {})
        self._set(
            change.change_id,
            state=state.value,
            unknown=0,
            last_error=why,
            parked_why=parked_why,
            next_try_at=None,
            not_before=None,
            finished_at=None if state is State.PARKED else now.timestamp(),
            **more,
        )
        self._note(change.change_id, event, now, why=why, **said)
        if state in _ENDED_OTHERWISE:
            for successor in self._select(_SUCCESSORS, change.change_id):
                self._end(successor, State.PARKED, now, AFTER_PARKED, "parked", parked_why="predecessor")


def _open_checked(path: Path, form: Format, presence: int | None, steps: Steps | None) -> sqlite3.Connection:
    """Open the file, upgraded where it is older, and look for damage; nothing is written to one that is refused."""
    if was_here(presence) and (not path.exists() or path.stat().st_size == 0):
        found = "is empty" if path.exists() else "is gone"
        raise Damaged(path, f"{found}, though there was an outbox here.")
    try:
        connection = open_file(path, form, steps)
    except OldSchema as old:
        if not has_way(old.found, form):
            raise
        with alone(presence, path):
            upgrade(path, form)
        connection = open_file(path, form, steps)
    try:
        if path.stat().st_size <= CHECKED_BYTES:
            check_all(connection)
    except DatabaseProblem:
        connection.close()
        raise
    remember(presence)
    return connection


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn damage into the sentence that says what to do; a full or busy disk keeps its own."""
    try:
        yield
    except (Damaged, ForeignFile, OldSchema) as error:
        raise OutboxDamaged(
            f"{error} Nothing was changed. It may hold changes that were never sent: triage doctor --rescue-outbox "
            "exports what can be read; then triage doctor --new-outbox puts it aside and begins an empty one."
        ) from error
