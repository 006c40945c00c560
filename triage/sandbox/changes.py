"""POST /v1/changes: the write path, in the contract's order, inside one database transaction."""

import hashlib
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.sandbox import chain, difference, expiry, records, remedies, store
from triage.sandbox.chain import Entry, Signer
from triage.sandbox.codec import Malformed, dumps, loads, stamp, strict_loads
from triage.sandbox.database import Database
from triage.sandbox.models import TAG, ApplyDiscount, Change, Input, read_change, read_params
from triage.sandbox.permissions import HIGH_DISCOUNT, KINDS, REMEDIES, Staff
from triage.sandbox.problems import Problem, forbidden, gone, malformed, rule

Json = dict[str, Any]
_TAG = re.compile(TAG)
_IN_TRAIL = "SELECT staff_id, NULL AS fingerprint FROM audit WHERE change_id = ? AND outcome = 'applied'"
REASON_MIN, REASON_MAX = 10, 500


@dataclass(frozen=True)
class Stored:
    """What became of a change: the answer's JSON text, the version it left, and whether it was there before."""

    result: str
    version: int
    replayed: bool


@dataclass(frozen=True)
class Request:
    """A change as it arrived: the signed-in author, the bytes, the two headers and the moment."""

    staff: Staff
    raw: bytes
    idempotency_key: str | None
    if_match: str | None
    now: datetime


def submit(database: Database, signer: Signer, request: Request) -> Stored:
    """Apply a change exactly once, or raise the Problem that refuses it; the state is on disk on return."""
    change = _read(request)
    fingerprint = hashlib.sha256(request.raw).hexdigest()
    with database.writing() as connection:
        found = _replay(connection, change.change_id, fingerprint, request.staff)
        if found is not None:
            return found
        while expiry.expire_due(connection, request.now, signer):
            pass
        denial = _authorise(change, request.staff)
        if denial is None:
            return _apply(connection, signer, request, change, fingerprint)
        _append_denied(connection, signer, request, change)
    raise denial


def outcome(connection: sqlite3.Connection, change_id: str, staff: Staff) -> Stored:
    """The stored answer of an applied change of this staff member; 404 otherwise."""
    row = connection.execute("SELECT * FROM changes WHERE change_id = ?", (change_id,)).fetchone()
    if row is None or row["staff_id"] != staff.staff_id:
        raise gone("change")
    return Stored(row["result"], row["version"], True)


def _read(request: Request) -> Change:
    try:
        change = read_change(strict_loads(request.raw))
    except Malformed as error:
        raise malformed(str(error)) from None
    if request.idempotency_key != change.change_id:
        raise malformed("The Idempotency-Key header must be the change_id of the body.", "/change_id")
    if request.if_match is not None and not _TAG.fullmatch(request.if_match):
        raise malformed('If-Match must be one tag of the form "cv-N".')
    return change


def _replay(connection: sqlite3.Connection, change_id: str, fingerprint: str, staff: Staff) -> Stored | None:
    row = connection.execute("SELECT * FROM changes WHERE change_id = ?", (change_id,)).fetchone()
    if row is None:
        # what a book was seeded with stands in the audit trail alone, without a body to compare
        row = connection.execute(_IN_TRAIL, (change_id,)).fetchone()
    if row is None:
        return None
    if row["staff_id"] != staff.staff_id:
        raise gone("change")
    if row["fingerprint"] != fingerprint:
        sentence = "This change id was applied with another body."
        raise Problem(422, "key-reused", "Key reused", sentence, errors=[("/change_id", sentence)])
    return Stored(row["result"], row["version"], True)


def _authorise(change: Change, staff: Staff) -> Problem | None:
    needed = KINDS[change.kind]
    if not staff.may(needed):
        return forbidden(needed, f"{staff.name} lacks the permission {needed}.")
    params = read_params(change.kind, change.params)
    limit = staff.rights.discount_limit
    if isinstance(params, ApplyDiscount) and (params.percent or 0) > limit and not staff.may(HIGH_DISCOUNT):
        return forbidden(HIGH_DISCOUNT, f"Above {limit} % {staff.name} needs the permission {HIGH_DISCOUNT}.")
    return None


def _append_denied(connection: sqlite3.Connection, signer: Signer, request: Request, change: Change) -> None:
    query = "SELECT 1 FROM audit WHERE change_id = ? AND outcome = 'denied' AND staff_id = ?"
    if connection.execute(query, (change.change_id, request.staff.staff_id)).fetchone() is None:
        chain.append(connection, _entry(request, change, None, None, "denied", None), signer)


