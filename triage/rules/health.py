"""The four health systems over one account, joined: what one says is what the next is told (M → H, M → R, R → H)."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from data.account import Account, Value
from data.assessment import HealthLine, MonitorLine, RedLine, Row, Subject, TreeLine, Verdict
from data.health_book import EMPTY_BOOK, BookContext, Past, packed
from data.health_index import IndexReading, Risk
from data.health_monitor import Alert, Effect, MonitorReading, MonitorState
from data.health_tree import MARK, Tree, TreeReading
from data.red_account import Clock, RedReading, UsageFacts
from triage.policy import Policy
from triage.rules.case_steps import case_step
from triage.rules.index import read_index
from triage.rules.index_plan import Plans
from triage.rules.index_verdicts import index_verdicts
from triage.rules.monitor import read_monitor, replay, watched
from triage.rules.monitor_effect import effect_since
from triage.rules.monitor_route import high_value, is_complex
from triage.rules.monitor_series import created_on
from triage.rules.monitor_verdicts import monitor_verdicts
from triage.rules.past import with_day
from triage.rules.red import read_red
from triage.rules.red_cohort import cohort_cases
from triage.rules.red_dimensions import RedMemo
from triage.rules.red_verdicts import red_verdicts
from triage.rules.red_work import good_until as red_turns_at
from triage.rules.tree import Memo, read_tree
from triage.rules.tree_answers import answers_turn_at
from triage.rules.tree_verdicts import tree_verdicts

Lines = tuple[MonitorLine, HealthLine, TreeLine, RedLine]
MICROSECOND = timedelta(microseconds=1)


class Rulebook(Value, frozen=True):
    """What the rules judge by beside the account: policy, tree, the book as a whole; the memos spare equal work."""

    policy: Policy
    tree: Tree
    book: BookContext = EMPTY_BOOK
    memo: Memo = msgspec.field(default_factory=dict)
    red_memo: RedMemo = msgspec.field(default_factory=dict)
    plans: Plans = msgspec.field(default_factory=dict)


class Health(Value, frozen=True):
    """The four readings of one account at one instant, and the past they were made with."""

    monitor: MonitorReading
    tree: TreeReading
    index: IndexReading
    red: RedReading
    past: Past


def read_health(
    account: Account,
    past: Past | None,
    rules: Rulebook,
    now: datetime,
    complete_through: date | None,
    recorded: Collection[str] = (),
) -> Health:
    """M, D, H and R over one account. `past` None: this cache never saw it, so its alert is replayed (M12)."""
    look, known = _Look(rules, now, complete_through, brief=False), past or Past()
    monitor = look.monitor(account, past)
    red = look.red(account, monitor, known, None, recorded)
    return Health(monitor, look.tree(account, None), look.index(account, monitor, red, known, None), red, known)


def read_briefly(
    subjects: Sequence[Subject], rows: Sequence[Row], rules: Rulebook, now: datetime, complete_through: date | None
) -> list[Health]:
    """The same over many accounts with their rows by A1-A17, as far as a row needs it.

    Without the sentence of M, metrics, indicators (H6), movers (H17), tasks (R10, R12) and the words of the tree's
    answers. One system over all of them after the other: its code stays warm, which saves a quarter of the time.
    """
    look = _Look(rules, now, complete_through, brief=True)
    monitors = [look.monitor(account, past) for account, _, past in subjects]
    told = [
        (one[0], one[2] or Past(), monitor, row) for one, monitor, row in zip(subjects, monitors, rows, strict=True)
    ]
    reds = [look.red(account, monitor, known, row.day) for account, known, monitor, row in told]
    indexes = [
        look.index(account, monitor, red, known, row)
        for (account, known, monitor, row), red in zip(told, reds, strict=True)
    ]
    trees = [look.tree(account, row.day) for account, _, _, row in told]
    return [
        Health(monitor, tree, index, red, known)
        for (_, known, monitor, _), tree, index, red in zip(told, trees, indexes, reds, strict=True)
    ]


class _Look(Value, frozen=True):
    """One look at accounts: what is the same for all of them, and how each system is told what it needs."""

    rules: Rulebook
    now: datetime
    complete_through: date | None
    brief: bool

    def monitor(self, account: Account, past: Past | None) -> MonitorReading:
        policy, book, through = self.rules.policy, self.rules.book, self.complete_through
        alert = replay(account, policy, book, through) if past is None else past.alert
        return read_monitor(account, policy, book, self.now, through, alert, self.brief)

    def red(
        self,
        account: Account,
        monitor: MonitorReading,
        known: Past,
        assessed: date | None,
        recorded: Collection[str] = (),
    ) -> RedReading:
        policy = self.rules.policy
        return read_red(
            account,
            usage_facts(monitor),
            policy,
            self.now,
            self.complete_through,
            known.episode,
            high_value=high_value(account, policy, self.rules.book),
            recorded=recorded,
            brief=self.brief,
            memo=self.rules.red_memo,
            assessed=assessed,
        )

    def index(
        self, account: Account, monitor: MonitorReading, red: RedReading, known: Past, row: Row | None
    ) -> IndexReading:
        return read_index(
            account,
            monitor.ratio,
            monitor.state,
            self.rules.policy,
            self.rules.book,
            self.now,
            self.complete_through,
            known.days,
            red.is_red,
            self.brief,
            None if row is None else row.workspaces,
            None if row is None else row.day,
            self.rules.plans,
        )

    def tree(self, account: Account, assessed: date | None) -> TreeReading:
        rules, brief = self.rules, self.brief
        return read_tree(
            account, rules.tree, rules.policy, self.now, self.complete_through, None, rules.memo, brief, assessed
        )


def usage_facts(reading: MonitorReading) -> UsageFacts:
    """What R4 needs of the series: today's own baseline, whatever an open alert has frozen; nothing over a gap."""
    if reading.state is MonitorState.DATA_GAP:
        return UsageFacts(None, None, None, reading.data_days)
    return UsageFacts(reading.usage, reading.own_baseline, reading.usage_60d, reading.data_days)


