"""The inbox without a terminal: lists as windows of rows, the header's figures, one account in full."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from data.account import Entry
from data.assessment import Row
from data.cache import Cache
from data.list_filter import narrows
from data.outbox import Outbox
from data.ports import Detail
from data.ports_list import Counts, Header, ListLine, RowList, Sort, SyncStatus, View
from data.remedy import Change, State
from triage.desk.session import Session
from widgets.numbers import clock

if TYPE_CHECKING:
    from triage.desk.health import HealthDesk

TRAIL_SHOWN = 50
NARROWS_UP_TO = 20_000
FIRST = 128  # rows that a long list is opened with: more than a screen
AT_ONCE = 512
STEP = 0.006  # seconds


class Rest(NamedTuple):
    """What a list that was opened with its beginning goes on with: all of it, and whether a number is in it."""

    all: Callable[[], Iterator[int]]
    holds: Callable[[int], bool]


class CachedList:
    """One opened list: the row numbers in order (8 bytes an account), lines read by window.

    A long one is opened with its beginning. The rest is looked up in small steps, or at once when it is asked for.
    """

    def __init__(
        self,
        cache: Cache,
        overlay: "Overlay",
        numbers: "array[int]",
        expected: int | None = None,
        rest: "Rest | None" = None,
    ) -> None:
        """`numbers` are all, or with `rest` the first."""
        self._cache = cache
        self._overlay = overlay
        self._numbers = numbers
        self._expected = expected
        self._rest = rest
        self._looking: Iterator[int] | None = None
        self._found = array("q")

    @property
    def total(self) -> int:
        """How many accounts the list holds, as far as that is known."""
        return len(self._numbers) if self._expected is None else max(self._expected, len(self._numbers))

    @property
    def at_least(self) -> bool:
        """True while `total` may still rise."""
        return self.growing and self._expected is None

    @property
    def growing(self) -> bool:
        """True while only its beginning has been looked up."""
        return self._rest is not None

    @property
    def numbers(self) -> "array[int]":
        """What has been looked up so far."""
        return self._numbers

    def grow(self, seconds: float = STEP) -> bool:
        """Look up more of it, for a few milliseconds; True when what was shown so far has changed."""
        if self._rest is None:
            return False
        self._looking = self._looking or self._rest.all()
        ends = monotonic() + seconds
        while some := array("q", islice(self._looking, AT_ONCE)):
            self._found += some
            if monotonic() > ends:
                return False
        before, total = self._numbers, self.total
        self._numbers, self._rest, self._looking, self._expected = self._found, None, None, None
        return total != self.total or self._numbers[: len(before)] != before

    def window(self, start: int, stop: int) -> Sequence[ListLine]:
        """The lines [start, stop), fewer at the end."""
        self._reach(stop)
        return self._lines(self._numbers[max(0, start) : max(0, stop)])

    def first(self, count: int) -> Sequence[ListLine]:
        """The first lines; of a long list no more than these are looked up."""
        if self._rest is None or count <= len(self._numbers):
            return self._lines(self._numbers[:count])
        return self._lines(array("q", islice(self._rest.all(), count)))

    def _lines(self, numbers: "array[int]") -> list[ListLine]:
        rows, marks = self._cache.rows(numbers), self._overlay.marks()
        changed = self._cache.unseen([row.id for row in rows])
        return [ListLine(row, marks.get(row.id, ""), changed.get(row.id, ())) for row in rows]

    def position(self, account_id: str) -> int | None:
        """Where the account stands in this list, None when it is not in it."""
        number = self._cache.number(account_id)
        if number is None:
            return None
        if self._rest is not None and number not in self._numbers:
            if not self._rest.holds(number):
                return None
            self.grow(float("inf"))
        try:
            return self._numbers.index(number)
        except ValueError:
            return None

    def _reach(self, stop: int) -> None:
        if stop > len(self._numbers):
            self.grow(float("inf"))


class Overlay:
    """What is pending on which account: computed from the outbox at read time, never written into the cache."""

    def __init__(self, cache: Cache, outbox: Outbox) -> None:
        self._cache = cache
        self._outbox = outbox
        self._stamp: object = None
        self._pending: dict[str, list[Change]] = {}
        self._marks: dict[str, str] = {}

    def pending(self, account_id: str) -> tuple[Change, ...]:
        """The changes on one account that are not over, or whose result the cache has not seen yet."""
        self._refresh()
        return tuple(self._pending.get(account_id, ()))

    def marks(self) -> dict[str, str]:
        """The gravest mark of each account: "!" needs you, "…" sending, "⇡" held or waiting."""
        self._refresh()
        return self._marks

    def _refresh(self) -> None:
        stamp = (self._outbox.stamp(), self._cache.stamp())
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._pending = self._outbox.overlay(self._cache.seq)
        self._marks = {account: mark_of(changes) for account, changes in self._pending.items()}


def mark_of(changes: Sequence[Change]) -> str:
    """Return the gravest mark of some pending changes."""
    if any(change.needs_you for change in changes):
        return "!"
    if any(change.state in (State.SENDING, State.APPLIED) for change in changes):
        return "…"
    return "⇡" if changes else ""


class Asked(NamedTuple):
    """What a list was opened with, its filter apart; the stamp tells when the cache has changed."""

    view: View
    sort: Sort
    untouched: bool
    stamp: object


class Inbox:
    """Reads the cache and the outbox for the screens and the command line."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self.overlay = Overlay(cache, outbox)
        self._last: tuple[Asked | None, str, CachedList | None] = (None, "", None)

    @cached_property
    def _health(self) -> "HealthDesk":
        from triage.desk.health import HealthDesk  # whoever only lists must not pay for the rules

        return HealthDesk(self._session, self._cache)

    def header(self, status: SyncStatus, notice: str = "", live: bool = False) -> Header:
        """Counts, data age, outbox, identity, link; `notice` is what there is to say about the files."""
        synced_at = self._cache.synced_at
        place = self._session.place
        stale = synced_at is not None and (self._session.clock() - synced_at).total_seconds() > place.stale_after
        return Header(
            profile=place.profile,
            who=self._cache.identity,
            counts=self._cache.counts(self._session.clock().timestamp()),
            outbox=self._outbox.counts(),
            synced_at=synced_at,
            stale=stale,
            status=status,
            notice=notice,
            live=live,
        )

    def open_list(self, view: View, sort: Sort, text: str, untouched: bool) -> RowList:
        """Open a list; the views 0–4 leave out what is snoozed (A17). A filter that grew narrows the list before."""
        asked = Asked(view, sort, untouched, self._cache.stamp())
        before, shown, last = self._last
        if asked == before and shown and last and len(last.numbers) <= NARROWS_UP_TO and narrows(shown, text):
            opened = CachedList(self._cache, self.overlay, self._cache.narrow(last.numbers, text))
        else:
            opened = self._opened(view, sort, text, untouched)
        self._last = (asked, text, None if opened.growing else opened)
        return opened

    def _opened(self, view: View, sort: Sort, text: str, untouched: bool) -> CachedList:
        numbers = self._cache.ids(view, sort, text, untouched, limit=FIRST)
        if len(numbers) < FIRST:
            return CachedList(self._cache, self.overlay, numbers)
        known = None if text or untouched else held_by(view, self._cache.counts())
        rest = Rest(
            partial(self._cache.trickle, view, sort, text, untouched),
            partial(self._cache.holds, view=view, text=text, untouched=untouched),
        )
        return CachedList(self._cache, self.overlay, numbers, known, rest)

    def detail(self, account_id: str) -> Detail | None:
        """One account in full, with the rules' inputs replayed at the time of its stored verdict."""
        row = self._cache.row(account_id)
        account = self._cache.account(account_id)
        if row is None or account is None:
            return None
        return Detail(
            row=row,
            account=account,
            verdicts=self._health.verdicts(row, account),
            pending=self.overlay.pending(account_id),
            trail=tuple(self._cache.audit(account_id, None, TRAIL_SHOWN)),
            synced_at=self._cache.synced_at,
            before=self._cache.stood(account_id),
            me=who.staff_id if (who := self._cache.identity) is not None else None,
        )

    def why_gone(self, account_id: str) -> str:
        """One clause on why an account left a list: who did what, when (local time)."""
        row = self._cache.row(account_id)
        if row is None:
            return "removed on the server"
        entries = self._cache.audit(account_id, None, 1)
        if row.snoozed and row.snooze is not None:
            return f"snoozed by {row.snooze.name}"
        if entries and _recent(entries[0], row):
            entry = entries[0]
            done = DONE.get(entry.action, str(entry.action).replace("_", " "))
            return f"{done} by {entry.actor.name}, {clock(entry.applied_at)}"
        return "no longer in this view"


def held_by(view: View, counts: Counts) -> int:
    """Return how many accounts a view holds, snoozed ones left out where it leaves them out (A17)."""
    held = {
        View.AT_RISK: counts.at_risk,
        View.BLOCKED: counts.blocked,
        View.AT_CAP: counts.at_cap,
        View.NEAR_CAP: counts.near_cap,
        View.DOWNGRADED: counts.downgraded,
        View.SIGNALS: counts.signals,
        View.DRIFT: counts.drift,
        View.RED: counts.red,
        View.BOOK: counts.book,
    }
    return held[view]


DONE = {
    "reset_usage": "reset",
    "grant_trial": "trial granted",
    "apply_discount": "discount",
    "change_tier": "tier changed",
    "change_admin": "admin changed",
    "trial_expired": "trial ended",
}


def _recent(entry: Entry, row: Row) -> bool:
    """The entry may explain a move only when it is as young as the account's last change."""
    return row.updated_at is None or abs((row.updated_at - entry.applied_at).total_seconds()) < 60
