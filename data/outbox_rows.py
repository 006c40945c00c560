"""Rows of the outbox: the exact bytes of a change, and the way between a stored row and a `Change`."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

import msgspec

from data.account import Value
from data.identity import Identity
from data.remedy import Change, Moved, Order, Preview, Receipt, State
from data.safe_text import SafeText, safe_text
from data.wire import decoder, encode, safe_tree

_moved = decoder(tuple[Moved, ...])
_receipt = decoder(Receipt)
SPOILT = (ValueError, TypeError, OverflowError, OSError, msgspec.MsgspecError)


class Place(Value, frozen=True):
    """Whose row it is: the backend and the staff member it was authored under."""

    base_url: str
    staff_id: str


class Target(Value, frozen=True):
    """Of an account what a record needs, where the account itself is no longer in the book."""

    name: SafeText
    version: int = 0
    seq: int = 0


class Authored(Value, frozen=True):
    """Where and by whom a change is written; `client` as the audit shall name it (program, version, host)."""

    change_id: str
    identity: Identity
    base_url: str
    client: str
    now: datetime


def stamp(moment: datetime | None) -> float | None:
    """Return epoch seconds."""
    return None if moment is None else moment.timestamp()


def moment(seconds: float | None) -> datetime | None:
    """Return the UTC time of epoch seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def written_reason(text: str) -> str:
    """Return a reason as it is written: trimmed, one line, without anything a terminal could act on; never cut."""
    return str(safe_text(text.strip(), cells=None, chars=None))


def make_body(order: Order, preview: Preview, authored: Authored) -> bytes:
    """Return the request body of the contract; made once, stored, and sent as it is however often."""
    audit = {
        "reason": written_reason(order.reason) or None,
        "authored_at": authored.now.astimezone(UTC),
        "client": authored.client,
        "shown_before": _plain(preview.before),
        "acknowledged": [_plain(text) for text in order.acknowledged],
    }
    return encode(
        {
            "change_id": authored.change_id,
            "account_id": order.account_id,
            "workspace_id": order.workspace_id,
            "kind": order.kind,
            "params": _plain(order.params),
            "dedupe_key": order.dedupe_key,
            "audit": audit,
        }
    )


class _Named(Value, frozen=True):
    change_id: str
    account_id: str


_named = msgspec.json.Decoder(_Named)


def checked_body(row: sqlite3.Row) -> bytes:
    """Return the body of a stored row; ValueError where it is not this change's JSON any more: it must not be sent."""
    body: bytes = row["body"]
    named = _named.decode(body)
    if (named.change_id, named.account_id) != (row["change_id"], row["account_id"]):
        raise ValueError("the body is another change's")
    return body


def dedupe_key_of(body: bytes) -> str | None:
    """Return the dedupe key inside a body; only machines' records have one."""
    key: str | None = msgspec.json.decode(body)["dedupe_key"]
    return key


def reason_of(body: bytes) -> str | None:
    """Return the reason exactly as it was sent."""
    reason: str | None = msgspec.json.decode(body)["audit"]["reason"]
    return reason


def to_json(values: Any) -> str:
    """Return JSON text of plain values, for a column."""
    return encode(_plain(values)).decode()


def change_of(row: sqlite3.Row) -> Change:
    """Return the value of a stored row; every text in it is safe, none is cut.

    A row that the disk has spoilt raises any of SPOILT.
    """
    return Change(
        change_id=row["change_id"],
        position=row["position"],
        kind=row["kind"],
        account_id=row["account_id"],
        account_name=safe_text(row["account_name"]),
        workspace_id=row["workspace_id"],
        params=_whole(msgspec.json.decode(row["params"])),
        reason=safe_text(row["reason"], cells=None),
        before=_whole(msgspec.json.decode(row["before"])),
        after_values=_whole(msgspec.json.decode(row["after_values"])),
        body=checked_body(row),
        base_version=row["base_version"],
        after=row["after"],
        base_url=row["base_url"],
        staff_id=row["staff_id"],
        staff_name=safe_text(row["staff_name"]),
        state=State(row["state"]),
        unknown=bool(row["unknown"]),
        attempts=row["attempts"],
        authored_at=datetime.fromtimestamp(row["authored_at"], UTC),
        hold_until=moment(row["hold_until"]),
        next_try_at=moment(row["next_try_at"]),
        sent_at=moment(row["sent_at"]),
        finished_at=moment(row["finished_at"]),
        last_error=None if row["last_error"] is None else safe_text(row["last_error"], cells=None),
        conflict=None if row["conflict"] is None else tuple(map(_safe_move, _moved.decode(row["conflict"]))),
        receipt=None if row["receipt"] is None else _receipt.decode(row["receipt"]),
        result_version=row["result_version"],
        result_seq=row["result_seq"],
        parked_why=row["parked_why"],
    )


def _safe_move(move: Moved) -> Moved:
    return msgspec.structs.replace(move, from_=safe_tree(move.from_), to=safe_tree(move.to))


def _whole(value: Any) -> Any:
    """Make every text safe without cutting it: a long note must come back as long as it was written."""
    if isinstance(value, str):
        return safe_text(value, cells=None)
    if isinstance(value, dict):
        return {str(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    """Return plain JSON values: SafeText as str, lone surrogates (a broken paste) as `?`."""
    if isinstance(value, SafeText | str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
