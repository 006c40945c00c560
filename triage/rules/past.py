"""The days that a cache keeps of an account: the last two weeks daily, before that one a week, half a year at most."""

from collections.abc import Sequence
from datetime import date

from data.health_book import Snapshot

DAILY = 15  # H13 looks 14 days back
WEEKLY = 7
LONGEST = 182  # H14 needs 90; a day on which the account was critical tells a first entry from a second (H13)


def with_day(days: Sequence[Snapshot], today: Snapshot) -> tuple[Snapshot, ...]:
    """The days with today's, told twice only once; bounded, oldest first."""
    kept = [one for one in days if one.day != today.day]
    if not kept or kept[-1].day < today.day:
        kept.append(today)
    else:
        kept = sorted([*kept, today], key=_day)
    newest = kept[-1].day
    return tuple(one for place, one in enumerate(kept) if _stays(one.day, kept[place + 1 :], newest))


def _stays(day: date, later: Sequence[Snapshot], newest: date) -> bool:
    """Of the days of one week, counted from a fixed day so that thinning is the same whenever it is done, the last."""
    age = (newest - day).days
    if age <= DAILY:
        return True
    week = day.toordinal() // WEEKLY
    return age <= LONGEST and not (later and later[0].day.toordinal() // WEEKLY == week)


def _day(one: Snapshot) -> date:
    return one.day
