"""What every route needs: the open book, the signer, the clock, who is signed in."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from triage.sandbox import expiry
from triage.sandbox.chain import Signer
from triage.sandbox.clock import Clock
from triage.sandbox.database import Database, meta
from triage.sandbox.limits import RateLimiter
from triage.sandbox.permissions import Staff
from triage.sandbox.problems import Problem


@dataclass
class Service:
    """One open book being served. `ended` is set when the server stops: who still listens is let go."""

    database: Database
    signer: Signer
    clock: Clock
    tokens: dict[str, str]
    staff: dict[str, Staff]
    limiter: RateLimiter = field(default_factory=RateLimiter)
    ended: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def open(cls, path: Path, clock: Clock) -> "Service":
        """Open a seeded file. `tokens` maps a role to its token, `staff` a token's SHA-256 to its owner."""
        database = Database(path)
        tokens, staff = {}, {}
        with database.reading() as connection:
            signer = Signer.from_text(meta(connection, "signing_key") or "")
            for row in connection.execute("SELECT * FROM staff WHERE token IS NOT NULL"):
                tokens[row["role"]] = row["token"]
                staff[_digest(row["token"])] = Staff(row["staff_id"], row["name"], row["email"], row["role"])
        return cls(database, signer, clock, tokens, staff)

    def authenticate(self, authorization: str | None) -> Staff:
        """The staff member of an Authorization header, within their rate; 401 or 429 otherwise."""
        scheme, _, token = (authorization or "").partition(" ")
        found = self.staff.get(_digest(token.strip())) if scheme.lower() == "bearer" else None
        if found is None:
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "unauthenticated", "Not signed in", "Sign in with a valid token.", headers=headers)
        self.limiter.check(found.staff_id)
        return found

    @contextmanager
    def fresh(self) -> Iterator[sqlite3.Connection]:
        """A read transaction in which everything that has run out by now is over."""
        self.end_overdue()
        with self.database.reading() as connection:
            yield connection

    def end_overdue(self) -> None:
        """End trials, claims and snoozes that have run out."""
        while True:
            now = self.clock.now()
            with self.database.reading() as connection:
                if not expiry.due(connection, now):
                    return
            with self.database.writing() as connection:
                expiry.expire_due(connection, now, self.signer)


def _digest(token: str) -> str:
    # tokens are looked up by digest, so that the time a look-up takes says nothing about them
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
