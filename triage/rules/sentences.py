"""The `detail` of a row: one plain sentence of absolute facts, because ages grow old in a cache."""

import math

from data.account import Account
from data.assessment import CLOCK_SKEW, LOCKED, Category, WorkspaceReading
from triage.rules.at_risk import TRIAL_ENDED
from triage.rules.days import day, minute


def detail(
    account: Account,
    readings: tuple[WorkspaceReading, ...],
    reasons: tuple[Category, ...],
    signals: tuple[str, ...],
) -> str:
    """Say why the account stands in the list (A2–A5) or among the signals (A15); empty for all others."""
    if not reasons and not signals:
        return ""
    parts: list[str] = []
    risky = [one for one in readings if one.reason is not None]
    if risky:
        parts.append(_workspace(risky[0]))
    if len(risky) > 1:
        parts.append(f"{len(risky) - 1} more workspace{'s' if len(risky) > 2 else ''}")
    if Category.RECENTLY_DOWNGRADED in reasons:
        parts.append(_downgrade(account))
    if LOCKED in signals:
        locked = next(workspace.name for workspace in account.workspaces if workspace.locked)
        parts.append(f"{locked} is locked, and no limit explains it")
    if CLOCK_SKEW in signals and account.downgraded_at is not None:
        parts.append(f"clock skew: downgraded at {minute(account.downgraded_at)}, which is still ahead")
    return "; ".join(parts)


def _workspace(reading: WorkspaceReading) -> str:
    hours = _usage(reading)
    if reading.reason is Category.APPROACHING_CAP:
        return f"{reading.name}: {hours}, {_approach(reading)}"
    stand = "stopped" if reading.stopped else "at cap"
    return f"{reading.name}: {hours}, {stand}{f' since {minute(reading.since)}' if reading.since else ''}"


def _usage(reading: WorkspaceReading) -> str:
    if reading.used is None:
        return "hours unknown"
    if reading.included is None:
        return f"{hours_text(reading.used)} h, no cap known"
    below = reading.used < reading.included
    return f"{hours_text(reading.used, below=below)} of {reading.included:g} h"


def _approach(reading: WorkspaceReading) -> str:
    said: list[str] = []
    if reading.by_ratio and reading.used is not None and reading.included:
        said.append(f"{math.floor(reading.used / reading.included * 100 + 1e-7)} % used")
    if reading.projected_at is not None and reading.mean_daily is not None:
        said.append(f"at {hours_text(reading.mean_daily)} h a day at the cap on {day(reading.projected_at)}")
    return ", ".join(said)


def hours_text(hours: float, *, below: bool = False) -> str:
    """Hours as in look.md §7: two decimals under 10, one under 100; rounded down below the cap."""
    digits = 2 if hours < 10 else 1 if hours < 100 else 0
    shown = math.floor(hours * 10**digits + 1e-7) / 10**digits if below else hours
    return f"{shown:.{digits}f}"


def _downgrade(account: Account) -> str:
    assert account.downgraded_at is not None
    when = day(account.downgraded_at)
    steps = f"{account.downgraded_from} to {account.tier}" if account.downgraded_from else f"down to {account.tier}"
    if account.downgrade_cause == TRIAL_ENDED:
        return f"trial ended on {when}, {steps}"
    return f"{steps} on {when}{', by staff' if account.downgrade_cause == 'staff' else ''}"
