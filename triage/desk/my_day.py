"""What is due today or late, derived from rows, cases and trail, never stored: R10-R12, D16, H13, M20."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from data.account import Account
from data.assessment import Row
from data.cache import Cache
from data.health_book import Past
from data.ports_cases import Due, DueKind, MyDay
from data.ports_list import Sort, View
from data.ports_outreach import FollowUpDue, Message, OutreachState
from data.red_account import Task
from data.safe_text import SafeText, safe_text
from triage.desk.case_trail import recorded
from triage.desk.session import Session
from triage.rules import red_work
from triage.rules.case_duty import order
from triage.rules.monitor_route import high_value
from triage.rules.red_episode import is_open, own_case
from triage.rules.tree_cadence import cadence_tasks
from widgets.numbers import local

LOOKED_AT = 1000  # Red rows, by their clock; the rest is said to be left out
ASSESSED = 500
MOVES = {
    "open_red": "Open its case: it is Red",
    "open_recovery": "Open a recovery case: its health fell",
    "upgrade_to_red": "Make its recovery case a Red one",
    "reopen": "Open its case again: it is Red again",
    "recovered": "Record that it has recovered",
    "close": "Close its case: it left Red",
    "lost": "Close its case: it is lost",
}
CLOCKS = {
    "assessment": "Assess it",
    "root_cause": "Document the root cause",
    "plan": "Make the plan",
    "executive_review": "Hold the executive review",
}


class Day:
    """One reading of the day; costs the Red rows, those with a missing step and the interviewed, never the book."""

    def __init__(self, session: Session, cache: Cache) -> None:
        self._session, self._cache = session, cache
        self._now = session.clock()
        start = local(self._now).replace(hour=0, minute=0, second=0, microsecond=0)
        self._start, self._end = start, start + timedelta(days=1)
        self._me = cache.identity

    def read(self, everyone: bool, follow_ups: Iterable[FollowUpDue], messages: Iterable[Message]) -> MyDay:
        """What is due of mine, or of everyone; each thing once, late ones first."""
        rows, left_out = self._rows(everyone)
        pasts = self._cache.pasts_of([row.id for row in rows])
        found: dict[str, Due] = {}
        for row in rows:
            account = self._cache.account(row.id)
            if account is not None:
                for due in self._of(row, account, pasts.get(row.id, Past())):
                    found.setdefault(due.key, due)
        for due in (*self._follow_ups(follow_ups), *self._messages(messages)):
            found.setdefault(due.key, due)
        shown = [due for due in found.values() if everyone or due.mine]
        shown.sort(key=lambda due: (not due.mine, not due.late, due.due_at, due.account_id, due.key))
        return MyDay(tuple(shown), len(rows), left_out)

    def _rows(self, everyone: bool) -> tuple[list[Row], int]:
        """Red rows by their clock, rows whose case lacks a step, accounts with a recorded interview; each once."""
        cache = self._cache
        red = cache.ids(View.RED, Sort.SLA)
        numbers = list(red[:LOOKED_AT])
        if not everyone and self._me is not None:
            numbers += cache.ids(View.RED, Sort.SLA, f'owner:"{self._me.staff_id}"')[:LOOKED_AT]
        assessed = [cache.number(one) for one in cache.assessed_accounts(ASSESSED)]
        numbers += [one for one in assessed if one is not None]
        rows = {row.id: row for row in cache.rows(list(dict.fromkeys(numbers)))}
        rows |= {row.id: row for row in cache.unstepped(LOOKED_AT) if row.id not in rows}
        mine = [row for row in rows.values() if everyone or self._mine(row, cache.account(row.id))]
        return mine, max(0, len(red) - LOOKED_AT)

    def _mine(self, row: Row, account: Account | None = None) -> bool:
        """I am its CSM, its case's owner, or have claimed it."""
        me = self._me
        if me is None:
            return False
        claimed = row.claim is not None and row.claim.staff_id == me.staff_id and row.claim.until > self._now
        case = None if account is None else account.case
        owns = case is not None and case.closed_at is None and case.owner == me.name
        return claimed or owns or (row.owner is not None and row.owner.staff_id == me.staff_id)

    def _of(self, row: Row, account: Account, past: Past) -> list[Due]:
        found: list[Due] = []
        entries = self._cache.case_entries(row.id)
        if row.red is not None and row.red.step is not None:
            found += self._move(row, account, past, row.red.step)
        episode, policy = past.episode, self._session.policy
        if row.red is not None and row.red.is_red and is_open(episode) and episode is not None:
            for clock in red_work.clocks(account, episode, policy, self._now):
                if clock.done_at is None and clock.due_at < self._end:
                    key = red_work.key(row.id, red_work.first_day(account, episode), f"due:{clock.name}")
                    task = Task(key, CLOCKS.get(clock.name, clock.name), "csm", clock.due_at, False)
                    found.append(self._due(row, account, task, DueKind.CLOCK, clock.late))
            stand = recorded(account, entries)
            designated = red_work.designations(account, episode, policy, stand)
            for task in designated if own_case(account, episode) else ():  # opening the case writes them
                found += self._task(row, account, task, DueKind.DESIGNATION)
            big = high_value(account, policy, self._cache.book_context)
            for task in red_work.cadence(account, episode, policy, self._now, big):
                found += self._task(row, account, task, DueKind.CADENCE)
        for task in cadence_tasks(row.id, entries, policy, self._now):
            found += self._task(row, account, task, DueKind.TREE)
        return found

    def _task(self, row: Row, account: Account, task: Task, kind: DueKind) -> list[Due]:
        if task.done or task.due_at >= self._end:
            return []
        return [self._due(row, account, task, kind, task.due_at < self._start)]

    def _move(self, row: Row, account: Account, past: Past, step: str) -> list[Due]:
        asked = order(row, account, past, self._session.policy)
        if asked is None or asked.dedupe_key is None:
            return []
        at = past.episode.opened_at if past.episode is not None and step != "open_recovery" else row.assessed_at
        task = Task(f"move:{asked.dedupe_key}", MOVES.get(step, step), "csm", at, False)
        return [self._due(row, account, task, DueKind.MOVE, at < self._start, step)]

    def _due(self, row: Row, account: Account, task: Task, kind: DueKind, late: bool, move: str | None = None) -> Due:
        return Due(
            key=task.key,
            kind=kind,
            account_id=row.id,
            account_name=SafeText(row.name, row.suspicious),
            what=safe_text(task.what),
            who=safe_text(task.who),
            due_at=task.due_at,
            late=late,
            mine=self._mine(row, account),
            owner=_owner(row, account),
            move=move,
        )

    def _follow_ups(self, all_of_them: Iterable[FollowUpDue]) -> list[Due]:
        return [
            self._other(
                f"follow_up:{one.outreach_id}",
                DueKind.FOLLOW_UP,
                one.account_id,
                one.account_name,
                safe_text(f"Follow up: no answer to “{one.subject}”"),
                one.due_at,
            )
            for one in all_of_them
            if one.due or one.due_at < self._end
        ]

    def _messages(self, all_of_them: Iterable[Message]) -> list[Due]:
        return [
            self._other(
                f"message:{one.outreach_id}",
                DueKind.MESSAGE,
                one.account_id,
                one.account_name,
                safe_text(f"Did this go out? “{one.subject}”"),
                one.left_at or one.written_at,
                mine=True,
            )
            for one in all_of_them
            if one.state is OutreachState.UNCLEAR
        ]

    def _other(
        self, key: str, kind: DueKind, account_id: str, name: SafeText, what: SafeText, at: datetime, mine: bool = False
    ) -> Due:
        row, account = self._cache.row(account_id), self._cache.account(account_id)
        mine = mine or (row is not None and self._mine(row, account))
        owner = None if row is None else _owner(row, account)
        name, who = name if row is None else SafeText(row.name, row.suspicious), safe_text("csm")
        return Due(key, kind, account_id, name, what, who, at, at < self._start, mine, owner)


def _owner(row: Row, account: Account | None) -> SafeText | None:
    """The open case's owner, else the account's CSM."""
    case = None if account is None else account.case
    if case is not None and case.closed_at is None and case.owner is not None:
        return case.owner
    return None if row.owner is None else row.owner.name
