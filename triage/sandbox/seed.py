"""Writing a new book into a file: everything at once, fast, and all or nothing."""

import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

from triage.sandbox.book_history import change_id
from triage.sandbox.chain import GENESIS, INSERT, Entry, Link, Signer, link
from triage.sandbox.codec import dumps, loads
from triage.sandbox.database import INDEXES, SCHEMA, set_meta
from triage.sandbox.permissions import ROLES
from triage.sandbox.store import INSERT_ACCOUNT, wakes_at

Json = dict[str, Any]
APPLICATION_ID = 0x54524942
SCHEMA_VERSION = 1


class Seeded(Protocol):
    """An account to seed, with its workspaces' members and its past audit entries."""

    account: Json
    members: dict[str, list[Json]]
    entries: list[Json]


class NotABook(Exception):
    """The file exists and is not a sandbox book of this version; the message says which."""


def exists(path: Path) -> bool:
    """True when a book is in the file; an empty file counts as none. NotABook when something else is in it."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    connection = sqlite3.connect(path)
    try:
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError:
        raise NotABook(f"{path} is not a database.") from None
    finally:
        connection.close()
    if mark != APPLICATION_ID or version != SCHEMA_VERSION:
        raise NotABook(f"{path} is not a sandbox book of this version; it is left alone.")
    return True


def write(path: Path, book: Iterable[Seeded], staff: Sequence[Mapping[str, str]], today: date) -> None:
    """Seed a new file; it appears under its name only when complete, so a kill leaves no half book.

    Every feed is complete through the day before `today`. Accounts get version 1 and seq 1, 2, … in order.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.seeding")
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode=0o600)
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            _fill(connection, book, staff, today)
        finally:
            connection.close()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _fill(
    connection: sqlite3.Connection, book: Iterable[Seeded], staff: Sequence[Mapping[str, str]], today: date
) -> None:
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.executescript(SCHEMA)
    connection.execute("BEGIN")
    connection.execute("CREATE TEMP TABLE past (applied_at TEXT, account_id TEXT, number INTEGER, entry TEXT)")
    connection.executemany(INSERT_ACCOUNT, _accounts(book, connection))
    connection.executemany(INSERT, _chained(connection, {one["staff_id"]: one["role"] for one in staff}))
    _staff(connection, staff)
    set_meta(connection, "epoch", uuid.uuid4().hex)
    set_meta(connection, "signing_key", Signer.new_text())
    set_meta(connection, "complete_through", (today - timedelta(days=1)).isoformat())
    connection.execute("COMMIT")
    connection.executescript(INDEXES)


def _accounts(book: Iterable[Seeded], connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """The rows of the accounts; their workspaces and past are put aside on the way: no book fills the memory."""
    for seq, seeded in enumerate(book, start=1):
        account = {**seeded.account, "version": 1, "seq": seq}
        key = account["id"]
        connection.executemany(
            "INSERT INTO workspaces (id, account_id, members) VALUES (?,?,?)",
            [(workspace_id, key, dumps(members)) for workspace_id, members in seeded.members.items()],
        )
        connection.executemany(
            "INSERT INTO past VALUES (?,?,?,?)",
            [(entry["applied_at"], key, number, dumps(entry)) for number, entry in enumerate(seeded.entries)],
        )
        yield key, seq, 1, wakes_at(account), dumps(account)


def _chained(connection: sqlite3.Connection, roles: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    last = Link(0, GENESIS)
    past = connection.execute("SELECT * FROM past ORDER BY applied_at, account_id, number")
    for applied_at, account_id, number, body in past:
        entry = loads(body)
        actor = entry["actor"]
        role = roles.get(actor["staff_id"])
        row = link(
            Entry(
                change_id=change_id(account_id, number, applied_at),
                staff_id=actor["staff_id"],
                name=actor["name"],
                permissions=ROLES[role].permissions if role else (),
                action=entry["action"],
                account_id=account_id,
                workspace_id=entry["workspace_id"],
                before=entry["before"],
                after=entry["params"] if entry["after"] is None else entry["after"],
                outcome="applied",
                reason=entry["reason"],
                authored_at=applied_at,
                applied_at=applied_at,
                client="seed",
            ),
            last,
        )
        last = Link(row[0], row[-1])
        yield row


def _staff(connection: sqlite3.Connection, staff: Sequence[Mapping[str, str]]) -> None:
    """The first member of each role gets a token."""
    waiting = set(ROLES)
    for one in staff:
        token = None
        if one["role"] in waiting:
            waiting.remove(one["role"])
            token = f"sandbox_{one['role']}_{secrets.token_urlsafe(24)}"
        row = (one["staff_id"], one["name"], one["email"], one["role"], token)
        connection.execute("INSERT INTO staff (staff_id, name, email, role, token) VALUES (?,?,?,?,?)", row)
