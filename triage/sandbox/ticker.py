"""The sandbox's own life while it runs: things that expire, the trickle of `--live`, the end of a UTC day."""

import os
import random
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from triage.sandbox import live, store
from triage.sandbox.codec import day, dumps, loads
from triage.sandbox.service import Service

_BEAT = 0.5
_BATCH = 200


@dataclass
class Ticker:
    """A daemon thread that beats twice a second; a write it cannot make now it tries again at the next beat."""

    service: Service
    live: bool = False
    parent_pid: int | None = None
    orphaned: Callable[[], None] = lambda: None
    dice: random.Random = field(default_factory=random.Random)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to beat."""
        self._thread = threading.Thread(target=self._run, name="sandbox-ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; waits for the beat that runs."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        rest = 0.0
        while not self._stop.wait(_BEAT):
            if self.parent_pid is not None and os.getppid() != self.parent_pid:
                self.orphaned()
                return
            rest -= _BEAT
            try:
                self.service.end_overdue()
                if self.live and rest <= 0:
                    rest = self.dice.uniform(1, 4)
                    self.roll_days()
                    self.trickle(self.dice.randint(1, 5))
            except sqlite3.OperationalError:
                continue

    def trickle(self, count: int) -> int:
        """Let something small happen to up to `count` random accounts, one transaction each; returns how many moved."""
        return sum(self._touch() for _ in range(count))

    def _touch(self) -> bool:
        now = self.service.clock.now()
        with self.service.database.writing() as connection:
            top = connection.execute("SELECT max(rowid) AS top FROM accounts").fetchone()["top"] or 0
            query = "SELECT body, today FROM accounts WHERE rowid >= ? AND deleted = 0 ORDER BY rowid LIMIT 1"
            row = connection.execute(query, (self.dice.randint(1, max(1, top)),)).fetchone()
            if row is None:
                return False
            moved = live.trickle(loads(row["body"]), loads(row["today"] or "{}"), self.dice, now)
            if moved is None:
                return False
            _store(connection, self.service, *moved)
            return True

    def roll_days(self) -> None:
        """Complete every UTC day that is over: first the accounts that moved on it, then `complete_through`."""
        yesterday = self.service.clock.now().date() - timedelta(days=1)
        with self.service.database.reading() as connection:
            through = store.complete_through(connection)
        if through is None or day(through) >= yesterday:
            return
        while self._roll_batch(yesterday):
            pass

    def _roll_batch(self, until: date) -> bool:
        with self.service.database.writing() as connection:
            # a day that has only begun stays with its account
            query = "SELECT id, body, today FROM accounts WHERE today IS NOT NULL AND today ->> 'day' <= ? LIMIT ?"
            rows = connection.execute(query, (until.isoformat(), _BATCH)).fetchall()
            for row in rows:
                moved = live.roll_day(loads(row["body"]), loads(row["today"]), until)
                if moved is None:
                    connection.execute("UPDATE accounts SET today = NULL WHERE id = ?", (row["id"],))
                else:
                    _store(connection, self.service, *moved)
            if not rows:
                store.raise_complete_through(connection, until.isoformat())
            return bool(rows)


def _store(connection: sqlite3.Connection, service: Service, account: store.Json, today: store.Json) -> None:
    store.put(connection, account, service.clock.now())
    text = dumps(today) if today else None
    connection.execute("UPDATE accounts SET today = ? WHERE id = ?", (text, account["id"]))
