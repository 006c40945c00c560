"""What each file is, and how an older one is brought up: numbered steps, each one transaction with its number."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from msgspec import Struct, field

from data.database import DatabaseProblem, OldSchema, Unwritable, check_all, connect, make_private, problem, transaction
from data.schema import (
    CACHE_APPLICATION_ID,
    CACHE_SCHEMA,
    CACHE_SQL,
    OUTBOX_APPLICATION_ID,
    OUTBOX_SCHEMA,
    OUTBOX_SQL,
)
from data.steps import Steps


class Format(Struct, frozen=True):
    """A kind of file: its id, its newest schema as SQL, its journal, and the steps by which older ones get there.

    `steps` maps a schema number to the SQL that makes it from the number before. `keeps_copy`: the file is precious,
    so that a copy of what it was stays beside it as NAME.schema-N.
    """

    application_id: int
    schema: int
    sql: str
    wal: bool
    synchronous: str
    keeps_copy: bool
    steps: Mapping[int, str] = field(default_factory=dict)


OUTREACH = """
CREATE TABLE outreach (
	outreach_id VARCHAR NOT NULL,
	account_id VARCHAR NOT NULL,
	account_name VARCHAR NOT NULL,
	base_url VARCHAR NOT NULL,
	staff_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	channel VARCHAR NOT NULL,
	contact VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	text VARCHAR NOT NULL,
	template VARCHAR NOT NULL,
	dedupe_key VARCHAR,
	follow_up INTEGER NOT NULL,
	intent_id VARCHAR,
	sent_id VARCHAR,
	written_at FLOAT NOT NULL,
	left_at FLOAT,
	problem VARCHAR,
	PRIMARY KEY (outreach_id)
);
CREATE INDEX outreach_account ON outreach (account_id);
CREATE INDEX outreach_state ON outreach (state);
"""

# A new schema number needs its step here and a frozen file of that release below tests/wire/released.
OUTBOX = Format(
    OUTBOX_APPLICATION_ID,
    OUTBOX_SCHEMA,
    OUTBOX_SQL,
    wal=False,
    synchronous="EXTRA",
    keeps_copy=True,
    steps={2: OUTREACH},
)
CACHE = Format(CACHE_APPLICATION_ID, CACHE_SCHEMA, CACHE_SQL, wal=True, synchronous="NORMAL", keeps_copy=False)


def open_file(path: Path, form: Format, steps: Steps | None = None) -> sqlite3.Connection:
    """Open (or make) a file of a format; errors as in `database.connect`, OldSchema also where `upgrade` would help."""
    return connect(
        path,
        application_id=form.application_id,
        schema=form.schema,
        sql=form.sql,
        wal=form.wal,
        synchronous=form.synchronous,
        steps=steps,
    )


def has_way(found: int, form: Format) -> bool:
    """Return whether steps lead from a schema number to the newest."""
    return all(number in form.steps for number in range(found + 1, form.schema + 1))


def upgrade(path: Path, form: Format) -> None:
    """Bring an older file up in place; an interrupted upgrade goes on from the step it had reached.

    For a process that has the file to itself. Raises OldSchema without a way, Damaged before anything is written,
    Unwritable (a full disk) with the file as it was before the step that failed.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            found = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if not has_way(found, form):
                raise OldSchema(path, f"has schema {found}, and no way leads from there to {form.schema}.", found)
            check_all(connection)
            connection.execute(f"PRAGMA synchronous={form.synchronous}")
            if form.keeps_copy and found < form.schema:
                _keep_copy(connection, path, found)
            for number in range(found + 1, form.schema + 1):
                _step(connection, number, form.steps[number])
    except sqlite3.DatabaseError as error:
        raise problem(error, path) from error


def _step(connection: sqlite3.Connection, number: int, sql: str) -> None:
    with transaction(connection):
        for statement in filter(None, (one.strip() for one in sql.split(";\n"))):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")


def _keep_copy(connection: sqlite3.Connection, path: Path, found: int) -> None:
    """Write NAME.schema-N (0600) beside the file: complete under its name, or not there."""
    kept = path.with_name(f"{path.name}.schema-{found}")
    fresh = kept.with_name(f"{kept.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        make_private(fresh)
        try:
            with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
                connection.backup(copy)
            _check_copy(fresh)
            fresh.replace(kept)
        except (OSError, sqlite3.Error, DatabaseProblem):
            fresh.unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise Unwritable(kept, f"cannot be written ({error}); nothing was upgraded.") from error


def _check_copy(path: Path) -> None:
    """Read a copy back; Damaged when it does not hold."""
    with closing(sqlite3.connect(path)) as copy:
        check_all(copy)


def _sync_directory(directory: Path) -> None:
    """Make names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
