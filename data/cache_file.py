"""The file of the cache: opened, rebuilt when it is of no use, read and written."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from data.database import (
    Damaged,
    ForeignFile,
    NewSchema,
    OldSchema,
    Unwritable,
    lock_file,
    on_network,
    open_lock_file,
    problem,
    transaction,
)
from data.errors import BadAnswer, CacheDamaged, TriageError
from data.migrations import CACHE, Format, has_way, open_file, upgrade
from data.packed import Packing
from data.steps import Steps
from data.wire import decode

FILE = "cache.db"
DAMAGE_MARK = "cache.damaged"
PULL_CACHE_KIB = 65_536
PULL_CHECKPOINT_PAGES = 16_384

T = TypeVar("T")
_SPOILT = "is damaged (a value in it is not what was written)."


class CacheFile:
    """An open cache.db. One connection, to be used in the thread that opened it; any number may be open."""

    connection: sqlite3.Connection
    directory: Path
    rebuilt_why: str
    network_warning: bool

    def __init__(self, directory: Path, base_url: str | None, form: Format = CACHE, steps: Steps | None = None) -> None:
        """Open `directory`/cache.db, made anew when it is missing, damaged, foreign or of another schema.

        An older schema is upgraded where steps lead up from it. `rebuilt_why` says what was wrong with a file that had
        to go ("": nothing). `base_url` is the backend whose book is wanted; every reader raises WrongBackend while the
        file holds another's (the puller's first successful page replaces it). None takes whatever is there. Raises
        CacheDamaged when it would have to be rebuilt while another process has it open, Unwritable when the disk does
        not let us.
        """
        self.directory = directory
        self.rebuilt_why = ""
        self._form = form
        self._steps = steps
        self.expected = base_url.rstrip("/") if base_url else None
        # Held shared while open. Unlinking a WAL database that somebody still has open can damage its successor.
        self._presence = open_lock_file(directory / "cache.lock")
        try:
            self.connection = self._open()
        except (TriageError, OSError, sqlite3.Error):
            os.close(self._presence)
            raise
        self.network_warning = on_network(directory / FILE)

    def _open(self) -> sqlite3.Connection:
        path = self.directory / FILE
        lock_file(self._presence, fcntl.LOCK_SH, path)
        try:
            if (self.directory / DAMAGE_MARK).exists():
                raise Damaged(path, "was found damaged.")
            try:
                return open_file(path, self._form, self._steps)
            except OldSchema as old:
                if not has_way(old.found, self._form):
                    raise
                self._be_alone(str(old))
                upgrade(path, self._form)
        except (Damaged, ForeignFile, OldSchema, NewSchema) as error:
            self._clear(str(error))
        lock_file(self._presence, fcntl.LOCK_SH, path)
        return open_file(path, self._form, self._steps)

    def _be_alone(self, why: str) -> None:
        if not lock_file(self._presence, fcntl.LOCK_EX | fcntl.LOCK_NB, self.directory / FILE):
            raise CacheDamaged(f"{why} Close the other triage that has it open; then it is rebuilt.")

    def _clear(self, why: str) -> None:
        """Remove a useless cache: it is only a copy of what the server has."""
        self._be_alone(why)
        try:
            for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal", DAMAGE_MARK):
                (self.directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise Unwritable(self.directory / FILE, f"cannot be rebuilt ({error}).") from error
        self.rebuilt_why = why

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._presence >= 0:
            self.connection.close()
            os.close(self._presence)
            self._presence = -1

    # --- reading ---

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a query; CacheDamaged when the file turns out to be damaged (the next opening rebuilds it)."""
        return list(self.each(sql, values))

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Run a query row by row, so that a long answer never stands in memory; errors as in `all`."""
        yield from self._rows(self.connection, sql, values)

    def each_beside(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """As `each`, by a connection of its own: one half read holds up neither this cache's reads nor its writes."""
        beside = sqlite3.connect(f"{(self.directory / FILE).absolute().as_uri()}?mode=ro", uri=True)
        try:
            yield from self._rows(beside, sql, values)
        finally:
            beside.close()

    def _rows(self, connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> Iterator[Any]:
        try:
            yield from connection.execute(sql, values)
        except sqlite3.DatabaseError as error:
            found = problem(error, self.directory / FILE)
            if isinstance(found, Damaged):
                self.report_damage(found)
            raise found from error

    def report_damage(self, found: Damaged) -> NoReturn:
        """Leave a mark for the next opening and raise CacheDamaged."""
        with suppress(OSError):  # a disk that takes no mark: then the damage is met again
            (self.directory / DAMAGE_MARK).touch(mode=0o600)
        raise CacheDamaged(f"{found} It is a copy: restart triage and it is rebuilt from the server.") from found

    def stamp(self) -> tuple[int, int]:
        """A value that differs whenever this or another process has changed the cache since (cheap)."""
        return self.all("PRAGMA data_version")[0][0], self.connection.total_changes

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One write transaction; CacheDamaged or Unwritable where the file does not take it."""
        try:
            with transaction(self.connection):
                yield
        except Damaged as found:
            self.report_damage(found)

    # --- single facts ---

    def get(self, key: str) -> str | None:
        """A single fact by its key (`meta`), None when it was never stored."""
        found = self.all("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0][0] if found else None

    @cached_property
    def packing(self) -> Packing:
        """What packs and unpacks the blobs of this connection's thread."""
        return Packing()

    def decoded(self, raw: bytes, using: "msgspec.json.Decoder[T]") -> T:
        """Decode what we stored ourselves, packed or plain; CacheDamaged where it is not that any more."""
        try:
            return decode(self.packing.unpack(raw), using)
        except BadAnswer:
            self.report_damage(Damaged(self.directory / FILE, _SPOILT))

    def fact(self, key: str, read: Callable[[str], T]) -> T | None:
        """A single fact as a value, None when it was never stored; CacheDamaged where it cannot be read."""
        found = self.get(key)
        try:
            return read(found) if found is not None else None
        except (ValueError, OverflowError, OSError):
            self.report_damage(Damaged(self.directory / FILE, _SPOILT))

    def put(self, **facts: str | int | float | None) -> None:
        """Store single facts, None removes one; inside the running transaction if there is one."""
        for key, value in facts.items():
            if value is None:
                self.connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                self.connection.execute(
                    "INSERT INTO meta (key, value) VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (key, str(value)),
                )

    # --- for the puller ---

    def prepare_bulk(self) -> None:
        """Give this connection room for many writes: a larger page cache and rarer checkpoints."""
        self.connection.execute(f"PRAGMA cache_size=-{PULL_CACHE_KIB}")
        self.connection.execute(f"PRAGMA wal_autocheckpoint={PULL_CHECKPOINT_PAGES}")

    def finish_bulk(self) -> None:
        """Go back to ordinary room and fold the log into the file where no reader is in the way."""
        self.connection.execute("PRAGMA cache_size=-2000")
        self.connection.execute("PRAGMA wal_autocheckpoint=1000")
        self.connection.execute("PRAGMA shrink_memory")
        try:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.DatabaseError as error:
            found = problem(error, self.directory / FILE)
            if isinstance(found, Damaged):
                self.report_damage(found)
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise found from error
