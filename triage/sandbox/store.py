"""The accounts of the book: every change to one gives it the next seq, inside the caller's transaction."""

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from triage.sandbox.codec import dumps, loads, parse_stamp, stamp
from triage.sandbox.database import meta, set_meta

Json = dict[str, Any]
INSERT_ACCOUNT = "INSERT INTO accounts (id, seq, version, wakes_at, body) VALUES (?,?,?,?,?)"


def wakes_at(account: Json) -> float | None:
    """When something of this account expires by itself (trial, claim, snooze): epoch seconds, or None."""
    moments = [account[name]["until"] for name in ("claim", "snooze") if account[name]]
    if account["tier_expires_at"] and account["tier"] != "free":
        moments.append(account["tier_expires_at"])
    return min((parse_stamp(moment).timestamp() for moment in moments), default=None)


def next_seq(connection: sqlite3.Connection) -> int:
    """The seq the next change gets; rows are never removed (tombstones stay), so the highest one only grows."""
    row = connection.execute("SELECT coalesce(max(seq), 0) AS top FROM accounts").fetchone()
    return int(row["top"]) + 1


def get(connection: sqlite3.Connection, account_id: str) -> Json | None:
    """The account as a dict, None when there is none or it was removed."""
    row = connection.execute("SELECT body FROM accounts WHERE id = ? AND deleted = 0", (account_id,)).fetchone()
    return None if row is None else loads(row["body"])


def put(connection: sqlite3.Connection, account: Json, now: datetime, *, new_version: bool = False) -> Json:
    """Store a changed account under a new seq (and version); stamps `updated_at`. Returns what is now served."""
    account["seq"] = next_seq(connection)
    account["version"] += 1 if new_version else 0
    account["updated_at"] = stamp(now)
    connection.execute(
        "UPDATE accounts SET seq = ?, version = ?, wakes_at = ?, body = ? WHERE id = ?",
        (account["seq"], account["version"], wakes_at(account), dumps(account), account["id"]),
    )
    return account


def add(connection: sqlite3.Connection, accounts: Iterable[Json], members: dict[str, list[Json]]) -> None:
    """Add new accounts with version 1 and their workspaces' members, each under a new seq."""
    for account in accounts:
        account |= {"version": 1, "seq": next_seq(connection)}
        row = (account["id"], account["seq"], 1, wakes_at(account), dumps(account))
        connection.execute(INSERT_ACCOUNT, row)
        for workspace in account["workspaces"]:
            put_members(connection, workspace["id"], account["id"], members.get(workspace["id"], []))


def remove(connection: sqlite3.Connection, account_ids: Sequence[str]) -> None:
    """Turn accounts into tombstones; their audit trail stays."""
    for account_id in account_ids:
        seq = next_seq(connection)
        body = dumps({"id": account_id, "deleted": True, "seq": seq})
        connection.execute(
            "UPDATE accounts SET seq = ?, deleted = 1, wakes_at = NULL, today = NULL, body = ? WHERE id = ?",
            (seq, body, account_id),
        )
        connection.execute("DELETE FROM workspaces WHERE account_id = ?", (account_id,))


def members_of(connection: sqlite3.Connection, workspace_id: str) -> list[Json] | None:
    """A workspace's members, None when there is no such workspace."""
    row = connection.execute("SELECT members FROM workspaces WHERE id = ?", (workspace_id,)).fetchone()
    return None if row is None else loads(row["members"])


def put_members(connection: sqlite3.Connection, workspace_id: str, account_id: str, members: list[Json]) -> None:
    """Store a workspace's members."""
    connection.execute(
        "INSERT OR REPLACE INTO workspaces (id, account_id, members) VALUES (?,?,?)",
        (workspace_id, account_id, dumps(members)),
    )


def page(connection: sqlite3.Connection, after: int, limit: int) -> list[tuple[int, str]]:
    """Up to `limit` accounts and tombstones behind `after`, as (seq, JSON text), by seq."""
    query = "SELECT seq, body FROM accounts WHERE seq > ? ORDER BY seq LIMIT ?"
    return [(row["seq"], row["body"]) for row in connection.execute(query, (after, limit))]


def epoch(connection: sqlite3.Connection) -> str:
    """The name of this book; a new one tells clients to start over."""
    return meta(connection, "epoch") or ""


def new_epoch(connection: sqlite3.Connection) -> str:
    """Give the book a new name, as after a restored backup: every client starts over."""
    name = uuid.uuid4().hex
    set_meta(connection, "epoch", name)
    return name


def complete_through(connection: sqlite3.Connection) -> str | None:
    """The last complete UTC day as text, None when nobody knows."""
    return meta(connection, "complete_through")


def raise_complete_through(connection: sqlite3.Connection, day: str) -> None:
    """Say that every feed is complete up to and including `day`."""
    set_meta(connection, "complete_through", day)
