"""The verdicts behind a row: each rule that has something to say, with the inputs that produced it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from data.account import Account
from data.assessment import CLOCK_SKEW, LOCKED, Category, Row, Touch, Verdict, WorkspaceReading, severity_key
from triage.policy import Policy
from triage.rules import at_risk, plays
from triage.rules.days import days_between, iso, unfilled_days
from triage.rules.listed import differences
from triage.rules.reasons import earlier_reset

Inputs = dict[str, object]
NOT_LISTED = "not at risk"


def verdicts(
    account: Account, row: Row, touches: Sequence[Touch], policy: Policy, now: datetime, complete_through: date | None
) -> tuple[Verdict, ...]:
    """Explain `row`, the assessment of `account` at `now`; every input carries the policy's version."""
    said = [_category(row)]
    said += [_workspace(account, reading, policy, now, complete_through) for reading in row.workspaces]
    said += _downgrade(account, policy, now)
    said += [_reasons(account, row), _order(row), _logins(account, row, policy, now, complete_through)]
    said += _plays(account, row, policy, now)
    said += _history(account, row, touches, policy, now)
    return tuple(Verdict(one.rule, one.verdict, {**one.inputs, "policy": policy.version}) for one in said)


def _category(row: Row) -> Verdict:
    day = None if row.day is None else row.day.isoformat()
    return Verdict(
        "A1", row.category or NOT_LISTED, {"reasons": list(row.reasons), "day": day, "now": iso(row.assessed_at)}
    )


def _workspace(
    account: Account, reading: WorkspaceReading, policy: Policy, now: datetime, complete_through: date | None
) -> Verdict:
    """The rule that decided on one workspace: A2, A3 or A4; a healthy one shows why A4 did not fire."""
    source = next(one for one in account.workspaces if one.id == reading.id)
    inputs: Inputs = {
        "workspace_id": reading.id,
        "workspace": str(reading.name),
        "tier": str(account.tier),
        "used": reading.used,
        "included": reading.included,
        "hard_block": source.hard_block,
    }
    if reading.reason in (Category.PILOT_HARD_BLOCK, Category.AT_CAP):
        rule = "A2" if reading.reason is Category.PILOT_HARD_BLOCK or reading.stopped else "A3"
        inputs["since"] = _iso(reading.since)
        stopped = ", stopped" if reading.stopped and reading.reason is Category.AT_CAP else ""
        return Verdict(rule, f"{reading.reason.value}{stopped}", inputs)
    if reading.used is None or reading.included is None:
        return Verdict("A3", "no cap known", inputs)
    return Verdict("A4", _approach(reading), inputs | _projection(account, reading, policy, now, complete_through))


def _approach(reading: WorkspaceReading) -> str:
    if reading.reason is None:
        return "not approaching"
    fired = [name for name, yes in (("ratio", reading.by_ratio), ("projection", reading.by_projection)) if yes]
    return f"{reading.reason.value} by {' and '.join(fired)}"


def _projection(
    account: Account, reading: WorkspaceReading, policy: Policy, now: datetime, complete_through: date | None
) -> Inputs:
    assert reading.used is not None and reading.included is not None
    source = next(one for one in account.workspaces if one.id == reading.id)
    days = at_risk.days_to_cap(reading.used, reading.included, reading.mean_daily)
    as_of = source.hours_as_of
    return {
        "ratio": reading.used / reading.included if reading.included > 0 else None,
        "near_ratio": policy.at_risk.near_ratio,
        "mean_daily": reading.mean_daily,
        "hours_daily": None if source.hours_daily is None else list(source.hours_daily),
        "hours_as_of": None if as_of is None else as_of.isoformat(),
        "zero_days_after": unfilled_days(as_of, complete_through),
        "days_to_cap": days,
        "horizon_days": policy.at_risk.horizon_days,
        "projected_at": _iso(reading.projected_at),
        "cycle_end": _iso(reading.cycle_end),
        "now": iso(now),
    }


def _downgrade(account: Account, policy: Policy, now: datetime) -> list[Verdict]:
    at = account.downgraded_at
    if at is None:
        return []
    dropped = at_risk.downgrade(account, policy, now)
    words = {at_risk.Downgrade.RECENT: "recently downgraded", at_risk.Downgrade.AHEAD: "clock skew"}
    verdict = words.get(dropped, "downgraded, not recently")
    if dropped is at_risk.Downgrade.RECENT and account.downgrade_cause == at_risk.TRIAL_ENDED:
        verdict = "trial ended"
    inputs: Inputs = {
        "downgraded_at": iso(at),
        "downgraded_from": _text(account.downgraded_from),
        "downgrade_cause": _text(account.downgrade_cause),
        "age_days": days_between(at, now),
        "downgrade_days": policy.at_risk.downgrade_days,
        "now": iso(now),
    }
    return [Verdict("A5", verdict, inputs)]


