"""The days that a cache keeps of an account: the last two weeks daily, before that one a week, half a year at most."""

from collections.abc import Sequence
from datetime import date, timedelta

from data.health_book import Snapshot
from data.health_index import Risk

DAILY = 15  # H13 looks 14 days back
WEEKLY = 7
LONGEST = 182  # H14 needs 90; a day on which the account was critical tells a first entry from a second (H13)


def with_day(days: Sequence[Snapshot], today: Snapshot) -> tuple[Snapshot, ...]:
    """The days with today's, told twice only once; bounded, oldest first."""
    before = len(days)
    while before and days[before - 1].day >= today.day:
        before -= 1
    later = before + 1 if before < len(days) and days[before].day == today.day else before
    kept = (*days[:before], today, *days[later:])
    daily_from = kept[-1].day - timedelta(days=DAILY)
    return kept if kept[0].day >= daily_from else _thinned(kept, daily_from)


def _thinned(days: Sequence[Snapshot], daily_from: date) -> tuple[Snapshot, ...]:
    """Of the older days the last of each week, counted from a fixed day so that it is the same whenever it is done.

    The last critical one of a week stays beside it: without it a second entry would be taken for the first.
    """
    oldest, daily = days[-1].day - timedelta(days=LONGEST), 0
    while days[daily].day < daily_from:
        daily += 1
    week, critical = days[daily].day.toordinal() // WEEKLY, False
    for one in days[daily : daily + WEEKLY]:
        if one.health == Risk.CRITICAL and one.day.toordinal() // WEEKLY == week:
            critical = True
    kept: list[Snapshot] = []
    for one in reversed(days[:daily]):
        its_week, its_critical = one.day.toordinal() // WEEKLY, one.health == Risk.CRITICAL
        if its_week != week or (its_critical and not critical):
            if one.day < oldest:
                break
            kept.append(one)
        critical = its_critical if its_week != week else critical or its_critical
        week = its_week
    return (*reversed(kept), *days[daily:])
