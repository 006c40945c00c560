"""What ends by itself: trials (with an audit entry, actor system), claims and snoozes."""

import sqlite3
from datetime import datetime
from typing import Any

from triage.sandbox import chain, difference, remedies, store
from triage.sandbox.chain import Entry, Signer
from triage.sandbox.codec import dumps, loads, parse_stamp, stamp

Json = dict[str, Any]
SYSTEM = "system"
_DUE = "SELECT body FROM accounts WHERE wakes_at <= ? ORDER BY wakes_at, id LIMIT ?"


def due(connection: sqlite3.Connection, now: datetime) -> bool:
    """True when something has run out and was not yet ended."""
    return connection.execute(_DUE, (now.timestamp(), 1)).fetchone() is not None


def expire_due(connection: sqlite3.Connection, now: datetime, signer: Signer, limit: int = 500) -> int:
    """End up to `limit` accounts' overdue things in the caller's transaction; returns how many accounts moved."""
    rows = connection.execute(_DUE, (now.timestamp(), limit)).fetchall()
    for row in rows:
        _expire(connection, loads(row["body"]), now, signer)
    return len(rows)


def _expire(connection: sqlite3.Connection, account: Json, now: datetime, signer: Signer) -> None:
    for name in ("claim", "snooze"):
        if account[name] and parse_stamp(account[name]["until"]) <= now:
            account[name] = None
    ends = account["tier_expires_at"]
    ended = bool(ends) and account["tier"] != "free" and parse_stamp(ends) <= now
    if ended:
        old = loads(dumps(account))
        remedies.expire_trial(account, parse_stamp(ends))
        before, after = difference.of_account(old, account, None)
        reason = f"The trial of {old['tier']} ran out on {ends}."
        _append(connection, account, before, after, reason, now, signer)
    store.put(connection, account, now, new_version=ended)


def _append(
    connection: sqlite3.Connection, account: Json, before: Json, after: Json, reason: str, now: datetime, signer: Signer
) -> None:
    entry = Entry(
        change_id=None,
        staff_id=SYSTEM,
        name=SYSTEM,
        permissions=(),
        action="trial_expired",
        account_id=account["id"],
        workspace_id=None,
        before=before,
        after=after,
        outcome="applied",
        reason=reason,
        authored_at=None,
        applied_at=stamp(now, micro=True),
        client=None,
        result_version=account["version"] + 1,
    )
    chain.append(connection, entry, signer)
