"""One pass of the usage monitor: every open alert, what would be sent by itself, or why not (M12-M22)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from data.account import Account, Value
from data.assessment import Row
from data.cache import Cache
from data.errors import NoData, NotPossible, Rejected
from data.health_monitor import FollowUpKind, MonitorReading, Route
from data.outbox import Outbox
from data.ports_list import Sort, View
from data.ports_outreach import Channel, Message, OutreachState
from data.safe_text import SafeText
from data.wire import decoder, encode
from triage.desk.health import HealthDesk
from triage.desk.inbox import Inbox
from triage.desk.outreach import OutreachDesk
from triage.desk.outreach_events import events_of
from triage.desk.remedies import Remedies
from triage.desk.session import Session
from triage.desk.sync import lapsed, look_over
from triage.rules import outreach_threads as threads
from triage.rules.days import day
from triage.rules.monitor_route import dedupe_key, fleet_event

SHOWN_FOR = timedelta(hours=24)  # how long a dry run stands for what --send may send
CHECK_IN, FOLLOW_UP = "check_in", "follow_up"
UNDER_WAY = {
    OutreachState.INTENT: "A message is on its way.",
    OutreachState.LEAVING: "A message is on its way.",
    OutreachState.UNCLEAR: "Nobody knows yet whether the last message went out.",
}
CHUNK = 500


class AlertLine(Value, frozen=True):
    """One open alert: `action` is what would leave by itself (`check_in`, `follow_up`) or None, `problem` why not."""

    account_id: str
    name: SafeText
    state: str
    ratio: float | None
    since: str
    route: Route | None
    action: str | None
    problem: str | None
    key: str
    outcome: str | None = None


class Pass(Value, frozen=True):
    """All open alerts; `fleet` is the banner of M13, empty on other days."""

    at: datetime
    fleet: str
    lines: tuple[AlertLine, ...]

    @property
    def ready(self) -> tuple[AlertLine, ...]:
        """What would leave by itself."""
        return tuple(line for line in self.lines if line.action is not None)


class DryRun(Value, frozen=True):
    """What a person was shown, and when."""

    at: datetime
    keys: tuple[str, ...]


_dry_run = decoder(DryRun)


class Monitor:
    """Looks at every open alert of the cached book."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._health = HealthDesk(session, cache)
        self._desk = OutreachDesk(
            session, cache, outbox, Remedies(session, cache, outbox, Inbox(session, cache, outbox))
        )

    def look(self) -> Pass:
        """Re-assess what has lapsed, then read every open alert; NoData without one complete sync."""
        if self._cache.synced_at is None:
            raise NoData("No data yet: triage sync")
        lapsed(self._session, self._cache)
        look_over(self._session, self._cache)
        now = self._session.clock()
        events = events_of(self._cache, self._outbox, self._session.place.base_url)
        busy = {one.account_id: one for one in self._desk.messages() if one.state in UNDER_WAY}
        lines = [
            self._line(row, account, reading, events.get(row.id, []), busy.get(row.id), now)
            for row, account, reading in self._alerts()
        ]
        return Pass(now, self._fleet(), tuple(lines))

    def show(self, seen: Pass) -> None:
        """Remember what a dry run has shown."""
        with self._cache.writing():
            self._cache.put(monitor_dry_run=encode(DryRun(seen.at, tuple(one.key for one in seen.ready))).decode())

    def shown(self) -> DryRun:
        """The dry run that stands; NotPossible without one in the last 24 hours."""
        kept = self._cache.get("monitor_dry_run")
        found = self._cache.decoded(kept.encode(), _dry_run) if kept else None
        if found is None or not timedelta(0) <= self._session.clock() - found.at <= SHOWN_FOR:
            raise NotPossible("Nothing was sent: see what would be sent first, by triage monitor --dry-run.")
        return found

    def queue(self, line: AlertLine) -> Message:
        """Write the draft of a line and queue its intent; raises NotPossible, Rejected, NotAllowed, SignedOut."""
        row, account = self._cache.row(line.account_id), self._cache.account(line.account_id)
        if row is None or account is None:
            raise Rejected("M1", "This account is no longer in the book.")
        reading = self._health.readings(row, account).monitor
        draft = self._desk.draft_automatic(account, reading, line.action == FOLLOW_UP)
        return self._desk.send(draft.outreach_id, Channel.EMAIL)

    def message(self, outreach_id: str) -> Message:
        """A message as it is now."""
        return self._outbox.message(outreach_id)

    def _alerts(self) -> Iterator[tuple[Row, Account, MonitorReading]]:
        numbers = self._cache.ids(View.DRIFT, Sort.SEVERITY, "", snoozed=True)
        for start in range(0, len(numbers), CHUNK):
            for row in self._cache.rows(numbers[start : start + CHUNK]):
                account = self._cache.account(row.id)
                if account is not None:
                    yield row, account, self._health.readings(row, account).monitor

    def _line(
        self,
        row: Row,
        account: Account,
        reading: MonitorReading,
        events: Sequence[threads.Event],
        busy: Message | None,
        now: datetime,
    ) -> AlertLine:
        alert = reading.alert
        opened = alert.opened if alert is not None else now.date()
        mails = threads.mails_since(events, opened)
        wanted = FOLLOW_UP if mails else CHECK_IN
        problem = UNDER_WAY[busy.state] if busy is not None else self._waits(events, opened, now)
        problem = problem or self._desk.automatic_problem(account, reading, wanted == FOLLOW_UP)
        return AlertLine(
            account_id=row.id,
            name=row.name,
            state=str(reading.state),
            ratio=reading.ratio,
            since=opened.isoformat(),
            route=reading.route,
            action=None if problem else wanted,
            problem=problem,
            key=dedupe_key(row.id, opened, wanted == FOLLOW_UP),
        )

    def _waits(self, events: Sequence[threads.Event], opened: date, now: datetime) -> str | None:
        """Why nothing is due: a failed try needs a person; a mail is answered, or its follow-up is not due (M20)."""
        if threads.failures_since(events, opened):
            return "A message of this alert could not be sent: a person writes."
        if not threads.mails_since(events, opened):
            return None
        thread = threads.thread_of(events)
        due = None if thread is None else threads.thread_due(thread, self._session.policy, now)
        if due is None:
            return "Written to, and answered."
        if due.kind is FollowUpKind.TASK:
            return "Followed up once without an answer: the CSM takes it."
        return None if due.due else f"Written to; a follow-up is due on {day(due.due_at)}."

    def _fleet(self) -> str:
        """M13: the banner of a day on which too many accounts crossed."""
        book, rules = self._cache.book_context, self._session.policy.monitor
        if book.day is None or not fleet_event(book.crossed, book.watched, rules):
            return ""
        words = {"gap": "", "days": "", "at": "", "share": "", "day": book.day.isoformat()}
        return rules.problems.fleet.format(**words)
