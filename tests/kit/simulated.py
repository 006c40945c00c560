"""A simulated book: accounts with scripted stories, judged day by day, the cases written as the server writes them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from kit.monitor import CSM, POLICY, account

from data.account import Account, Case, Champion, Nps, Product, Signals
from data.assessment import Row
from data.health_book import EMPTY_BOOK, BookContext, Past, Peer
from data.safe_text import SafeText
from data.wire import convert, decoder, encode
from triage.rules.assess import judge
from triage.rules.book import book_context
from triage.rules.case_duty import order
from triage.rules.health import Rulebook, read_health
from triage.rules.monitor_alert import event
from triage.rules.red_work import breaches
from triage.sandbox import records
from triage.sandbox.models import OpenCase, UpdateCase
from triage.sandbox.permissions import ROLES, Staff
from triage.tree_file import load_tree

FIRST = date(2026, 3, 2)  # day 0
LENGTH = 200
SERIES = 180
OPENED, ESCALATED, CLOSED = "opened", "escalated", "closed"
MACHINE = Staff("stf_maya", "Maya Okafor", "maya@vendor.example", next(iter(ROLES)))
STEADY = 16  # of 20 seats: U = 80
_peer = decoder(Peer)

Users = Callable[[int], int | None]
Alter = Callable[[Account, int], Account]


def steady(_day: int) -> int | None:
    return STEADY


def levels(*steps: tuple[int, int | None], before: int = STEADY) -> Users:
    """Daily users by steps: from each day on so many."""

    def users(day: int) -> int | None:
        return next((level for begin, level in reversed(steps) if day >= begin), before)

    return users


def same(one: Account, _day: int) -> Account:
    return one


@dataclass(frozen=True)
class Story:
    """What happens to one account, and all that may be said of it: alert events and orders, each (what, day)."""

    name: str
    users: Users | None = steady
    alter: Alter = same
    events: tuple[tuple[str, int], ...] = ()
    orders: tuple[tuple[str, int], ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    lag: int = 0
    joins: int = 0
    staff_close: tuple[int, ...] = ()

    def base(self) -> Account:
        fields = {"mrr": 10_000, "created": date(2024, 1, 1), "seats": 20, **self.fields}
        health = {"nps": [], **fields.pop("health", {})}
        return account(None, id=f"acc_{self.name}", health=health, **fields)


@dataclass
class Life:
    """One account on its way: what the cache keeps of it, what the server's case says, and what was seen."""

    story: Story
    base: Account
    case: dict[str, Any] | None = None
    past: Past | None = None
    row: Row | None = None
    events: list[tuple[str, int]] = field(default_factory=list)
    orders: list[tuple[str, int]] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    tasks: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    late: dict[str, datetime] = field(default_factory=dict)
    every_day: dict[date, Row] = field(default_factory=dict)
    episodes: set[date] = field(default_factory=set)
    counts: tuple[int | None, ...] | None = None

    def __post_init__(self) -> None:
        users = self.story.users
        if users is not None:
            self.counts = tuple(users(one) for one in range(-SERIES - self.story.lag, LENGTH))

    def on(self, number: int) -> Account:
        """The account as the server has it once day `number` is complete."""
        end = number + 1 + SERIES  # the counts begin `lag` days earlier, and so do what the feed knows
        number -= self.story.lag
        day = FIRST + timedelta(days=number)
        signals = self.base.signals
        assert isinstance(signals, Signals)
        daily = None if self.counts is None else self.counts[end - SERIES : end]
        case = None if self.case is None else convert(self.case, Case)
        told = msgspec.structs.replace(signals, as_of=day, active_users_daily=daily)
        one = msgspec.structs.replace(self.base, signals=told, case=case)
        return self.story.alter(one, number)


