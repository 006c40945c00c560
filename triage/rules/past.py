"""The days that a cache keeps of an account: the last two weeks daily, before that one a week, half a year at most."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import repeat
from operator import attrgetter, floordiv

import msgspec

from data.health_book import Days, Scored

DAILY = 15  # H13 looks 14 days back
WEEKLY = 7
LONGEST = 182  # H14 needs 90; a day on which the account was critical tells a first entry from a second (H13)
SCORED = 3  # H17 needs the last one before today; one more, should the day that is looked at go back

_by_day = attrgetter("day")


def with_day(days: Days, day: date, score: float | None, critical: bool, components: msgspec.Raw) -> Days:
    """The days with this one, told twice only once; bounded, oldest first."""
    today, at = day.toordinal(), days.at
    low = bisect_left(at, today)
    high = bisect_right(at, today, low)
    found = days.critical
    if critical or today in found:
        found = tuple(sorted({*found, today} if critical else {*found} - {today}))
    scored = days.scored
    if high > low:
        scored = tuple([one for one in scored if one.day != day])
    if score is not None:
        scored = tuple(sorted((*scored, Scored(day, score, components)), key=_by_day)[-SCORED:])
    kept = Days((*at[:low], today, *at[high:]), (*days.scores[:low], score, *days.scores[high:]), found, scored)
    daily_from = kept.at[-1] - DAILY
    return kept if kept.at[0] >= daily_from else _thinned(kept, daily_from)


def _thinned(days: Days, daily_from: int) -> Days:
    """Of the older days the last of each week, counted from a fixed day so that it is the same whenever it is done.

    The last critical one of a week stays beside it: without it a second entry would be taken for the first.
    """
    at = days.at
    oldest, daily = at[-1] - LONGEST, bisect_left(at, daily_from)
    weekly = _last_of_weeks(at[bisect_left(at, oldest) : daily + 1])
    if days.critical:
        critical = [one for one in _last_of_weeks(days.critical) if oldest <= one < at[daily]]
        weekly = sorted({*weekly, *critical})
    kept = (*weekly, *at[daily + 1 :])
    if len(kept) == len(at):
        return days
    scores = map(dict(zip(at, days.scores, strict=True)).__getitem__, kept)
    return Days(kept, tuple(scores), tuple(filter({*kept}.__contains__, days.critical)), days.scored)


def _last_of_weeks(days: Sequence[int]) -> Iterable[int]:
    return dict(zip(map(floordiv, days, repeat(WEEKLY)), days, strict=False)).values()