def remember(account: Account, health: Health, now: datetime) -> Past:
    """The past after this look: the alert and the episode as they stand, and the days with today."""
    index = health.index
    made_of, critical = packed(index.contributions), index.risk is Risk.CRITICAL
    days = with_day(health.past.days, index.day or now.date(), index.score, critical, made_of)
    return Past(health.monitor.alert, health.red.episode, days, _closed(health))


def _effects(account: Account, health: Health, policy: Policy) -> tuple[Effect, ...]:
    """M21: what followed the open alert and the last one that closed; one that closed today is both."""
    day, alert, closed = health.monitor.day, health.monitor.alert, _closed(health)
    if alert is None and closed is None:
        return ()
    alerts = dict.fromkeys([one for one in (alert, closed) if one is not None])
    return tuple(effect_since(account, one.baseline, one.opened, day, policy) for one in alerts if day is not None)


def _closed(health: Health) -> Alert | None:
    """M21: the last alert that closed, kept when the day on which it did is over."""
    alert = health.monitor.alert
    return alert if alert is not None and not alert.is_open else health.past.closed


def lines(account: Account, health: Health, policy: Policy, now: datetime) -> Lines:
    """What the list keeps of each."""
    monitor, index, tree, red = health.monitor, health.index, health.tree, health.red
    opened = monitor.alert.opened if monitor.alert is not None and monitor.alert.is_open else None
    tenure = monitor.tenure_days
    if tenure is None and (created := created_on(account)) is not None:  # a tenure no series of users tells
        tenure = ((index.day or now.date()) - created).days
    young = tenure is not None and tenure < policy.monitor.young_days
    nearest, late = _waiting(red.clocks) if red.clocks else (None, 0)
    step = case_step(account, index, red, now)
    return (
        MonitorLine(
            monitor.state,
            monitor.ratio,
            monitor.usage if monitor.state is not MonitorState.DATA_GAP else None,
            opened,
            watched(account, policy.monitor),
            not young,
            is_complex(account, policy),
            _effects(account, health, policy),
        ),
        HealthLine(
            index.score,
            index.risk,
            index.coverage,
            index.partial,
            index.priority,
            index.slope,
            index.upsell,
            index.playbook,
            index.drop is not None,
        ),
        TreeLine(tree.leaf, tree.best, tree.worst, tree.despite, tree.flags, tree.tasks, tree.tree_hash[:MARK]),
        RedLine(
            red.is_red,
            red.causes,
            red.composite,
            red.sla_due_at,
            None if nearest is None else nearest.name,
            late,
            red.delayed,
            None if red.episode is None or not red.is_red else red.episode.opened_at,
            step,
            cohort_cases(account, red.episode, policy, now),
        ),
    )


def _waiting(clocks: Sequence[Clock]) -> tuple[Clock | None, int]:
    """R11: the unfinished clock that is due next, and how many were missed."""
    open_ones = [one for one in clocks if one.done_at is None]
    return min(open_ones, key=lambda one: one.due_at, default=None), sum([one.late for one in open_ones])


def turns_at(account: Account, health: Health, rules: Rulebook, now: datetime) -> datetime | None:
    """The earliest instant after `now` at which one of the four may say something else without new data."""
    policy, monitor = rules.policy, health.monitor
    turn = answers_turn_at(account, policy, now)
    turns = [] if turn is None else [turn]
    if health.red.is_red and (turn := red_turns_at(health.red, account, policy, now)) is not None:
        turns.append(turn)
    if monitor.day is not None and monitor.state is not MonitorState.DATA_GAP:
        turn = _stale_from(monitor.day, policy.monitor.stale_days, now)
        if turn is not None:
            turns.append(turn)
    if rules.book.day is None and monitor.tenure_days is not None and monitor.tenure_days < policy.monitor.young_days:
        turns.append(now + MICROSECOND)  # held against a benchmark of its peers, which nobody has looked over yet (M5)
    return min(turns, default=None)


def health_verdicts(
    account: Account, health: Health, rules: Rulebook, now: datetime, complete_through: date | None
) -> tuple[Verdict, ...]:
    """Every verdict of the four systems with the rule ids and inputs by which it can be replayed."""
    policy, past = rules.policy, health.past
    return (
        *monitor_verdicts(account, health.monitor, policy, rules.book, now, complete_through),
        *tree_verdicts(account, health.tree, rules.tree, policy, now, complete_through),
        *index_verdicts(account, health.index, policy, rules.book, now.date(), past.days, health.red.is_red),
        *red_verdicts(account, health.red, policy, now),
    )


def _stale_from(day: date, stale_days: int, now: datetime) -> datetime | None:
    """M11: the midnight from which the day is too far back; None when that is over."""
    try:
        turn = datetime.combine(day + timedelta(days=stale_days + 1), time(), UTC)
    except OverflowError:
        return None
    return turn if turn > now else None