class World:
    """The whole book; `step` is one complete day, looked at twice, and once more after every record."""

    def __init__(
        self, stories: Iterable[Story], *, twice: bool = True, each: Callable[..., None] | None = None
    ) -> None:
        self.lives = [Life(story, story.base()) for story in stories]
        self.tree, self.book, self.books = load_tree(), EMPTY_BOOK, dict[int, BookContext]()
        self.twice, self.each, self.memo = twice, each, {}

    def run(self, days: int = LENGTH, skipped: Collection[int] = ()) -> "World":
        for number in range(days):
            if number not in skipped:
                self.step(number)
        return self

    def of(self, name: str) -> Life:
        return next(life for life in self.lives if life.story.name == name)

    def step(self, number: int) -> None:
        there = [life for life in self.lives if number >= life.story.joins]
        for life in there:
            self._day(life, number)
        peers = [_peer.decode(encode(life.row)) for life in there]
        self.book = self.books[number] = book_context(peers, POLICY, FIRST + timedelta(days=number))

    def _day(self, life: Life, number: int) -> None:
        begun = datetime.combine(FIRST + timedelta(days=number + 1), time(9, 41), UTC)
        rules = Rulebook(POLICY, self.tree, self.book, self.memo)
        day = FIRST + timedelta(days=number - life.story.lag)
        before = life.past
        for look in range(2 if self.twice else 1):
            now, one = begun + timedelta(hours=9 * look), life.on(number)
            row, past = judge(one, (), life.past, rules, now, day)
            assert look == 0 or past == life.past, f"{life.story.name}: a second look on day {number} is not the first"
            life.row, life.past = row, past
            while (asked := order(row, one, past, POLICY)) is not None:
                self._write(life, row, asked, now, number)
                one = life.on(number)
                row, past = judge(one, (), life.past, rules, now, day)
                life.row, life.past = row, past
            self._watch(life, one, rules, now, day)
        self._seen(life, before, number)
        if number in life.story.staff_close and life.case is not None and life.case["closed_at"] is None:
            self._record(life, "update_case", UpdateCase(case_id=life.case["id"], closed=True), now, "by hand")
        if self.each is not None:
            self.each(life, one, rules, now, day)

    def _write(self, life: Life, row: Row, asked: Any, now: datetime, number: int) -> None:
        assert row.red is not None
        life.orders.append((row.red.step or "", number))
        life.keys[asked.dedupe_key] += 1
        assert life.keys[asked.dedupe_key] == 1, f"{life.story.name}: {asked.dedupe_key} is asked again on day {number}"
        shape = OpenCase if asked.kind == "open_case" else UpdateCase
        self._record(life, asked.kind, shape(**asked.params), now, asked.dedupe_key)

    def _record(self, life: Life, kind: str, params: Any, now: datetime, name: str) -> None:
        on_server = {"case": life.case, "csm": CSM}
        records.EFFECTS[kind](on_server, params, records.Writing(MACHINE, now, None, name.replace(":", "_")))
        life.case = on_server["case"]

    def _watch(self, life: Life, one: Account, rules: Rulebook, now: datetime, day: date) -> None:
        """Tasks and missed clocks: the same key always says the same."""
        found = read_health(one, life.past, rules, now, day).red
        for task in found.tasks:
            assert life.tasks.setdefault(task.key, (task.what, task.due_at)) == (task.what, task.due_at)
        assert len({task.key for task in found.tasks}) == len(found.tasks)
        for name, clock in breaches(one, found):
            assert life.late.setdefault(name, clock.due_at) == clock.due_at, f"{life.story.name}: a clock was reset"

    def _seen(self, life: Life, before: Past | None, number: int) -> None:
        assert life.past is not None and life.row is not None
        today = life.past.days.dates()[-1]
        life.every_day[today] = life.row
        alert, was = life.past.alert, None if before is None else before.alert
        if life.past.episode is not None:
            life.episodes.add(life.past.episode.opened)
        if alert is None or alert == was:
            return
        what = event(alert, today)
        if what is None and (was is None or not was.is_open):
            what = OPENED
        if what is not None:
            life.events.append((what, number))


def number_of(day: date) -> int:
    """The simulation's number of a day."""
    return (day - FIRST).days


def signals(one: Account, **changed: Any) -> Account:
    """The account with some of its signals changed."""
    assert one.signals is not None
    return msgspec.structs.replace(one, signals=msgspec.structs.replace(one.signals, **changed))


def champion(*away: tuple[int, int]) -> Alter:
    """The champion is gone on the days from one up to, not including, the other."""

    def alter(one: Account, number: int) -> Account:
        gone = next((begin for begin, end in away if begin <= number < end), None)
        left = None if gone is None else FIRST + timedelta(days=gone)
        return signals(one, champion=Champion(SafeText("Noor"), left))

    return alter


def adoption(*steps: tuple[int, float], nps: int = 4, before: float = 80.0) -> Alter:
    """Adoption by steps beside an NPS that is always ten days old: score = (0.4 adoption + 0.2 x 10 NPS) / 0.6."""

    def alter(one: Account, number: int) -> Account:
        assert one.signals is not None and one.signals.as_of is not None
        level = next((level for begin, level in reversed(steps) if number >= begin), before)
        return signals(one, adoption_pct=level, nps=(Nps(nps, one.signals.as_of - timedelta(days=10)),))

    return alter


def both(*parts: Alter) -> Alter:
    """One alteration after the other."""

    def alter(one: Account, number: int) -> Account:
        for part in parts:
            one = part(one, number)
        return one

    return alter


def leaves(begin: int) -> Alter:
    """The customer drops to the free tier by itself."""

    def alter(one: Account, number: int) -> Account:
        if number < begin:
            return one
        at = datetime.combine(FIRST + timedelta(days=begin + 1), time(8), UTC)
        return msgspec.structs.replace(one, tier=SafeText("free"), downgraded_at=at, downgrade_cause=SafeText("chosen"))

    return alter


def module(since: int) -> Alter:
    """A module that hardly anybody adopts beside one that everybody uses, bought on day `since`."""
    old = Product(SafeText("Core"), 90.0, date(2024, 1, 1))
    new = Product(SafeText("Insights"), 5.0, FIRST + timedelta(days=since))
    return lambda one, _number: signals(one, products=(old, new))


def mean(users: Users, last: int, days: int) -> float:
    """The mean of so many days of a series up to `last`: all that an oracle needs."""
    found: Sequence[int] = [count for one in range(last - days + 1, last + 1) if (count := users(one)) is not None]
    return sum(found) / len(found)