def _apply(
    connection: sqlite3.Connection, signer: Signer, request: Request, change: Change, fingerprint: str
) -> Stored:
    account = store.get(connection, change.account_id)
    if account is None:
        raise gone("account")
    remedy = change.kind in REMEDIES
    if remedy:
        _check_version(connection, account, request.if_match)
    _check_dedupe(connection, change.dedupe_key)
    _check_reason(change)
    params = read_params(change.kind, change.params)
    work = _remedy if remedy else _record
    before, after = work(connection, request, change, params, account)
    version = account["version"] + (1 if remedy else 0)
    entry = _entry(request, change, before, after, "applied", version if remedy else None)
    receipt = chain.append(connection, entry, signer)
    served = store.put(connection, account, request.now, new_version=remedy)
    result = dumps({"change_id": change.change_id, "account": served, "receipt": receipt})
    connection.execute(
        "INSERT INTO changes (change_id, staff_id, fingerprint, body, version, result) VALUES (?,?,?,?,?,?)",
        (change.change_id, request.staff.staff_id, fingerprint, request.raw, version, result),
    )
    return Stored(result, version, False)


def _remedy(
    connection: sqlite3.Connection, request: Request, change: Change, params: Input, account: Json
) -> tuple[Json, Json]:
    old = loads(dumps(account))
    workspace = _workspace(account, change.workspace_id)
    members = store.members_of(connection, change.workspace_id) or [] if change.workspace_id else []
    roles = {member["membership_id"]: member["role"] for member in members}
    remedies.EFFECTS[change.kind](remedies.Target(account, workspace, members, request.now), params)
    before, after = difference.of_account(old, account, change.workspace_id)
    for member in members:
        if member["role"] != roles[member["membership_id"]]:
            assert change.workspace_id is not None
            store.put_members(connection, change.workspace_id, account["id"], members)
            known = {name: member[name] for name in ("membership_id", "user_id", "name")}
            before["member"] = {**known, "role": roles[member["membership_id"]]}
            after["member"] = {**known, "role": member["role"]}
    return before, after


def _record(
    _connection: sqlite3.Connection, request: Request, change: Change, params: Input, account: Json
) -> tuple[Json, Json]:
    _workspace(account, change.workspace_id)
    field = records.FIELDS.get(change.kind)
    before: Json = {field: loads(dumps(account[field]))} if field else {}
    by = records.Writing(request.staff, request.now, change.audit.reason, change.change_id)
    records.EFFECTS[change.kind](account, params, by)
    return before, {**change.params, **({field: account[field]} if field else {})}


def _workspace(account: Json, workspace_id: str | None) -> Json | None:
    if workspace_id is None:
        return None
    for workspace in account["workspaces"]:
        if workspace["id"] == workspace_id:
            found: Json = workspace
            return found
    raise gone("workspace in this account")


def _check_version(connection: sqlite3.Connection, account: Json, if_match: str | None) -> None:
    current = account["version"]
    headers = {"ETag": f'"cv-{current}"'}
    if if_match is None:
        sentence = "A remedy needs If-Match with the version it was written on."
        raise Problem(
            428, "precondition-required", "If-Match needed", sentence, headers=headers, moved=[], version=current
        )
    seen = int(if_match[len('"cv-') : -1])
    if seen != current:
        moved = difference.moved_since(connection, account["id"], seen)
        sentence = f"The account moved on from version {seen} to {current}."
        raise Problem(
            412, "precondition-failed", "The account moved", sentence, headers=headers, moved=moved, version=current
        )


def _check_dedupe(connection: sqlite3.Connection, key: str | None) -> None:
    row = key and connection.execute("SELECT * FROM audit WHERE dedupe_key = ?", (key,)).fetchone()
    if row:
        sentence = f"done by {row['name']} at {row['applied_at']}"
        raise Problem(
            409,
            "already-done",
            "Already done",
            sentence,
            staff_id=row["staff_id"],
            name=row["name"],
            at=row["applied_at"],
            change_id=row["change_id"],
        )


def _check_reason(change: Change) -> None:
    reason = (change.audit.reason or "").strip()
    pointer = "/audit/reason"
    if len(reason) > REASON_MAX:
        raise rule(pointer, f"A reason has at most {REASON_MAX} characters.")
    if change.kind == "snooze" and not reason:
        raise rule(pointer, "A snooze needs a reason.")
    if change.kind not in REMEDIES:
        return
    if len(reason) < REASON_MIN:
        raise rule(pointer, f"A reason of {REASON_MIN} to {REASON_MAX} characters is required.")
    if not any(character.isalnum() for character in reason):
        raise rule(pointer, "A reason is more than punctuation.")
    if len(set(reason)) == 1:
        raise rule(pointer, "A reason is more than one repeated character.")


def _entry(
    request: Request, change: Change, before: Json | None, after: Json | None, outcome: str, version: int | None
) -> Entry:
    return Entry(
        change_id=change.change_id,
        staff_id=request.staff.staff_id,
        name=request.staff.name,
        permissions=request.staff.rights.permissions,
        action=change.kind,
        account_id=change.account_id,
        workspace_id=change.workspace_id,
        before=before,
        after=after,
        outcome=outcome,
        reason=change.audit.reason,
        authored_at=change.audit.authored_at,
        applied_at=stamp(request.now, micro=True),
        client=change.audit.client,
        dedupe_key=change.dedupe_key if outcome == "applied" else None,
        result_version=version,
    )
