"""Calendar strings and daily shapes of the seeded book, made once so that an account costs no random series."""

from __future__ import annotations

import datetime as dt
import random
from functools import lru_cache

_PAST, _FUTURE = 2400, 800
DAYS_ACTIVE = 180
DAYS_SHOWN = 30


class Calendar:
    """Days and times around `today` as ready strings; day 0 is today, negative days are past.

    Times of day 0 lie before 00:05Z, so that a book made at any hour of its day holds nothing of the future.
    """

    def __init__(self, today: dt.date, rng: random.Random) -> None:
        self.today = today
        self._days = [(today + dt.timedelta(days=n)).isoformat() for n in range(-_PAST, _FUTURE)]
        self._office = [_clock(rng.randrange(6 * 3600, 19 * 3600)) for _ in range(4096)]
        self._early = [_clock(rng.randrange(20, 290)) for _ in range(256)]
        # For a cycle begun k days ago, the day it ends: the same day of the next month.
        self.cycle_end = [(_next_month(today - dt.timedelta(days=k)) - today).days for k in range(28)]
        self.weekday = today.weekday()

    def day(self, offset: int) -> str:
        """The date `offset` days from today, `YYYY-MM-DD`."""
        return self._days[_PAST + offset]

    def midnight(self, offset: int) -> str:
        """The start of that day, RFC 3339."""
        return self._days[_PAST + offset] + "T00:00:00Z"

    def at(self, offset: int, chance: float) -> str:
        """A moment of that day, RFC 3339; `chance` in [0, 1) picks it within office hours."""
        if offset:
            return self._days[_PAST + offset] + self._office[int(chance * 4096)]
        return self._days[_PAST] + self._early[int(chance * 256)]


def _clock(second: int) -> str:
    return f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def _next_month(day: dt.date) -> dt.date:
    first = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    length = ((first + dt.timedelta(days=32)).replace(day=1) - first).days
    return first.replace(day=min(day.day, length))


class Logins:
    """Daily admin logins of 30 days by class of A8: lists of (daily, days since the last login or None)."""

    def __init__(self, rng: random.Random) -> None:
        self.frequent = [_logins(rng, 0, rng.choice((0.5, 0.7, 0.9))) for _ in range(96)]
        self.some = [_logins(rng, rng.randrange(1, 13), 0.12) for _ in range(64)]
        self.stale = [_logins(rng, rng.randrange(16, 29), 0.15) for _ in range(64)]
        self.silent: tuple[list[int | None], int | None] = ([0] * DAYS_SHOWN, None)
        for pool in (self.frequent, self.some):
            for n in range(0, len(pool), 12):
                pool[n] = _with_gap(rng, *pool[n])


def _logins(rng: random.Random, quiet: int, rate: float) -> tuple[list[int | None], int | None]:
    """Logins at `rate` days, none on the last `quiet` days; a last login stands on the day before those."""
    daily: list[int | None] = [rng.choice((1, 1, 1, 2, 2, 3)) if rng.random() < rate else 0 for _ in range(DAYS_SHOWN)]
    daily[DAYS_SHOWN - quiet :] = [0] * quiet
    if not quiet:
        # Frequent (A8): eight or more in 30 days, the last within a week.
        daily[-8:] = [rng.choice((1, 1, 2)) for _ in range(6)] + [rng.choice((0, 1, 2)) for _ in range(2)]
    else:
        daily[DAYS_SHOWN - quiet - 1] = 1
    return daily, next(n for n in range(1, DAYS_SHOWN + 1) if daily[-n])


def _with_gap(rng: random.Random, daily: list[int | None], last: int | None) -> tuple[list[int | None], int | None]:
    """The same with some days whose feed is not known to be complete; the last login stays known."""
    gaps = rng.sample(range(DAYS_SHOWN - 15), 3)
    return [None if n in gaps else x for n, x in enumerate(daily)], last


