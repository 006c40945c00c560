"""The outbox as the pusher sees it: what is due, and how each answer moves a row (answer table of contract.md)."""

from datetime import datetime
from typing import Any

import msgspec

from data.account import Value
from data.backends.port import Applied, Moved412
from data.outbox_once import SentOnce
from data.outbox_rows import Place, moment, stamp
from data.remedy import ONCE, TRIES_BEFORE_UNKNOWN, Change, Receipt, State
from data.wire import encode

_WAITING = """SELECT c.change_id, c.account_id, c.state, c.hold_until, c.next_try_at, c.not_before,
    c.unknown, c.attempts, (c."after" IS NOT NULL AND coalesce(p.state, '') <> 'applied') AS waits
    FROM change c LEFT JOIN change p ON p.change_id = c."after"
    WHERE c.state IN ('held', 'queued', 'sending') ORDER BY c.position"""

LONGEST_PATIENCE = 900.0
# Times further ahead than anything may ask for were written while the clock was wrong. A hold begins anew only where
# the clock went back by more than its length: then it ends before `authored_at`, and looking again does not shorten it.
_AHEAD = """state IN ('queued', 'sending') AND (next_try_at > ?2 OR not_before > ?2)
    OR state = 'held' AND (hold_until > ?2 OR hold_until > authored_at AND 2 * authored_at - hold_until > ?1)"""
_MEND = f"""UPDATE change SET next_try_at = min(next_try_at, ?2), not_before = min(not_before, ?2),
    hold_until = CASE WHEN hold_until > authored_at THEN ?1 + hold_until - authored_at ELSE ?1 END
    WHERE {_AHEAD}"""


class Waiting(Value, frozen=True):
    """A row on its way, in brief. `waits` while my change before it is not applied; times are epoch seconds."""

    change_id: str
    account_id: str
    state: str
    hold_until: float | None
    next_try_at: float | None
    not_before: float | None
    waits: bool
    unknown: bool
    attempts: int

    def due(self, *, ignore_backoff: bool = False) -> float:
        """Return when it may leave: the end of its hold, or its backoff and the server's Retry-After (0: at once)."""
        if self.state == State.HELD.value:
            return self.hold_until or 0.0
        backoff = 0.0 if ignore_backoff else self.next_try_at or 0.0
        return max(backoff, self.not_before or 0.0)


