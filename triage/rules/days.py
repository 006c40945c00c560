"""P0: elapsed time, tolerances and days: what every rule compares with."""

from datetime import UTC, date, datetime, timedelta

from data.account import Account

TOLERANCE = 1e-9  # in the unit compared: days, hours, ratios
SECONDS_A_DAY = 86_400.0
WINDOW = 30  # entries of the contract's daily arrays of hours and logins
# The first microsecond at which an age in days is past its limit by more than the tolerance.
JUST_PAST = timedelta(microseconds=87)


def days_between(earlier: datetime, later: datetime) -> float:
    """Elapsed time between two timestamps in days, negative when `earlier` lies ahead."""
    return (later - earlier).total_seconds() / SECONDS_A_DAY


def unfilled_days(as_of: date | None, complete_through: date | None) -> int:
    """How many complete days after `as_of` had nothing and count as zeros (contract.md, Reading)."""
    if as_of is None or complete_through is None or complete_through <= as_of:
        return 0
    return (complete_through - as_of).days


def recent_mean(daily: tuple[float | None, ...] | None, gap: int, wanted: int, least: int) -> float | None:
    """Mean of the most recent `wanted` known entries after `gap` zero days; None under `least` known entries.

    Only the last 30 days count; an unknown entry is left out, never zero.
    """
    if daily is None:
        return None
    need = wanted - gap
    if need <= 0:
        return 0.0
    tail = daily[-need:]
    if None in tail or len(tail) < need:
        kept = max(WINDOW - gap, 0)
        known = [entry for entry in daily[max(len(daily) - kept, 0) :] if entry is not None][-need:]
        if len(known) + gap < least:
            return None
        return sum(known) / (len(known) + gap)
    return sum(tail) / wanted  # type: ignore[arg-type]


def filled_counts(daily: tuple[int | None, ...], gap: int) -> tuple[int | None, ...]:
    """The last 30 days with `gap` zero days appended; days before the array are unknown."""
    filled = (daily + (0,) * min(gap, WINDOW))[-WINDOW:] if gap or len(daily) > WINDOW else daily
    return filled if len(filled) == WINDOW else (None,) * (WINDOW - len(filled)) + filled


def assessment_day(account: Account, complete_through: date | None) -> date | None:
    """P0's t: the later of `complete_through` and `signals.as_of`, or of the feeds' days where signals are null."""
    signals = account.signals
    if signals is not None and signals.as_of is not None:
        as_of = signals.as_of
        return as_of if complete_through is None or as_of > complete_through else complete_through
    days = [workspace.hours_as_of for workspace in account.workspaces]
    if account.admin_logins is not None:
        days.append(account.admin_logins.as_of)
    days.append(complete_through)
    return max((day for day in days if day is not None), default=None)


def iso(moment: datetime) -> str:
    """A timestamp as the contract writes it: RFC 3339, UTC, `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def minute(moment: datetime) -> str:
    """A timestamp in a sentence: `2026-11-20 16:05Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def day(moment: datetime) -> str:
    """The UTC day of a timestamp in a sentence: `2026-11-20`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