class Hours:
    """Weights of 30 days of recording, ending yesterday: busy on weekdays, little at weekends."""

    def __init__(self, rng: random.Random, weekday: int) -> None:
        self.weights: list[list[float]] = []
        for _ in range(192):
            row = []
            for n in range(DAYS_SHOWN):
                weekend = (weekday - DAYS_SHOWN + n) % 7 >= 5
                busy = rng.random() < (0.2 if weekend else 0.9)
                row.append(rng.uniform(0.3, 1.5) if busy else (0.0 if weekend else 0.08))
            self.weights.append(row)


# What 180 days of active users look like: the share of seats active on a weekday, by how many days ago.
def _level(profile: str, ago: int, base: float, turn: int) -> float:
    match profile:
        case "growing":
            return base * (1.05 - 0.65 * ago / DAYS_ACTIVE)
        case "slack":  # seats bought, hardly half of them used
            return base * (0.46 if ago <= turn else 0.5)
        case "softening":  # R of M7 near 0.7: no alert
            return base * (0.52 if ago <= turn else 0.72)
        case "drifting":  # R near 0.55: moderate, and not half gone within 60 days (R4)
            return base * (0.56 if ago <= turn else 1.0)
        case "dropping":  # R near 0.25: severe
            return base * (0.22 if ago <= turn else 1.0)
        case "fading":  # at least half gone within 60 days (R4)
            return base * (max(0.2, min(1.0, (ago - 4) / 58)))
        case "collapsed":  # UC2 of R21: 150 to 12 daily users in three weeks
            return base * (max(0.075, min(1.0, (ago - 3) / 18)))
        case "quiet":
            return base * 0.22
        case "returning":
            return base * (1.0 if ago <= 12 or ago > 50 else 0.25)
        case _:
            return base


# The last days that a fall has lasted: long enough to fill the window of M4, short enough to leave its baseline alone.
_TURNS = {"drifting": (15, 42), "softening": (26, 44), "slack": (26, 44), "dropping": (9, 30)}
PROFILES = (
    "steady", "growing", "slack", "softening", "drifting", "dropping", "fading", "collapsed", "quiet", "occasional",
    "returning", "dormant",
)  # fmt: skip
VARIANTS = 24
_GOLDEN = 0.6180339887


class ActiveUsers:
    """Daily active users of 180 days for a profile and a number of seats; the lists are shared, never change them."""

    def __init__(self, rng: random.Random, weekday: int) -> None:
        self._shapes: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for profile in PROFILES:
            for variant in range(VARIANTS if profile in _TURNS else VARIANTS // 3):
                self._shapes[profile, variant] = _shape(rng, profile, weekday)
        self._cached = lru_cache(maxsize=6000)(self._series)

    def series(self, profile: str, variant: int, seats: int) -> list[int | None]:
        """One of `VARIANTS` series; the falls have so many, the other profiles a third."""
        return self._cached(profile, variant if profile in _TURNS else variant % (VARIANTS // 3), seats)

    def _series(self, profile: str, variant: int, seats: int) -> list[int | None]:
        return [min(seats, int(level * seats + dither)) for level, dither in self._shapes[profile, variant]]


def _shape(rng: random.Random, profile: str, weekday: int) -> list[tuple[float, float]]:
    """Per day the active share of the seats and the dither that decides the rounding of small numbers.

    The dither of weekdays is spread evenly, so that few seats make no alert by chance.
    """
    if profile == "dormant":
        return [(0.0, 0.0)] * DAYS_ACTIVE
    if profile == "occasional":
        every, first = rng.choice((7, 7, 14)), rng.randrange(7)
        return [(0.0, 1.0 if n % every == first else 0.0) for n in range(DAYS_ACTIVE)]
    base, turn = rng.uniform(0.55, 0.9), rng.randrange(*_TURNS.get(profile, (9, 15)))
    if profile == "collapsed":
        base = 0.74
    shape, turns = [], rng.random()
    for n in range(DAYS_ACTIVE):
        ago = DAYS_ACTIVE - n
        weekend = (weekday - ago) % 7 >= 5
        turns += 0.0 if weekend else _GOLDEN
        level = _level(profile, ago, base, turn) * (0.12 if weekend else 1.0) * rng.uniform(0.88, 1.1)
        shape.append((level, 0.3 if weekend else turns % 1.0 * 0.98))
    return shape
