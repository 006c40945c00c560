"""What the examples of the state machine share: the server, the ways to it, templates of a book and of synced homes."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from kit.faulty import FaultyTransport, connected
from kit.live_server import LiveServer, seed_book
from kit.operator import Operator
from kit.twin import Twin

from data.backends.native import NativeBackend


class World:
    """What examples share: the server, the ways to it, and templates of a seeded book and of synced homes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.book = directory / "book.db"
        self.server = LiveServer(self._template())
        self.way = FaultyTransport(self.server.clock.now)
        self.clean = FaultyTransport(self.server.clock.now)
        self.twin = Twin()
        self.start = self.server.clock.moment
        self.tokens = self._open()
        self._backends: dict[str, NativeBackend] = {}
        for name, token in (("mine", "lead"), ("rival", "agent")):
            one = self.operator(name, token)
            assert one.pull() is None
            one.desk.close()
            shutil.copytree(directory / name, directory / f"{name}.template")
        with self.server.reading() as db:
            rows = db.execute("SELECT id, body FROM accounts ORDER BY seq").fetchall()
        self.accounts = [row["id"] for row in rows]

    def _template(self) -> Path:
        path = self.directory / "book.template"
        seed_book(path, 6, 5, datetime(2026, 11, 21, tzinfo=UTC))
        return path

    def _open(self) -> dict[str, str]:
        for name in ("book.db", "book.db-wal", "book.db-shm"):
            (self.directory / name).unlink(missing_ok=True)
        shutil.copyfile(self.directory / "book.template", self.book)
        return self.server.open(self.book).tokens

    def connect(self, url: str, token: str) -> NativeBackend:
        """One connection pool for all examples: making one costs more than an example."""
        if token not in self._backends:
            way = self.way if token == self.tokens["lead"] else self.clean
            self._backends[token] = connected(url, token, way, self.server.clock.now)
        return self._backends[token]

    def operator(self, name: str, token: str) -> Operator:
        """Somebody with a home."""
        return Operator(
            name, self.directory / name, self.server.url, self.server.clock.now, self.connect, self.tokens[token]
        )

    def begin(self) -> None:
        """Everything as it was at first."""
        self.server.close()
        self.server.roles.clear()
        self.server.revoked.clear()
        self.server.clock.moment = self.start
        self._open()
        self.way.set()
        self.way.forget()
        for name in ("mine", "rival"):
            shutil.rmtree(self.directory / name)
            shutil.copytree(self.directory / f"{name}.template", self.directory / name)

    def end(self) -> None:
        """Stop the server and the second process."""
        self.twin.close()
        self.server.end()