class Sending(SentOnce):
    """Transitions of the push; each is one transaction."""

    # --- what is due ---
    def waiting(self) -> list[Waiting]:
        """Every row on its way, in the order they were written."""
        return [
            Waiting(
                change_id=row["change_id"],
                account_id=row["account_id"],
                state=row["state"],
                hold_until=row["hold_until"],
                next_try_at=row["next_try_at"],
                not_before=row["not_before"],
                waits=bool(row["waits"]),
                unknown=bool(row["unknown"]),
                attempts=row["attempts"],
            )
            for row in self._rows(_WAITING)
        ]

    def next_due(self, now: datetime) -> datetime | None:
        """When the next row may leave (`now` if one may already); None when none is on its way by itself."""
        self._mend_times(now)
        blocked: set[str] = set()
        due: list[float] = []
        for row in self.waiting():
            if row.state == State.HELD.value:
                due.append(row.due())
            elif not row.waits and row.account_id not in blocked:
                blocked.add(row.account_id)
                due.append(row.due())
        return moment(max(min(due), now.timestamp())) if due else None

    def release_holds(self, now: datetime) -> None:
        """Let every held row go whose hold is over."""
        self._mend_times(now)
        query = "FROM change WHERE state = 'held' AND hold_until <= ?"
        if self._rows(f"SELECT 1 {query} LIMIT 1", now.timestamp()):
            with self._writing() as connection:
                connection.execute(
                    "UPDATE change SET state = 'queued' WHERE state = 'held' AND hold_until <= ?", (now.timestamp(),)
                )

    def _mend_times(self, now: datetime) -> None:
        """After the clock was set back: no hold lasts longer than twice its length, no wait for a try than 15 min."""
        times = (now.timestamp(), now.timestamp() + LONGEST_PATIENCE)
        if self._rows(f"SELECT 1 FROM change WHERE {_AHEAD} LIMIT 1", *times):
            with self._writing() as connection:
                connection.execute(_MEND, times)

    def settle_identity(self, mine: Place, now: datetime) -> None:
        """Park rows of anybody else, and bring back my own that were parked for that; `unknown` stays as it is."""
        foreign = self._select(
            "WHERE state IN ('queued', 'sending') AND NOT (base_url = ? AND staff_id = ?)", mine.base_url, mine.staff_id
        )
        returned = self._select(
            "WHERE state = 'parked' AND parked_why = 'identity' AND base_url = ? AND staff_id = ?",
            mine.base_url,
            mine.staff_id,
        )
        if not foreign and not returned:
            return
        with self._writing():
            for row in foreign:
                where = "" if row.base_url == mine.base_url else f" at {row.base_url}"
                why = f"Written as {row.staff_name}{where}. Sign in as {row.staff_name} to send it."
                self._set(row.change_id, state=State.PARKED.value, parked_why="identity", last_error=why)
                self._note(row.change_id, "parked", now, why=why)
            for row in returned:
                self._set(row.change_id, state=State.QUEUED.value, parked_why=None, last_error=None, next_try_at=None)
                self._note(row.change_id, "returned", now)

    def parked_for_another(self) -> bool:
        """True when a row waits for its author to sign in: a round by that person brings it back."""
        query = "SELECT 1 FROM change WHERE state = 'parked' AND parked_why = 'identity' LIMIT 1"
        return bool(self._rows(query))

    # --- one try ---
    def start(self, change_id: str, now: datetime, *, once: bool = False) -> Change | None:
        """Commit `sending` before the first byte leaves; returns the row as it was before, None when it may not go.

        `once`: its backend cannot tell a repetition, so a row whose outcome is unknown never goes, and this one is
        marked until its outcome is known.
        """
        with self._writing():
            change = self._find(change_id)
            if change.state not in (State.QUEUED, State.SENDING) or (once and change.unknown):
                return None
            self._set(
                change_id,
                state=State.SENDING.value,
                unknown=1,
                attempts=change.attempts + 1,
                sent_at=now.timestamp(),
                next_try_at=None,
                not_before=None,
                parked_why=ONCE if once else None,
            )
            if not change.unknown:
                self._note(change_id, "sent", now)
        return change

    def first_sent(self, change_id: str) -> datetime | None:
        """When the first of the tries began whose outcome is not known yet; None where nobody wrote it down."""
        found = self._rows(
            "SELECT raw FROM trail WHERE change_id = ? AND event = 'sent' ORDER BY seq DESC LIMIT 1", change_id
        )
        return datetime.fromisoformat(msgspec.json.decode(found[0]["raw"])["at"]) if found else None

    def if_match(self, change: Change) -> int | None:
        """The version a remedy is sent with: its predecessor's result, else the one it was written on."""
        if change.after is None:
            return change.base_version
        found = self._rows("SELECT result_version FROM change WHERE change_id = ?", change.after)
        return found[0][0] if found else None

    def settle_applied(self, change: Change, answer: Applied, now: datetime) -> None:
        """The receipt was verified: the change is applied, and its signed head is the last one seen."""
        receipt = answer.receipt
        with self._writing():
            self._advance_head(change.base_url, receipt.head_seq, receipt.head_hash, now)
            self._end(
                change,
                State.APPLIED,
                now,
                None,
                "applied",
                receipt=_json(answer.receipt),
                result_version=answer.item.account.version,
                result_seq=answer.item.account.seq,
            )

    def settle_ended(self, change: Change, state: State, why: str, now: datetime) -> None:
        """A verdict: rejected, discarded (already done) or parked (key reused)."""
        parked_why = "key_reused" if state is State.PARKED else None
        with self._writing():
            self._end(change, state, now, why, state.value, parked_why=parked_why)

    def settle_conflict(self, change: Change, answer: Moved412, now: datetime) -> None:
        """The account moved: kept with what moved, by whom and why."""
        with self._writing():
            self._end(change, State.CONFLICT, now, answer.why, "conflict", conflict=_json(answer.moved))

    def settle_unproven(self, change: Change, receipt: Receipt, why: str, now: datetime) -> None:
        """It says applied, but the receipt does not verify: parked with the evidence, and unknown still."""
        with self._writing():
            self._set(
                change.change_id,
                state=State.PARKED.value,
                parked_why="receipt",
                unknown=1,
                receipt=_json(receipt),
                last_error=f"The server says it was applied, but its proof does not hold. {why}",
                next_try_at=None,
            )
            self._note(change.change_id, "parked", now, why=why)

    def settle_never_sent(self, before: Change, why: str, next_try_at: datetime) -> None:
        """No byte left: queued as before this try; only an earlier open try keeps it unknown."""
        self._later(
            before,
            State.QUEUED,
            why,
            unknown=int(before.unknown),
            sent_at=stamp(before.sent_at),
            next_try_at=next_try_at.timestamp(),
            parked_why=None,
        )

    def settle_no_verdict(
        self,
        change: Change,
        why: str,
        now: datetime,
        next_try_at: datetime,
        not_before: datetime | None = None,
        *,
        lost: bool = False,
    ) -> None:
        """Sent without an answer that counts: stays `sending`, unknown, to be sent again; `sent_at` is now.

        `lost`: it may not be sent again, so it needs a person from the first try on.
        """
        tries = {"attempts": max(change.attempts + 1, TRIES_BEFORE_UNKNOWN), "parked_why": ONCE} if lost else {}
        self._later(
            change,
            State.SENDING,
            why,
            sent_at=now.timestamp(),
            next_try_at=next_try_at.timestamp(),
            not_before=stamp(not_before),
            **tries,
        )

    def settle_not_yet(self, before: Change, why: str, not_before: datetime, *, once: bool = False) -> None:
        """The server asks for patience: queued until then; what was open stays unknown.

        `once`: no earlier try can be open, so that this refusal leaves the row as it was before.
        """
        times = {"next_try_at": not_before.timestamp(), "not_before": not_before.timestamp()}
        self._later(before, State.QUEUED, why, **times, **_unsent(before, once))

    def settle_signed_out(self, before: Change, why: str, *, once: bool = False) -> None:
        """401: queued, no attempt spent; it goes once somebody has signed in. `once` as in `settle_not_yet`."""
        self._later(before, State.QUEUED, why, attempts=before.attempts, **_unsent(before, once))

    def settle_not_applied(self, change: Change, now: datetime) -> None:
        """A look-up proved that nothing was applied: queued, due, no longer unknown."""
        with self._writing():
            self._set(
                change.change_id,
                state=State.QUEUED.value,
                unknown=0,
                next_try_at=None,
                last_error=None,
                parked_why=None,
            )
            self._note(change.change_id, "looked_up", now, why="not applied")

    def postpone(self, change_ids: list[str], until: datetime, *, by_server: bool) -> None:
        """Let rows that were not tried wait as well: nobody listens, or (`by_server`) the server asks for patience."""
        rows = [(until.timestamp(), until.timestamp() if by_server else None, change_id) for change_id in change_ids]
        if rows:
            with self._writing() as connection:
                connection.executemany(
                    "UPDATE change SET next_try_at = max(coalesce(next_try_at, 0), ?), not_before = "
                    "coalesce(?, not_before) WHERE change_id = ? AND state IN ('queued', 'sending')",
                    rows,
                )

    def _later(self, change: Change, state: State, why: str, **values: Any) -> None:
        with self._writing():
            self._set(change.change_id, state=state.value, last_error=why, **values)


def _unsent(before: Change, once: bool) -> dict[str, Any]:
    return {"unknown": int(before.unknown), "parked_why": None} if once else {}


def _json(value: object) -> str:
    return encode(value).decode()
