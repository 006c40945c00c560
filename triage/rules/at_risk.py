"""The at-risk categories: A1–A7 over workspaces and account, and the signals of A15."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from data.account import Account, Workspace
from data.assessment import CLOCK_SKEW, LOCKED, NO_RANK, RANKS, Category, WorkspaceReading
from triage.policy import Policy
from triage.rules.days import JUST_PAST, TOLERANCE, days_between, recent_mean, unfilled_days

PILOT = "pilot"
TRIAL_ENDED = "trial_ended"
MICROSECOND = timedelta(microseconds=1)


class Downgrade(StrEnum):
    """What A5 says of `downgraded_at`."""

    NONE = "none"
    RECENT = "recent"
    OVER = "over"
    AHEAD = "ahead"


def read_workspaces(
    account: Account, policy: Policy, now: datetime, complete_through: date | None
) -> tuple[WorkspaceReading, ...]:
    """Every workspace by A2–A4, worst first (A6): category rank, then higher used/included, then id."""
    tier = account.tier
    readings = [read_workspace(workspace, tier, policy, now, complete_through) for workspace in account.workspaces]
    if len(readings) > 1:
        readings.sort(key=_worst_first)
    return tuple(readings)


def read_workspace(
    workspace: Workspace, tier: str, policy: Policy, now: datetime, complete_through: date | None
) -> WorkspaceReading:
    """One workspace by A2, A3 and A4; only the gravest applies. A cap of which one side is unknown is not judged."""
    rules = policy.at_risk
    used, included = workspace.hours_used, workspace.hours_included
    mean = recent_mean(
        workspace.hours_daily,
        unfilled_days(workspace.hours_as_of, complete_through),
        rules.projection_days,
        rules.projection_min_days,
    )
    known = used is not None and included is not None
    full = used is not None and included is not None and used >= included - TOLERANCE
    reason, since, projected_at, by_ratio = None, None, None, False
    if tier == PILOT and (workspace.hard_block or (full and _hard_blocks(tier, policy))):
        reason, since = Category.PILOT_HARD_BLOCK, workspace.blocked_since
    elif full or workspace.hard_block:
        reason, since = Category.AT_CAP, workspace.cap_reached_at
    elif known:
        by_ratio = _near(used, included, rules.near_ratio)
        projected_at = project(used, included, mean, workspace.cycle_end, rules.horizon_days, now)
        if by_ratio or projected_at is not None:
            reason = Category.APPROACHING_CAP
    return WorkspaceReading(
        workspace.id,
        workspace.name,
        reason,
        used,
        included,
        reason is Category.PILOT_HARD_BLOCK or bool(workspace.hard_block),
        since,
        mean,
        projected_at,
        by_ratio,
        projected_at is not None,
        workspace.cycle_end,
    )


def days_to_cap(used: float, included: float, mean: float | None) -> float | None:
    """A4: days until the cap at `mean` hours a day; None where nothing is used or nothing is known."""
    return None if mean is None or mean <= 0 else (included - used) / mean


def project(
    used: float | None,
    included: float | None,
    mean: float | None,
    cycle_end: datetime | None,
    horizon_days: float,
    now: datetime,
) -> datetime | None:
    """A4: when the cap is reached, if within the horizon and before the cycle ends (unknown end: horizon only)."""
    if used is None or included is None:
        return None
    days = days_to_cap(used, included, mean)
    if days is None or days > horizon_days + TOLERANCE:
        return None
    if cycle_end is not None and days >= days_between(now, cycle_end) - TOLERANCE:
        return None
    return now + timedelta(days=days)


def downgrade(account: Account, policy: Policy, now: datetime) -> Downgrade:
    """A5: recent when 0 ≤ now − downgraded_at ≤ 14 days; ahead of us is clock skew."""
    if account.downgraded_at is None:
        return Downgrade.NONE
    age = days_between(account.downgraded_at, now)
    if age < -TOLERANCE:
        return Downgrade.AHEAD
    return Downgrade.RECENT if age <= policy.at_risk.downgrade_days + TOLERANCE else Downgrade.OVER


def reasons(readings: tuple[WorkspaceReading, ...], dropped: Downgrade) -> tuple[Category, ...]:
    """A6: the distinct categories of the workspaces plus a recent downgrade, in rank order (A1)."""
    found: list[Category] = []
    for reading in readings:  # worst first, so ranks never fall
        if reading.reason is None:
            break
        if not found or found[-1] is not reading.reason:
            found.append(reading.reason)
    if dropped is Downgrade.RECENT:
        found.append(Category.RECENTLY_DOWNGRADED)
    return tuple(found)


def since(category: Category | None, readings: tuple[WorkspaceReading, ...], account: Account) -> datetime | None:
    """A6, A7: the earliest begin of the account's category; approaching has none."""
    if category is None:
        return None
    if category is Category.RECENTLY_DOWNGRADED:
        return account.downgraded_at
    begins = [one.since for one in readings if one.reason is category and one.since is not None]
    return min(begins, default=None)


def signals(account: Account, category: Category | None, dropped: Downgrade) -> tuple[str, ...]:
    """A15: `locked_not_listed` where a lock stands and no category applies; `clock_skew` (A5)."""
    locked = category is None and any(workspace.locked for workspace in account.workspaces)
    if dropped is not Downgrade.AHEAD:
        return (LOCKED,) if locked else ()
    return (LOCKED, CLOCK_SKEW) if locked else (CLOCK_SKEW,)


def category_turns_at(
    account: Account, readings: tuple[WorkspaceReading, ...], dropped: Downgrade, policy: Policy, now: datetime
) -> datetime | None:
    """The earliest instant after `now` at which a category, signal or shown projection may change by itself."""
    turns: list[datetime] = []
    at = account.downgraded_at
    if at is not None and dropped is Downgrade.AHEAD:
        turns.append(at - JUST_PAST + MICROSECOND)
    elif at is not None and dropped is Downgrade.RECENT:
        turns.append(at + timedelta(days=policy.at_risk.downgrade_days) + JUST_PAST)
    for reading in readings:
        if reading.projected_at is None:
            continue
        turns.append(now + timedelta(seconds=policy.at_risk.projection_refresh_seconds))
        if reading.cycle_end is not None:
            left = days_between(reading.projected_at, reading.cycle_end) - TOLERANCE
            turns.append(now + max(timedelta(days=left), MICROSECOND))
    return min(turns, default=None)


def _hard_blocks(tier: str, policy: Policy) -> bool:
    known = policy.tier(tier)
    return known is not None and known.hard_blocks


def _near(used: float | None, included: float | None, near_ratio: float) -> bool:
    if used is None or included is None or included <= 0:
        return False
    return used / included >= near_ratio - TOLERANCE


def _worst_first(reading: WorkspaceReading) -> tuple[int, float, str]:
    rank = NO_RANK if reading.reason is None else RANKS[reading.reason]
    return rank, -usage_ratio(reading.used, reading.included), reading.id


def usage_ratio(used: float | None, included: float | None) -> float:
    """used/included for ordering: -1 where unknown, infinite on a cap of nothing."""
    if used is None or included is None:
        return -1.0
    return used / included if included > 0 else float("inf")
