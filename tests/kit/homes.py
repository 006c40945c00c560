"""A session on a home as `triage --home` lays it out, and what a server's audit says, read without the client."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from data.backends.native import NativeBackend
from data.backends.port import BillingBackend
from triage.desk import Place, Session, TokenBox
from triage.desk.policies import Policies
from triage.sandbox.process import Running


def session_on(home: Path, server: Running, url: str = "", **over: Any) -> Session:
    """The session of a process on this home; `url` names a proxy, `connect` another backend."""
    connect: Callable[[str, str], BillingBackend] = over.pop("connect", NativeBackend)
    places = home / "state" / "default", home / "cache" / "default"
    return Session(
        place=Place(url or server.url, "default", *places, "triage/test", **over),
        policies=Policies(),
        clock=lambda: datetime.now(UTC),
        connect=connect,
        token=TokenBox(lambda: server.token, lambda token: ""),
    )


def audited(server: Running) -> list[dict[str, Any]]:
    """All entries of the server's trail."""
    entries: list[dict[str, Any]] = []
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:
        while True:
            after = entries[-1]["seq"] if entries else 0
            page = client.get("/v1/audit", params={"after": after, "limit": 1000}).json()["entries"]
            fresh = [entry for entry in page if entry["seq"] > after]
            if not fresh:
                return entries
            entries += fresh


def with_reason(server: Running, reason: str) -> list[dict[str, Any]]:
    """The applied entries of one reason."""
    return [one for one in audited(server) if one["reason"] == reason and one["outcome"] == "applied"]


def is_sound(path: Path) -> bool:
    """True when SQLite finds nothing wrong with a whole file."""
    with closing(sqlite3.connect(path)) as there:
        return there.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def until(holds: Callable[[], Any], seconds: float = 40) -> None:
    """Wait for a condition; the limit only ends a broken run."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)
