"""Reading the cache for cases: what needs a record, what is late, and what the trail says of one account's case."""

from collections.abc import Sequence
from datetime import datetime

from data.account import Entry, Value
from data.assessment import Row
from data.cache_trail import CacheTrail
from data.wire import decoder, encode

ENTRIES = 500
CASE_ACTIONS = ("open_case", "update_case", "note", "record_assessment", "log_contact")
_entry = decoder(Entry)


class Designating(Value, frozen=True):
    """Which opened cases may still lack R10's records: those of `cases` (account id → case id), and all after `after`.

    `after` is a seq of the audit trail.
    """

    after: int
    cases: dict[str, str]


_designating = decoder(Designating)


class CacheCases(CacheTrail):
    """Everything by index: rows with a missing step, Red rows by their clock, entries by account or action."""

    def begin_watching(self, now: datetime) -> None:
        """Note that the first whole round of this book is over: what is found from here on was seen to happen (M12)."""
        with self.writing():
            self.put(watching_since=now.timestamp())
            self.put(designating=encode(Designating(self.audit_after, {})).decode())

    def stepped(self, due_after: float, day: str, limit: int) -> list[Row]:
        """Rows whose case lacks a step (R14, H13), without those that a first sync found.

        A Red account without a case has its first clock run out after `due_after` (epoch seconds) where it became Red
        while we watched, a fallen one was judged for `day` (ISO) or later.
        """
        sql = (
            "SELECT number FROM listing WHERE step <> '' AND (step IN ('lost', 'reopen', 'recovered', 'close') "
            "OR (step IN ('open_red', 'upgrade_to_red') AND sla > ?) OR (step = 'open_recovery' AND day >= ?)) "
            "ORDER BY step, number LIMIT ?"
        )
        return self.rows([number for (number,) in self.all(sql, (due_after, day, limit))])

    def unstepped(self, limit: int) -> list[Row]:
        """Rows whose case lacks a step, whoever saw it happen."""
        sql = "SELECT number FROM listing WHERE step <> '' ORDER BY step, number LIMIT ?"
        return self.rows([number for (number,) in self.all(sql, (limit,))])

    def late_rows(self, now: float) -> list[Row]:
        """Red rows whose next clock has run out at `now` (epoch seconds), the latest first (R11)."""
        sql = "SELECT number FROM listing WHERE red = 1 AND sla < ? ORDER BY sla, id"
        return self.rows([number for (number,) in self.all(sql, (now,))])

    def case_entries(self, account_id: str) -> list[Entry]:
        """What was applied to an account's case, its notes, talks and assessments, newest first (at most 500)."""
        marks = ", ".join("?" * len(CASE_ACTIONS))
        sql = (
            f"SELECT payload FROM audit WHERE account_id = ? AND action IN ({marks}) AND outcome = 'applied' "
            "ORDER BY seq DESC LIMIT ?"
        )
        return [self.decoded(blob, _entry) for (blob,) in self.all(sql, (account_id, *CASE_ACTIONS, ENTRIES))]

    def opened_after(self, seq: int) -> list[Entry]:
        """Every case opened by an entry after `seq`, oldest first."""
        sql = "SELECT payload FROM audit WHERE action = 'open_case' AND seq > ? AND outcome = 'applied' ORDER BY seq"
        return [self.decoded(blob, _entry) for (blob,) in self.all(sql, (seq,))]

    def assessed_accounts(self, limit: int) -> Sequence[str]:
        """The accounts of the last recorded interviews, each once, the latest first."""
        sql = "SELECT account_id FROM audit WHERE action = 'record_assessment' ORDER BY seq DESC LIMIT ?"
        return tuple(dict.fromkeys(account_id for (account_id,) in self.all(sql, (limit,)) if account_id))

    @property
    def designating(self) -> Designating:
        """How far the records of designations have been seen to."""
        found = self.get("designating")
        return self.decoded(found.encode(), _designating) if found else Designating(self.audit_after, {})

    def keep_designating(self, state: Designating) -> None:
        """Keep how far they have been seen to."""
        if state != self.designating:
            with self.writing():
                self.put(designating=encode(state).decode())
