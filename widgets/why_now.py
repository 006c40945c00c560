"""The list's "Why now": at most one thing, and the mark of a second reason."""

import math
from datetime import UTC, datetime

from data.assessment import CLOCK_SKEW, LOCKED, Category, MonitorLine, RedLine, Row
from data.health_monitor import DRIFTING
from data.ports_list import View
from widgets import numbers
from widgets.glyphs import Glyphs
from widgets.look import Look
from widgets.severity_badge import mark

CELL = 16
TRIAL_ENDED = "trial_ended"


def why_now(row: Row, now: datetime, look: Look, view: View = View.AT_RISK) -> tuple[str, float]:
    """Return the text of at most 16 cells and in how many seconds it will read differently.

    In the views Drift and Red it is the alert and the causes; elsewhere too where no category applies.
    """
    if view is not View.SIGNALS and (row.category is None or view in (View.DRIFT, View.RED)):
        found = _of_systems(row, now, look.glyphs, view)
        if found is not None:
            return found
    second = f" +{mark(row.reasons[1], look)}" if len(row.reasons) > 1 else ""
    long, short, left = _reason(row, now, look.glyphs)
    text = long if len(long) + len(second) <= CELL else short
    return numbers.fit(text, CELL - len(second), look.glyphs).rstrip() + second, left


def _of_systems(row: Row, now: datetime, glyphs: Glyphs, view: View) -> tuple[str, float] | None:
    red = row.red if row.red is not None and row.red.is_red else None
    drift = row.monitor if row.monitor is not None and row.monitor.state in DRIFTING else None
    if red is not None and (view is not View.DRIFT or drift is None):
        return causes(red), numbers.DAY
    return drift_words(drift, now) if drift is not None else None


def drift_words(line: MonitorLine, now: datetime) -> tuple[str, float]:
    """Return an open alert (M8, M12) as `R 0.42 severe 5d`, the days going first, and the seconds it holds."""
    today = now.astimezone(UTC)
    text = f"{ratio_words(line.ratio)} {line.state.value}".lstrip()
    if line.opened is None:
        return text, numbers.DAY
    days = numbers.age(max(0, (today.date() - line.opened).days) * numbers.DAY)
    left = numbers.DAY - (today - today.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    long = f"{text} {days}" if days != "0s" else text
    return (long if len(long) <= CELL else text), left


def ratio_words(ratio: float | None) -> str:
    """Return R with two decimals, rounded down so that 0.3999 reads 0.39 where 0.40 is another severity (M8)."""
    if ratio is None:
        return ""
    return "R 10+" if ratio >= 10 else f"R {math.floor(ratio * 100 + 1e-9) / 100:.2f}"


def causes(line: RedLine) -> str:
    """Return why an account is Red (R3): all causes, else the first and how many more, as `relationship +2`."""
    if not line.causes:
        return "no cause now"
    text = ", ".join(line.causes)
    return text if len(text) <= CELL else f"{line.causes[0]} +{len(line.causes) - 1}"


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
