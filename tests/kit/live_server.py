"""The reference server inside the test process: a real socket, a clock of ours, a book that can be swapped any time."""

import logging
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.types import Receive, Scope, Send

from triage.sandbox import book, seed, server, store
from triage.sandbox.app import create_app
from triage.sandbox.compression import Compression
from triage.sandbox.limits import BodyLimit, RateLimiter
from triage.sandbox.permissions import Staff
from triage.sandbox.service import Service

PATIENT = 1e9


class Hands:
    """The time as the tests have it: it moves only when it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Aware UTC."""
        return self.moment

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)


def seed_book(path: Path, accounts: int, number: int, day: datetime) -> None:
    """Write a small book, as the sandbox's own command does."""
    seed.write(path, book.generate(accounts, number, day.date()), book.STAFF, day.date())


class LiveServer:
    """uvicorn in a daemon thread on 127.0.0.1:0; `open` a book, `close` it, open another: the address stays.

    With no book open it hangs up on everybody, like a server that is being restarted.
    """

    def __init__(self, template: Path) -> None:
        self.clock = Hands()
        self.service: Service | None = None
        self.roles: dict[str, str] = {}
        self.revoked: set[str] = set()
        self._app = create_app(Service.open(template, self.clock))  # type: ignore[arg-type]
        self._stack = Compression(BodyLimit(self._app))
        bound = server.bind(0)
        self.url = f"http://{server.HOST}:{bound.getsockname()[1]}"
        ready = threading.Event()
        self._server = server.build(self, ready.set)
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # hanging up is an error to it
        self._thread = threading.Thread(target=self._server.run, args=([bound],), daemon=True)
        self._thread.start()
        assert ready.wait(30)
        self._bound: socket.socket = bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hang up while no book is open."""
        if self.service is None:
            send.__self__.transport.abort()  # type: ignore[attr-defined]
            return
        await self._stack(scope, receive, send)

    def end(self) -> None:
        """Stop for good."""
        self._server.should_exit = True
        self._thread.join(10)
        self.close()
        self._bound.close()

    # --- the book ---
    def open(self, path: Path) -> Service:
        """Serve the book in a file."""
        service = Service.open(path, self.clock)  # type: ignore[arg-type]
        service.limiter = RateLimiter(PATIENT, PATIENT)
        for digest, staff in list(service.staff.items()):
            if staff.role in self.revoked:
                del service.staff[digest]
            elif staff.role in self.roles:
                service.staff[digest] = replace(staff, role=self.roles[staff.role])
        self._app.state.service = service
        self.service = service
        return service

    def close(self) -> None:
        """Close the book; what was committed is in its file."""
        if self.service is not None:
            self.service.database.close()
            self.service = None

    def hang_up(self) -> None:
        """Cut every idle connection, as a restart does: the client only notices when it writes on one."""
        for one in list(self._server.server_state.connections):
            loop = one.loop
            loop.call_soon_threadsafe(one.transport.abort)

    def restart(self, *, hang_up: bool) -> None:
        """Close and open the same file, with or without cutting connections."""
        assert self.service is not None
        path = self.service.database.path
        self.close()
        if hang_up:
            self.hang_up()
        self.open(path)

    def back_up(self, path: Path) -> None:
        """Copy the book as it is now."""
        assert self.service is not None
        with self.service.database.reading() as source:
            target = sqlite3.connect(path)
            source.backup(target)
            target.close()

    def restore(self, backup: Path, *, new_epoch: bool) -> None:
        """Put an earlier copy in the book's place; a careless operator keeps the epoch."""
        assert self.service is not None
        path = self.service.database.path
        self.close()
        for name in (f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(backup, path)
        service = self.open(path)
        if new_epoch:
            with service.database.writing() as connection:
                store.new_epoch(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The server's own view of its book."""
        assert self.service is not None
        with self.service.database.reading() as connection:
            yield connection

    # --- who may what ---
    def set_role(self, role: str, now: str) -> None:
        """Give the holder of `role`'s token another role."""
        self.roles[role] = now
        self._reopen_staff()

    def set_revoked(self, role: str, revoked: bool) -> None:
        """Take the token of `role` away, or give it back."""
        (self.revoked.add if revoked else self.revoked.discard)(role)
        self._reopen_staff()

    def _reopen_staff(self) -> None:
        assert self.service is not None
        path = self.service.database.path
        self.close()
        self.open(path)

    def staff(self) -> dict[str, Staff]:
        """Who holds the token of which role, as seeded."""
        assert self.service is not None
        with self.reading() as connection:
            rows = connection.execute("SELECT * FROM staff WHERE token IS NOT NULL")
            return {row["role"]: Staff(row["staff_id"], row["name"], row["email"], row["role"]) for row in rows}
