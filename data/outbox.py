"""The outbox: every change a person submitted, from the moment it is written to its end; nothing is ever deleted."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from data.account import Account
from data.errors import NotPossible, Rejected
from data.identity import Identity
from data.outbox_outreach import OutreachBox
from data.outbox_rows import Authored, Target, make_body, to_json, written_reason
from data.ports_list import OutboxCounts
from data.remedy import (
    FINISHED,
    NEEDS_YOU,
    ONCE,
    PENDING,
    REMEDIES,
    TRIES_BEFORE_UNKNOWN,
    Change,
    Order,
    Preview,
    State,
)

_PENDING = tuple(state.value for state in PENDING)
_OPEN = (*_PENDING, *(state.value for state in NEEDS_YOU))
_UNKNOWN = "It was sent and its outcome is unknown: it may have been applied. Look it up on the server instead."


def _marks(values: tuple[str, ...]) -> str:
    return ",".join("?" * len(values))


class Outbox(OutreachBox):
    """The outbox of one home; one object per thread. Errors: NotPossible, Rejected, OutboxDamaged."""

    # --- writing a change ---
    def author(
        self,
        order: Order,
        *,
        change_id: str,
        account: Account | Target,
        identity: Identity,
        base_url: str,
        client: str,
        preview: Preview,
        now: datetime,
        hold_seconds: float = 0.0,
        beside: Callable[[], object] = lambda: None,
    ) -> Change:
        """Store a change with its body and an entry in our own trail, in the place of its draft, in one transaction.

        `hold_seconds` (0: none) applies to remedies only. Writing the same `change_id` twice returns the stored row.
        `beside` is done in the same transaction; what it raises undoes all.
        """
        authored = Authored(change_id, identity, base_url, client, now)
        with self._writing():
            if not self._select("WHERE change_id = ?", change_id):
                self._insert(order, account, preview, authored, hold_seconds)
                self._connection.execute("DELETE FROM draft WHERE change_id = ?", (change_id,))
            beside()
        return self._find(change_id)

    def reauthor(
        self,
        change_id: str,
        order: Order,
        *,
        new_id: str,
        account: Account | Target,
        identity: Identity,
        base_url: str,
        client: str,
        preview: Preview,
        now: datetime,
        hold_seconds: float = 0.0,
    ) -> Change:
        """Write a change anew and discard the old one as "rewritten as ID", both in one transaction."""
        authored = Authored(new_id, identity, base_url, client, now)
        with self._writing():
            if not self._select("WHERE change_id = ?", new_id):
                self._supersede(change_id, new_id, now)
                self._insert(order, account, preview, authored, hold_seconds)
        return self._find(new_id)

    def _supersede(self, old_id: str, new_id: str, now: datetime) -> None:
        old = self._find(old_id)
        if old.unknown:
            raise NotPossible(_UNKNOWN)
        if old.state not in NEEDS_YOU:
            raise NotPossible("Only a conflicting, refused or parked change can be written again.")
        self._end(old, State.DISCARDED, now, f"rewritten as {new_id}", "rewritten")

    def _insert(
        self, order: Order, account: Account | Target, preview: Preview, authored: Authored, hold_seconds: float
    ) -> None:
        remedy = order.kind in REMEDIES
        held = remedy and hold_seconds > 0
        identity = authored.identity
        values = {
            "change_id": authored.change_id,
            "position": self._rows("SELECT coalesce(max(position), 0) + 1 FROM change")[0][0],
            "kind": order.kind,
            "account_id": order.account_id,
            "account_name": str(account.name),
            "workspace_id": order.workspace_id,
            "params": to_json(order.params),
            "reason": written_reason(order.reason),
            "before": to_json(preview.before),
            "after_values": to_json(preview.after),
            "body": make_body(order, preview, authored),
            "base_version": account.version if remedy else None,
            "after": self._predecessor(order, account, authored) if remedy else None,
            "base_url": authored.base_url,
            "staff_id": identity.staff_id,
            "staff_name": str(identity.name),
            "state": State.HELD.value if held else State.QUEUED.value,
            "unknown": 0,
            "attempts": 0,
            "authored_at": authored.now.timestamp(),
            "hold_until": (authored.now + timedelta(seconds=hold_seconds)).timestamp() if held else None,
        }
        columns = ", ".join(f'"{name}"' for name in values)
        query = f"INSERT INTO change ({columns}) VALUES ({_marks(tuple(values))})"
        self._connection.execute(query, tuple(values.values()))
        self._note(
            authored.change_id,
            "authored",
            authored.now,
            staff_id=identity.staff_id,
            name=identity.name,
            kind=order.kind,
            account_id=order.account_id,
            reason=values["reason"],
        )

    def _predecessor(self, order: Order, account: Account | Target, authored: Authored) -> str | None:
        """My last remedy on this account that is on its way, or whose result the cached account does not show yet."""
        query = (
            f"WHERE account_id = ? AND base_url = ? AND staff_id = ? AND kind IN ({_marks(REMEDIES)}) "
            f"AND (state IN ({_marks(_PENDING)}) OR (state = 'applied' AND result_seq > ?)) "
            "ORDER BY position DESC LIMIT 1"
        )
        mine = (order.account_id, authored.base_url, authored.identity.staff_id)
        found = self._select(query, *mine, *REMEDIES, *_PENDING, account.seq)
        return found[0].change_id if found else None

    # --- reading ---
    def changes(self, *states: State) -> list[Change]:
        """All changes in the order they were written, or those in the given states."""
        if not states:
            return self._select("ORDER BY position")
        names = tuple(state.value for state in states)
        return self._select(f"WHERE state IN ({_marks(names)}) ORDER BY position", *names)

    def get(self, change_id: str) -> Change:
        """One change; NotPossible when there is none of that id."""
        return self._find(change_id)

    def these(self, change_ids: Sequence[str]) -> list[Change]:
        """The changes of these ids, as they were written."""
        where = "WHERE change_id IN (SELECT value FROM json_each(?)) ORDER BY position"
        return self._select(where, json.dumps(list(change_ids)))

    def standing(self, account_id: str, base_url: str) -> list[Change]:
        """The changes of an account that are under way to `base_url` or applied there, as they were written."""
        names = (State.HELD.value, State.QUEUED.value, State.SENDING.value, State.APPLIED.value)
        where = f"WHERE account_id = ? AND base_url = ? AND state IN ({_marks(names)}) ORDER BY position"
        return self._select(where, account_id, base_url, *names)

    def of_account(self, account_id: str, base_url: str) -> list[Change]:
        """Every change on an account that was written for `base_url`, whatever became of it, as they were written."""
        return self._select("WHERE account_id = ? AND base_url = ? ORDER BY position", account_id, base_url)

    def overlay(self, cached_seq: Callable[[str], int | None]) -> dict[str, list[Change]]:
        """The changes that are not over, and applied ones whose result the cached account does not show yet.

        `cached_seq` returns the cached account's seq, None when it is not in the cache.
        """
        rows = self._select(f"WHERE state IN ({_marks(_OPEN)})", *_OPEN)
        rows += map(self._find, self._unseen(cached_seq))
        found: dict[str, list[Change]] = {}
        for change in sorted(rows, key=lambda change: change.position):
            found.setdefault(change.account_id, []).append(change)
        return found

    def results(self, base_url: str) -> dict[str, int]:
        """The highest seq by account that answers to our changes have told and that is not forgotten."""
        query = "SELECT account_id, max(result_seq) FROM change WHERE state = 'applied' AND base_url = ? GROUP BY 1"
        return {account_id: seq for account_id, seq in self._rows(query, base_url) if seq is not None}

    def forget_seqs(self, base_url: str, until: datetime, now: datetime) -> None:
        """The book began anew at `until`: no account of it ever reaches the seq of a change applied before.

        A change that was finished after `now` was so while the clock was wrong, and may have been before.
        """
        where = (
            "WHERE state = 'applied' AND base_url = ? AND (finished_at <= ? OR finished_at > ?) "
            "AND result_seq IS NOT NULL"
        )
        values = (base_url, until.timestamp(), now.timestamp())
        if self._rows(f"SELECT 1 FROM change {where} LIMIT 1", *values):
            with self._writing() as connection:
                connection.execute(f"UPDATE change SET result_seq = NULL {where}", values)

    def _unseen(self, cached_seq: Callable[[str], int | None]) -> list[str]:
        rows = self._rows("SELECT change_id, account_id, result_seq FROM change WHERE state = 'applied'")
        accounts = {account_id: cached_seq(account_id) for account_id in {row["account_id"] for row in rows}}
        return [
            change_id
            for change_id, account_id, seq in rows
            if seq is not None and (cached := accounts[account_id]) is not None and cached < seq
        ]

    def counts(self) -> OutboxCounts:
        """How many changes are held, queued, being sent, or need a person; messages that do are counted with them."""
        needy = f"state IN ({_marks(_PENDING)}) AND unknown AND attempts >= {TRIES_BEFORE_UNKNOWN}"
        query = f"SELECT state, {needy}, count(*) FROM change WHERE state IN ({_marks(_OPEN)}) GROUP BY 1, 2"
        totals = dict.fromkeys(_OPEN, 0)
        needs = 0
        for state, lost, count in self._rows(query, *_PENDING, *_OPEN):
            if lost:
                needs += count
            else:
                totals[state] += count
        needs += sum(totals[state.value] for state in NEEDS_YOU) + self.needy_messages()
        return OutboxCounts(totals["held"], totals["queued"], totals["sending"], needs)

    def last_held(self, now: datetime) -> Change | None:
        """The latest change whose hold still runs."""
        found = self._select("WHERE state = 'held' AND hold_until > ? ORDER BY position DESC LIMIT 1", now.timestamp())
        return found[0] if found else None

    # --- what a person may do ---
    def take_back(self, change_id: str, now: datetime) -> Change:
        """Discard a held or queued change that cannot have reached the server; raises NotPossible."""
        with self._writing():
            change = self._find(change_id)
            if change.unknown:
                raise NotPossible(_UNKNOWN)
            if change.state not in (State.HELD, State.QUEUED):
                raise NotPossible(f"It is {change.state.value} and can no longer be taken back.")
            self._end(change, State.DISCARDED, now, "taken back", "taken_back")
        return self._find(change_id)

    def discard(self, change_id: str, reason: str, now: datetime) -> Change:
        """Discard for good; a held or queued change needs no reason, any other does. Raises NotPossible, Rejected."""
        with self._writing():
            change = self._find(change_id)
            if change.unknown or change.state is State.SENDING:
                raise NotPossible(_UNKNOWN)
            if change.state in FINISHED:
                raise NotPossible(f"It is {change.state.value} already.")
            why = written_reason(reason)
            if not why and change.state in NEEDS_YOU:
                raise Rejected("A14", "Discarding this asks for a reason.")
            self._end(change, State.DISCARDED, now, why or "taken back", "discarded")
        return self._find(change_id)

    def retry(self, change_id: str, now: datetime) -> Change:
        """Make a queued or unknown change due now, with the same id and bytes; raises NotPossible."""
        with self._writing():
            change = self._find(change_id)
            if change.state in FINISHED or not (change.unknown or change.state is State.QUEUED):
                raise NotPossible(f"It is {change.state.value}: only a queued or unknown change can be tried again.")
            state = State.QUEUED if change.state is State.PARKED else change.state
            why = ONCE if change.sent_once else None
            self._set(change_id, state=state.value, next_try_at=now.timestamp(), not_before=None, parked_why=why)
            self._note(change_id, "retried", now)
        return self._find(change_id)