def _reasons(account: Account, row: Row) -> Verdict:
    by_workspace: dict[str, object] = {one.id: one.reason for one in row.workspaces}
    inputs: Inputs = {"workspaces": by_workspace, "since": _iso(row.since)}
    differs = differences(account, row)
    if differs:
        inputs["backend_differs"] = differs
    return Verdict("A6", ", ".join(row.reasons) or NOT_LISTED, inputs)


def _order(row: Row) -> Verdict:
    rank = severity_key(row)[0]
    return Verdict("A7", f"rank {rank}", {"rank": rank, "mrr": row.mrr, "since": _iso(row.since), "id": row.id})


def _logins(account: Account, row: Row, policy: Policy, now: datetime, complete_through: date | None) -> Verdict:
    source = account.admin_logins
    if source is None:
        return Verdict("A8", row.logins.klass, {"admin_logins": None})
    last_at = row.logins.last_at
    inputs: Inputs = {
        "last_at": _iso(last_at),
        "age_days": None if last_at is None else days_between(last_at, now),
        "count_30d": row.logins.count_30d,
        "count_30d_of_server": source.count_30d,
        "zero_days_after": 0 if source.daily is None else unfilled_days(source.as_of, complete_through),
        "frequent_count": policy.logins.frequent_count,
        "frequent_days": policy.logins.frequent_days,
        "recent_days": policy.logins.recent_days,
        "now": iso(now),
    }
    return Verdict("A8", row.logins.klass, inputs)


def _plays(account: Account, row: Row, policy: Policy, now: datetime) -> list[Verdict]:
    contact = row.contact
    inputs: Inputs = {
        "user_id": None if contact is None else contact.user_id,
        "role": None if contact is None else str(contact.role),
        "reachable": None if contact is None else contact.reachable,
    }
    found = [Verdict("A10", "unreachable" if plays.unreachable(contact) else "contact", inputs)]
    if row.category is None:
        return found
    cell = policy.play(row.category.value, row.logins.klass)
    refused = [kind for kind in cell.suggested if not plays.works(kind, account, policy, now)]
    at: Inputs = {"category": row.category.value, "logins": row.logins.klass}
    gates: Inputs = {
        "payment_mode": _text(account.payment_mode),
        "tier": str(account.tier),
        "tier_expires_at": _iso(account.tier_expires_at),
    }
    found.insert(0, Verdict("A9", row.reading, at))
    found.append(Verdict("A12", ", ".join(row.suggested), {**at, "cell": list(cell.suggested)}))
    if refused:
        found.insert(2, Verdict("A11", f"cannot work: {', '.join(refused)}", gates))
    return found


def _history(account: Account, row: Row, touches: Sequence[Touch], policy: Policy, now: datetime) -> list[Verdict]:
    found: list[Verdict] = []
    earlier = earlier_reset(account, touches, policy, now)
    if earlier is not None:
        told: Inputs = {
            "by": str(earlier.name),
            "at": iso(earlier.at),
            "reason": _text(earlier.reason),
            "talked": earlier.talked,
            "repeat_days": policy.reset.repeat_days,
        }
        found.append(Verdict("A13", "reset before", told))
    if LOCKED in row.signals:
        locked = [workspace.id for workspace in account.workspaces if workspace.locked]
        found.append(Verdict("A15", "locked, not listed", {"workspaces": locked}))
    if CLOCK_SKEW in row.signals:
        found.append(Verdict("A15", "clock skew", {"downgraded_at": _iso(account.downgraded_at), "now": iso(now)}))
    if row.handled is not None:
        begun = plays.begin(row.category, row.since, row.workspaces, account)
        done = row.handled
        by: Inputs = {"by": str(done.name), "at": iso(done.at), "kind": str(done.kind), "begun": _iso(begun)}
        found.append(Verdict("A16", "handled", by))
    if account.snooze is not None:
        found.append(Verdict("A17", "snoozed" if row.snoozed else "snooze over", _snooze(account, row, now)))
    return found


def _snooze(account: Account, row: Row, now: datetime) -> dict[str, Any]:
    assert account.snooze is not None
    return {
        "until": iso(account.snooze.until),
        "wake_on_worse": account.snooze.wake_on_worse,
        "snoozed_category": _text(account.snooze.category),
        "category": row.category,
        "now": iso(now),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _text(text: str | None) -> str | None:
    return None if text is None else str(text)
