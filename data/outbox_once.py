"""Rows of a backend that cannot tell a repetition: sent once, read back, and otherwise decided by a person."""

from datetime import datetime
from typing import Any

from data.errors import NotPossible, Rejected
from data.identity import Identity
from data.outbox_memory import Memory
from data.outbox_rows import written_reason
from data.remedy import ONCE, TRIES_BEFORE_UNKNOWN, Change, State


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
                self._end(change, State.APPLIED, now, why, "applied")
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
                self._end(change, State.APPLIED, now, f"{who.name} says that it happened: {why}", "applied")
            else:
                values = {"state": State.QUEUED.value, "unknown": 0, "attempts": 0, "parked_why": None}
                self._set(change_id, **values, next_try_at=None, not_before=None, last_error=None)
        return self._find(change_id)


def _foretold(change: Change) -> list[str]:
    return [name for name in change.after_values if name.endswith("_at")]
