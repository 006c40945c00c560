"""What a change touched: before and after by contract field names, and the list of fields that moved meanwhile."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from triage.sandbox.codec import loads

Json = dict[str, Any]

# bookkeeping of the server, and the contacts, which only mirror the members' roles
_OWN = frozenset({"version", "seq", "updated_at", "workspaces", "contacts"})


def of_account(old: Json, new: Json, workspace_id: str | None) -> tuple[Json, Json]:
    """The fields whose values differ, as (before, after).

    Fields of the workspace named stand below `workspace`, of any others below `workspaces` and their id.
    """
    changed = [name for name in new if name not in _OWN and new[name] != old[name]]
    before: Json = {name: old[name] for name in changed}
    after: Json = {name: new[name] for name in changed}
    for was, now in zip(old["workspaces"], new["workspaces"], strict=True):
        fields = [name for name in now if now[name] != was[name]]
        if not fields:
            continue
        for side, source in ((before, was), (after, now)):
            values = {name: source[name] for name in fields}
            if now["id"] == workspace_id:
                side["workspace"] = values
            else:
                side.setdefault("workspaces", {})[now["id"]] = values
    return before, after


def moved_since(connection: sqlite3.Connection, account_id: str, version: int) -> list[Json]:
    """Every field that version-moving entries have moved behind `version`, with who, when and why, oldest first."""
    rows = connection.execute(
        "SELECT raw FROM audit WHERE account_id = ? AND result_version > ? AND outcome = 'applied' ORDER BY seq",
        (account_id, version),
    )
    return [element for row in rows for element in _elements(loads(row["raw"]))]


def _elements(entry: Json) -> Iterator[Json]:
    before, after = dict(_flat(entry["before"] or {})), dict(_flat(entry["after"] or {}))
    for field in sorted(before.keys() | after.keys()):
        if before.get(field) != after.get(field):
            yield {
                "field": field,
                "from": before.get(field),
                "to": after.get(field),
                "staff_id": entry["actor"]["staff_id"],
                "name": entry["actor"]["name"],
                "at": entry["applied_at"],
                "reason": entry["reason"],
                "change_id": entry["change_id"],
            }


def _flat(values: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if name in ("workspace", "workspaces", "member") or prefix == "workspaces.":
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
