"""The days of a series on which an alert cannot change (M12): a replay passes over them without a whole reading."""

from itertools import count
from operator import sub, truediv

from data.account import Value
from data.health_monitor import Alert, MonitorState
from triage.policy_monitor import MonitorRules
from triage.rules.days import TOLERANCE
from triage.rules.monitor_series import Series, running


class Sums(Value, frozen=True):
    """Running sums of users and known days since the first day that exists, behind as many noughts as rules look back.

    What stands at `shift` + n counts the first n days of the series; `whole`: all of them are known.
    """

    users: tuple[int, ...]
    knowns: tuple[int, ...]
    born: int
    shift: int
    whole: bool


def sums_of(series: Series, rules: MonitorRules) -> Sums:
    """The sums of a series; days before the account existed count as nothing."""
    born = 0 if series.born is None else min(max(series.born, 0), len(series.counts))
    users, knowns = running(series, born)
    back = rules.window_days + rules.baseline_days
    noughts = (0,) * back
    whole = knowns[-1] == len(series.counts) - born
    return Sums((*noughts, *users), (*noughts, *knowns), born, back - born, whole)


def next_low(series: Series, sums: Sums, tier: str, benchmark: float | None, rules: MonitorRules, start: int) -> int:
    """The first day from `start` on which an alert could open; the number of days where there is none.

    Never one too late: a yardstick lies between the own baseline and the `benchmark` of a new user (M9), so the window
    has to be below the line of one of the two. With unknown seats both change from day to day, so every day counts.
    """
    days, asked = len(series.counts), rules.tier(tier)
    if not series.seats_known or start >= days:
        return start
    line = max(asked.mature.alert, asked.new.alert)
    blended = _blended_until(series, rules) if benchmark is not None else 0
    first = max(start, sums.born) + 1
    if _old(series, rules):
        if start == 0 and sums.whole and _always_high(sums, line, rules):
            return days
        first = max(first, _least(rules) + (0 if rules.baseline_overlap else rules.window_days))
    level = 0.0 if benchmark is None else line * benchmark * series.seats / 100.0
    users, knowns = sums.users, sums.knowns
    end = first + sums.shift
    low = end - rules.window_days
    middle = end if rules.baseline_overlap else low
    begin = middle - rules.baseline_days
    spans = zip(
        map(sub, users[end:], users[low:]),
        map(sub, knowns[end:], knowns[low:]),
        map(sub, users[middle:], users[begin:]),
        map(sub, knowns[middle:], knowns[begin:]),
        count(first),
        strict=False,  # the first ends first
    )
    for used, known, before, seen, at in spans:
        below = used * seen < line * before * known or (at <= blended and used < level * known)
        if below and _measured(series, at, known, seen, rules):
            return at - 1
    return days


def next_move(series: Series, sums: Sums, tier: str, alert: Alert, rules: MonitorRules, start: int) -> int:
    """The first day from `start` that could escalate an open alert or count towards its closing; never too late."""
    days, asked = len(series.counts), rules.tier(tier)
    if not series.seats_known or start >= days:
        return start
    level = alert.baseline * series.seats / 100.0
    high = level * (min(asked.mature.close, asked.new.close) - 2 * TOLERANCE)
    severe = alert.severity is MonitorState.SEVERE
    low = 0.0 if severe else level * max(asked.mature.severe, asked.new.severe)
    first = max(start, sums.born) + 1
    end = first + sums.shift
    begin = end - rules.window_days
    windows = map(sub, sums.users[end:], sums.users[begin:])
    knowns = map(sub, sums.knowns[end:], sums.knowns[begin:])
    for used, known, at in zip(windows, knowns, count(first), strict=False):
        if used >= high * known or used < low * known:
            return at - 1
    return days


def _measured(series: Series, at: int, known: int, seen: int, rules: MonitorRules) -> bool:
    """False after `at` days whose window or baseline has too few `known` or `seen` days for a ratio (M6, M11)."""
    width, middle = rules.window_days, at if rules.baseline_overlap else at - rules.window_days
    born = series.born
    if born is not None:
        if at - 1 - born < rules.young_days and known < rules.new_min_days:
            return False
        days, before = at - max(at - width, born), max(middle - max(middle - rules.baseline_days, born), 0)
    else:
        days, before = width, rules.baseline_days
    gap = known < rules.window_complete * days - TOLERANCE or seen < rules.baseline_complete * before - TOLERANCE
    return not gap


def _blended_until(series: Series, rules: MonitorRules) -> int:
    """How many days of the series the benchmark has a say in (M6, M9): until the baseline holds 28 days of its own."""
    return 0 if series.born is None else series.born + rules.window_days + rules.young_days + rules.blend_days


def _least(rules: MonitorRules) -> int:
    """With fewer known days there is no baseline (M11)."""
    return max(int(rules.baseline_complete * rules.baseline_days), 1)


def _old(series: Series, rules: MonitorRules) -> bool:
    """True where the account was mature when the series began, and every baseline was a whole one."""
    back = rules.window_days + rules.baseline_days
    return series.born is None or (series.born <= -back and _blended_until(series, rules) <= 0)


def _always_high(sums: Sums, line: float, rules: MonitorRules) -> bool:
    """True where even the lowest window is above the line of the highest baseline: so it is with most accounts.

    Only of whole series of old accounts, with the shipped reading of M7.
    """
    width, length, least = rules.window_days, rules.baseline_days, _least(rules)
    users = sums.users[sums.shift :]
    if rules.baseline_overlap or len(users) <= width + length:
        return False
    lowest = min(map(sub, users[width + least :], users[least:]))
    highest = max(map(sub, users[length:], users)) / length
    early = max(map(truediv, users[least:length], range(least, length)), default=0.0)
    return bool(lowest / width >= line * max(highest, early))
