"""What follows an outreach: the follow-up (M20) and whether it helped (M21)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from data.account import Account
from data.health_monitor import Effect, Effectiveness, FollowUp, FollowUpKind
from triage.policy import Policy
from triage.rules.days import TOLERANCE, days_between
from triage.rules.monitor_series import read_series, windows


def follow_up_due(sent_at: datetime, replied: bool, follow_ups: int, policy: Policy, now: datetime) -> FollowUp | None:
    """M20: due 7x24 h after the last mail; any reply cancels it; after one automatic follow-up it is a task.

    `sent_at` is the last mail's, `follow_ups` how many went out after the first.
    """
    if replied:
        return None
    rules = policy.monitor
    kind = FollowUpKind.AUTOMATIC if follow_ups < rules.follow_ups else FollowUpKind.TASK
    due = days_between(sent_at, now) >= rules.follow_up_days - TOLERANCE
    return FollowUp(kind, sent_at + timedelta(days=rules.follow_up_days), due)


def effect_since(account: Account, yardstick: float, on: date, today: date, policy: Policy) -> Effect:
    """M21: what followed `on`, against the yardstick frozen with the alert; only the days that matter are measured."""
    last = on + timedelta(days=policy.monitor.recovery_days)
    return effect(ratios(account, policy, today, yardstick, on, last), on, today, policy)


def ratios(
    account: Account,
    policy: Policy,
    complete_through: date | None,
    yardstick: float,
    first: date = date.min,
    last: date = date.max,
) -> dict[date, float]:
    """M21: R of every day from `first` to `last` that the series can still measure, against the alert's yardstick."""
    rules = policy.monitor
    series = read_series(account, rules, complete_through)
    if series is None or yardstick <= TOLERANCE:
        return {}
    begins, count = series.date_of(0), len(series.counts)
    low, high = max((first - begins).days, 0), min((last - begins).days + 1, count)
    return {
        begins + timedelta(days=position): used.mean / yardstick
        for position, used in zip(range(low, high), windows(series, low, high, rules), strict=True)
        if used.mean is not None and used.known >= rules.window_complete * used.days - TOLERANCE
    }


def effect(measured: Mapping[date, float], on: date, today: date, policy: Policy) -> Effect:
    """M21: R at +14 d minus R on the day; recovered when R is 0.60 or more on any day after it, up to +28 d.

    `on` is the day of the outreach, or of the alert where nobody wrote; `today` is P0's t. Not recovered is said only
    when the 28 days are over and something was measured in them.
    """
    rules = policy.monitor
    before, after = measured.get(on), measured.get(on + timedelta(days=rules.effect_days))
    change = None if before is None or after is None else after - before
    last = on + timedelta(days=rules.recovery_days)
    seen = [ratio for one, ratio in measured.items() if on < one <= last and one <= today]
    recovered: bool | None = None
    if seen and max(seen) >= rules.recovered - TOLERANCE:
        recovered = True
    elif seen and today >= last:
        recovered = False
    return Effect(on, before, change, recovered)


def effectiveness(effects: Iterable[Effect]) -> Effectiveness:
    """M21: effects together; those alerted and contacted stand beside those alerted only."""
    all_of_them = tuple(effects)
    changes = [one.change for one in all_of_them if one.change is not None]
    matured = [one.recovered for one in all_of_them if one.recovered is not None]
    mean = sum(changes) / len(changes) if changes else None
    return Effectiveness(len(all_of_them), mean, len(changes), sum(matured), len(matured))
