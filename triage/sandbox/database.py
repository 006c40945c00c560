"""The SQLite file behind the sandbox: schema, durable settings, one writer and a pool of readers."""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE staff (
  staff_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, role TEXT NOT NULL, token TEXT UNIQUE);
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, seq INTEGER NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  wakes_at REAL, today TEXT, body TEXT NOT NULL);
CREATE TABLE workspaces (id TEXT PRIMARY KEY, account_id TEXT NOT NULL, members TEXT NOT NULL);
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, change_id TEXT, staff_id TEXT NOT NULL, name TEXT NOT NULL, account_id TEXT NOT NULL,
  action TEXT NOT NULL, outcome TEXT NOT NULL, dedupe_key TEXT, result_version INTEGER, applied_at TEXT NOT NULL,
  raw TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE changes (
  change_id TEXT PRIMARY KEY, staff_id TEXT NOT NULL, fingerprint TEXT NOT NULL, body BLOB NOT NULL,
  version INTEGER NOT NULL, result TEXT NOT NULL);
"""
INDEXES = """
CREATE UNIQUE INDEX accounts_seq ON accounts (seq);
CREATE INDEX accounts_wakes ON accounts (wakes_at) WHERE wakes_at IS NOT NULL;
CREATE INDEX accounts_today ON accounts (id) WHERE today IS NOT NULL;
CREATE UNIQUE INDEX audit_change ON audit (change_id) WHERE outcome = 'applied' AND change_id IS NOT NULL;
CREATE INDEX audit_denied ON audit (change_id) WHERE outcome = 'denied';
CREATE UNIQUE INDEX audit_dedupe ON audit (dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX audit_account ON audit (account_id, seq);
"""
BUSY_SECONDS = 2.0


class Database:
    """Opens a seeded file. `writing()` is one durable transaction, `reading()` one consistent snapshot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._writer = self._connect()
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=FULL")
        self._readers: deque[sqlite3.Connection] = deque()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: on disk when the block ends, rolled back when it raises."""
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One read transaction over a single snapshot; keep it short, it holds the write-ahead log."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")
            self._readers.append(connection)

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._lock:
            while self._readers:
                self._readers.pop().close()
            self._writer.close()


def meta(connection: sqlite3.Connection, key: str) -> str | None:
    """A value of the meta table, None when it was never set."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row["value"])


def set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Set a value of the meta table."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))
