"""Rows of a backend that cannot tell a repetition: sent once, read back, and otherwise decided by a person."""

from datetime import datetime
from typing import Any

from data.account import Entry, EntryFields
from data.errors import NotPossible, Rejected
from data.identity import Identity
from data.outbox_memory import Memory
from data.outbox_rows import reason_of, written_reason
from data.remedy import ONCE, TRIES_BEFORE_UNKNOWN, Change, State
from data.wire import decoder, safe_tree

_fields = decoder(EntryFields)


class SentOnce(Memory):
    """What may become of them after the one try; each is one transaction, and none overrules a person's word."""

    def seen_by(self, change: Change) -> dict[str, Any]:
        """What its author saw, with what my changes before it made of that; times they foretold are left out."""
        earlier, one = [], change
        while one.after is not None:
            one = self._find(one.after)
            earlier.append(one)
        seen = dict(change.before)
        for before in reversed(earlier):
            if before.state is State.APPLIED:
                seen |= {name: value for name, value in before.after_values.items() if name in seen}
                seen = {name: value for name, value in seen.items() if name not in _foretold(before)}
        return seen

    def settle_told(self, change: Change, why: str, now: datetime) -> bool:
        """Applied by the word of a backend without receipts; `why` is the evidence. False: a person was quicker."""
        with self._writing():
            known = not self._find(change.change_id).unknown
            if not known:
                self._end(change, State.APPLIED, now, why, "applied", said=_entry(change, now))
        return not known

    def settle_not_done(self, change: Change, why: str, now: datetime) -> bool:
        """Read back as not applied: it waits for a person, who may write it again. False as in `settle_told`."""
        with self._writing():
            known = not self._find(change.change_id).unknown
            if not known:
                self._end(change, State.PARKED, now, why, "not_applied", parked_why="not_applied")
        return not known

    def put_off(self, change: Change, why: str, next_try_at: datetime, *, lost: bool = False) -> None:
        """A look-up brought no answer: try again later, one attempt further; `lost` as in `settle_no_verdict`."""
        tries = max(change.attempts + 1, TRIES_BEFORE_UNKNOWN if lost else 0)
        mark = {"parked_why": ONCE} if lost else {}
        with self._writing():
            if self._find(change.change_id).unknown:  # else a person has decided while it was asked
                values = {"attempts": tries, "next_try_at": next_try_at.timestamp(), **mark}
                self._set(change.change_id, state=change.state.value, last_error=why, **values)

    def own_entries(self, base_url: str, account_id: str | None, before: int | None, limit: int) -> list[Entry]:
        """What was applied at a backend that keeps no trail, newest first, older than seq `before`."""
        where = "event = 'applied' AND json_extract(raw, '$.base_url') = ?"
        values: list[str | int] = [base_url]
        if account_id is not None:
            where += " AND json_extract(raw, '$.account_id') = ?"
            values.append(account_id)
        if before is not None:
            where += " AND seq < ?"
            values.append(before)
        rows = self._rows(f"SELECT * FROM trail WHERE {where} ORDER BY seq DESC LIMIT ?", *values, limit)
        return [_shown(row["raw"], row["prev_hash"], row["hash"]) for row in rows]

    def decide(self, change_id: str, happened: bool, reason: str, who: Identity, now: datetime) -> Change:
        """A person says what no machine can tell: it happened, or it did not and may be sent once more.

        Only for a change that is never sent again by itself, once nothing of it is under way; NotPossible, Rejected.
        """
        with self._writing():
            change = self._find(change_id)
            if not (change.sent_once and change.outcome_unknown):
                raise NotPossible("Only a change whose outcome nobody can tell is decided by a person.")
            why = written_reason(reason)
            if not why:
                raise Rejected("A14", "This asks for a reason.")
            self._note(change_id, "decided", now, happened=happened, staff_id=who.staff_id, name=who.name, reason=why)
            if happened:
                told = f"{who.name} says that it happened: {why}"
                self._end(change, State.APPLIED, now, told, "applied", said=_entry(change, now))
            else:
                values = {"state": State.QUEUED.value, "unknown": 0, "attempts": 0, "parked_why": None}
                self._set(change_id, **values, next_try_at=None, not_before=None, last_error=None)
        return self._find(change_id)


def _entry(change: Change, now: datetime) -> dict[str, Any]:
    """What an audit entry says, for a backend that writes none."""
    return {
        "actor": {"staff_id": change.staff_id, "name": change.staff_name},
        "action": change.kind,
        "account_id": change.account_id,
        "workspace_id": change.workspace_id,
        "before": change.before,
        "after": change.after_values,
        "outcome": "applied",
        "reason": reason_of(change.body),
        "authored_at": change.authored_at,
        "applied_at": now,
        "base_url": change.base_url,
    }


def _shown(raw: str, prev_hash: str, digest: str) -> Entry:
    said = _fields.decode(raw)
    fields = {name: getattr(said, name) for name in EntryFields.__struct_fields__}
    fields |= {"before": safe_tree(said.before), "after": safe_tree(said.after)}
    return Entry(**fields, raw=raw, prev_hash=prev_hash, hash=digest)


def _foretold(change: Change) -> list[str]:
    return [name for name in change.after_values if name.endswith("_at")]
