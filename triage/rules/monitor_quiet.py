"""The days of a series on which an alert cannot change (M12): a replay passes over them without a whole reading."""

from collections.abc import Sequence
from operator import sub

from data.health_monitor import Alert, MonitorState
from triage.policy_monitor import MonitorRules
from triage.rules.days import TOLERANCE
from triage.rules.monitor_series import Series, running


def next_low(series: Series, tier: str, benchmark: float | None, rules: MonitorRules, start: int) -> int:
    """The first day from `start` on which an alert could open; the number of days where there is none.

    Never one too late: a yardstick lies between the own baseline and the `benchmark` of a new user (M9), so the window
    has to be below the line of one of the two. With unknown seats both change from day to day, so every day counts.
    """
    count, asked = len(series.counts), rules.tier(tier)
    if not series.seats_known or start >= count:
        return start
    line = max(asked.mature.alert, asked.new.alert)
    users, knowns = running(series)
    if start == 0 and _always_high(series, users, knowns, line, rules):
        return count
    width, length = rules.window_days, rules.baseline_days
    born = 0 if series.born is None else max(series.born, 0)
    blended = _blended_until(series, rules) if benchmark is not None else 0
    level = 0.0 if benchmark is None else line * benchmark * series.seats / 100.0
    for end in range(start + 1, count + 1):
        low = max(end - width, born)
        middle = end if rules.baseline_overlap else low
        begin = max(middle - length, born)
        used, known = users[end] - users[low], knowns[end] - knowns[low]
        before, seen = users[middle] - users[begin], knowns[middle] - knowns[begin]
        if used * seen < line * before * known or (end <= blended and used < level * known):
            return end - 1
    return count


def next_move(series: Series, tier: str, alert: Alert, rules: MonitorRules, start: int) -> int:
    """The first day from `start` that could escalate an open alert or count towards its closing; never too late."""
    count, asked = len(series.counts), rules.tier(tier)
    if not series.seats_known:
        return start
    users, knowns = running(series)
    width = rules.window_days
    born = 0 if series.born is None else max(series.born, 0)
    level = alert.baseline * series.seats / 100.0
    high = level * (min(asked.mature.close, asked.new.close) - 2 * TOLERANCE)
    severe = alert.severity is MonitorState.SEVERE
    low = 0.0 if severe else level * max(asked.mature.severe, asked.new.severe)
    for end in range(start + 1, count + 1):
        begin = max(end - width, born)
        used, known = users[end] - users[begin], knowns[end] - knowns[begin]
        if used >= high * known or used < low * known:
            return end - 1
    return count


def _blended_until(series: Series, rules: MonitorRules) -> int:
    """How many days of the series the benchmark has a say in (M6, M9): until the baseline holds 28 days of its own."""
    return 0 if series.born is None else series.born + rules.window_days + rules.young_days + rules.blend_days


def _always_high(series: Series, users: Sequence[int], knowns: Sequence[int], line: float, rules: MonitorRules) -> bool:
    """True where even the lowest window is above the line of the highest baseline: so it is with most accounts.

    Only of whole series of accounts that were mature when it began, with the shipped reading of M7.
    """
    born, width, length = series.born, rules.window_days, rules.baseline_days
    if (born is not None and _blended_until(series, rules) > 0) or rules.baseline_overlap:
        return False
    least = max(int(rules.baseline_complete * length), 1)  # with fewer known days there is no baseline (M11)
    if knowns[-1] < len(series.counts) or len(series.counts) < width + length:
        return False
    lowest = min(map(sub, users[width + least :], users[least:]))
    highest = max(map(sub, users[length:], users)) / length
    early = max(users[days] / days for days in range(least, length))
    return bool(lowest / width >= line * max(highest, early))
