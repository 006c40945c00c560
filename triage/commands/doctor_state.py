"""Doctor's checks of what the app works with: how old the data is, what is stuck in the outbox, who may change what."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from data.errors import TriageError
from data.remedy import TRIES_BEFORE_UNKNOWN
from triage.config import Settings

STUCK = ("conflict", "rejected", "parked")
WAITING = ("held", "queued", "sending")
LATE = 3600.0  # seconds after which a change that leaves by itself ought to have left
Line = tuple[str, bool, str, str]  # name, ok, what, what to do


def examine_data(settings: Settings, now: datetime) -> Iterator[Line]:
    """Say how old the book is, where there is one; never the network."""
    from data.cache import Cache
    from widgets.numbers import ago

    if not settings.cache_file.exists():
        yield "data", True, "none yet; triage sync fetches it", ""
        return
    try:
        with closing(Cache.open(settings.cache_dir, None)) as cache:
            synced_at = cache.synced_at
    except (TriageError, sqlite3.Error):
        return  # what is wrong with the file is said where the file is
    if synced_at is None:
        yield "data", False, "no complete sync yet", "triage sync"
        return
    age = max(0.0, (now - synced_at).total_seconds())
    old = age > settings.stale_after
    limit = f", older than the limit of {ago(settings.stale_after)}" if old else ""
    todo = "triage sync, or leave the app open: it asks by itself." if old else ""
    yield "data", not old, f"synced {ago(age)} ago{limit}", todo


def examine_outbox(settings: Settings, now: datetime) -> Iterator[Line]:
    """Say what waits, what ought to have left, and what waits for a person; the file is only read."""
    path = settings.outbox_file
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT state, unknown, attempts, authored_at FROM change").fetchall()
    except sqlite3.Error:
        return  # likewise
    counts = {state: sum(row[0] == state for row in rows) for state in STUCK}
    unknown = sum(bool(row[1]) and row[2] >= TRIES_BEFORE_UNKNOWN and row[0] in WAITING for row in rows)
    words = [f"{count} {state}" for state, count in counts.items() if count]
    words += [f"{unknown} without an answer to {TRIES_BEFORE_UNKNOWN} tries"] if unknown else []
    waiting = [row[3] for row in rows if row[0] in WAITING]
    if words:
        todo = "triage outbox list says what to do with each; in the app: b."
        yield "outbox", False, f"waits for you: {', '.join(words)}", todo
    elif waiting and now.timestamp() - min(waiting) > LATE:
        since = f"{datetime.fromtimestamp(min(waiting), UTC):%Y-%m-%d %H:%MZ}"
        yield (
            "outbox",
            False,
            f"{len(waiting)} wait, the first since {since}",
            "triage sync sends them, or says why not.",
        )
    else:
        yield "outbox", True, f"{len(waiting)} wait" if waiting else "nothing waits", ""


def examine_config(settings: Settings) -> Iterator[Line]:
    """Say what the config changes, and whether somebody else could: it names the server that gets the token."""
    path = settings.config_file
    if settings.config_found:
        todo = _writable_by_others(path)
        if todo:
            yield "config file", False, f"{path} can be changed by others", todo
    if settings.keys:
        yield "keys", True, f"{len(settings.keys)} changed; triage config --keys lists them", ""


def _writable_by_others(path: Path) -> str:
    facts = path.stat()
    if facts.st_uid not in (os.getuid(), 0):
        return f"It belongs to another user: chown {os.getuid()} {path}"
    return f"chmod go-w {path}" if stat.S_IMODE(facts.st_mode) & 0o022 else ""
