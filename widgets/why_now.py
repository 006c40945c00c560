"""The list's "Why now": at most one thing, and the mark of a second reason."""

from datetime import datetime

from data.assessment import CLOCK_SKEW, LOCKED, Category, Row
from widgets import numbers
from widgets.glyphs import Glyphs
from widgets.look import Look
from widgets.severity_badge import mark

CELL = 16
TRIAL_ENDED = "trial_ended"


def why_now(row: Row, now: datetime, look: Look) -> tuple[str, float]:
    """Return the text of at most 16 cells and in how many seconds it will read differently."""
    second = f" +{mark(row.reasons[1], look)}" if len(row.reasons) > 1 else ""
    long, short, left = _reason(row, now, look.glyphs)
    text = long if len(long) + len(second) <= CELL else short
    return numbers.fit(text, CELL - len(second), look.glyphs).rstrip() + second, left


def _reason(row: Row, now: datetime, glyphs: Glyphs) -> tuple[str, str, float]:
    """Return the text, a shorter one, and the seconds it holds."""
    if row.category is None:
        words = {LOCKED: "locked", CLOCK_SKEW: "clock skew"}
        text = words.get(row.signals[0], row.signals[0].replace("_", " ")) if row.signals else ""
        return text, text, numbers.DAY
    if row.category is Category.APPROACHING_CAP:
        return _approach(row, now)
    if row.category is Category.RECENTLY_DOWNGRADED:
        word = "trial ended"
        if row.downgrade_cause != TRIAL_ENDED:
            start = tier_word(row.downgraded_from) if row.downgraded_from else ""
            word = f"{start}{glyphs.becomes}{tier_word(row.tier)}"
    else:
        word = "stopped" if row.category is Category.PILOT_HARD_BLOCK or _first_stopped(row) else "capped"
    if row.since is None:
        return word, word, numbers.DAY
    age, left = numbers.age_until(numbers.since(row.since, now))
    return f"{word} {age}", f"{word} {age}", left


def _first_stopped(row: Row) -> bool:
    return bool(row.workspaces) and row.workspaces[0].stopped


def _approach(row: Row, now: datetime) -> tuple[str, str, float]:
    first = row.workspaces[0] if row.workspaces else None
    if first is not None and first.projected_at is not None:
        seconds = (first.projected_at - now).total_seconds()
        short = f"cap in {numbers.age(seconds)}" if seconds > 0 else "cap is due"
        _, left = numbers.age_until(seconds)
        return f"{short} {numbers.day(first.projected_at, now)}", short, max(1.0, min(left, seconds % 60 or 60.0))
    ratio = first.used / first.included if first and first.used is not None and first.included else None
    share = numbers.percent(ratio)
    return f"{share}, no date", share, numbers.DAY


def tier_word(tier: str) -> str:
    """Return a tier in five columns: pilot, free, innov, chang, guard."""
    return tier[:5]
