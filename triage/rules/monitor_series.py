"""Daily active users as the monitor reads them: seats, windows and their means (M4, M6, M7, M9, M11)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from data.account import Account, Value
from triage.policy_monitor import HISTORY, MonitorRules
from triage.rules.days import unfilled_days

Counts = tuple[int | None, ...]


class Span(Value, frozen=True):
    """Some days of the series: how many exist, how many are known, their mean daily rate (0-100, None: none known)."""

    days: int
    known: int
    mean: float | None


class Series(Value, frozen=True):
    """The days up to `day` (P0's t), oldest first; `born` is the position of the first day that exists (M9, M11).

    `born` is below 0 where the account is older than the series, and None where nobody knows how old it is; `last` is
    the position of `day`.
    """

    day: date
    counts: Counts
    born: int | None
    seats: int
    seats_known: bool
    zero_days: int
    last: int

    def tenure(self, position: int) -> int | None:
        """Whole days since the account was created, on the day at `position`; None where that is unknown."""
        return None if self.born is None else position - self.born

    def date_of(self, position: int) -> date:
        """The day at `position`."""
        return self.day - timedelta(days=self.last - position)


def read_series(account: Account, rules: MonitorRules, complete_through: date | None) -> Series | None:
    """The series up to P0's t, days in between filled with zeros; None where the source has no daily users."""
    signals = account.signals
    if signals is None or signals.as_of is None or signals.active_users_daily is None:
        return None
    gap = unfilled_days(signals.as_of, complete_through)
    counts, day = signals.active_users_daily[-HISTORY:], signals.as_of
    if gap:
        counts, day = (counts + (0,) * min(gap, HISTORY))[-HISTORY:], day + timedelta(days=gap)
    created, last = created_on(account), len(counts) - 1
    born = None if created is None else last - (day - created).days
    licensed = licensed_seats(account)
    seats = licensed if licensed is not None else seen_seats(counts, born, last, rules)
    return Series(day, counts, born, seats, licensed is not None, gap, last)


def running(series: Series, low: int = 0, end: int = HISTORY) -> tuple[Sequence[int], Sequence[int]]:
    """Running sums, from `low` to `end`, of min(x, s) and of the known days (M4): whole numbers, nothing is rounded."""
    counts, seats = series.counts[low:end], series.seats
    try:
        fits = max(counts, default=0) <= seats  # type: ignore[type-var, operator]  # an unknown day raises, as in `span`
    except TypeError:
        users = accumulate([0 if x is None else x if x < seats else seats for x in counts], initial=0)
        return tuple(users), tuple(accumulate([x is not None for x in counts], initial=0))
    known = range(len(counts) + 1)
    if fits:
        return tuple(accumulate(counts, initial=0)), known  # type: ignore[arg-type]
    return tuple(accumulate([x if x < seats else seats for x in counts], initial=0)), known  # type: ignore[operator, misc]


def created_on(account: Account) -> date | None:
    """The UTC day on which the account was created: its tenure is 0 on that day."""
    return None if account.created_at is None else utc_day(account.created_at)


def utc_day(moment: datetime) -> date:
    """The UTC day of a timestamp; one at the very edge of time keeps the day it names."""
    if moment.tzinfo is UTC:
        return moment.date()
    offset = moment.utcoffset()
    try:
        return (moment if offset is None else moment - offset).date()
    except OverflowError:
        return moment.date()


def licensed_seats(account: Account) -> int | None:
    """M4: licensed seats of all workspaces, at least 1; one workspace that does not know makes the sum unknown."""
    total = 0
    for workspace in account.workspaces:
        if workspace.seats_licensed is None:
            return None
        total += workspace.seats_licensed
    return max(total, 1) if account.workspaces else None


def seen_seats(counts: Counts, born: int | None, position: int, rules: MonitorRules) -> int:
    """M4: unknown seats are the most distinct daily users seen in the window and the baseline (104 d), at least 1."""
    low = max(position + 1 - rules.window_days - rules.baseline_days, born or 0, 0)
    return max(1, max((x for x in counts[low : position + 1] if x is not None), default=1))


def window(series: Series, position: int, rules: MonitorRules) -> Span:
    """M4, M6: the 14 days up to `position`, or the days that exist of them."""
    return span(series, position + 1 - rules.window_days, position + 1)


def windows(series: Series, low: int, high: int, rules: MonitorRules) -> list[Span]:
    """The windows (M4) of the days at `low` up to, not including, `high`, by sums that run along."""
    width = rules.window_days
    begin = max(low + 1 - width, 0)
    born = -width if series.born is None else series.born
    users, knowns = running(series, begin, high)
    found = []
    for end in range(low + 1, high + 1):
        start = max(end - width, born)
        days, at = max(end - start, 0), min(max(start, 0), end) - begin
        used, known = users[end - begin] - users[at], knowns[end - begin] - knowns[at]
        found.append(Span(days, known, 100.0 * used / (series.seats * known) if known else None))
    return found


def baseline(series: Series, position: int, rules: MonitorRules) -> Span:
    """M7: the 90 days before the window; with `baseline_overlap` the 90 days up to `position`, window included."""
    end = position + 1 if rules.baseline_overlap else position + 1 - rules.window_days
    return span(series, end - rules.baseline_days, end)


def span(series: Series, low: int, end: int) -> Span:
    """The days from `low` up to, not including, `end`: those before the account exist not, others may be unknown.

    M4: x against s seats count min(1, x/s).
    """
    born, seats = series.born, series.seats
    if born is not None and born > low:
        low = born
    if low >= end:
        return Span(0, 0, None)
    found = series.counts[low if low > 0 else 0 : end if end > 0 else 0]
    if not found:
        return Span(end - low, 0, None)
    try:
        fits = max(found) <= seats  # type: ignore[type-var, operator]  # an unknown day raises: quicker than a search
    except TypeError:
        fits, found = False, tuple([x for x in found if x is not None])
    known = len(found)
    used = sum(found) if fits else sum([x if x < seats else seats for x in found])  # type: ignore[arg-type,misc,operator]
    return Span(end - low, known, 100.0 * used / (seats * known) if known else None)
