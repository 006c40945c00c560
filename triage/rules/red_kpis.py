"""R15–R19: the red-account KPIs over cohorts, the matured ones apart from those still maturing."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from data.red_account import Cohort, Kpi, RedCase, RedKpis
from triage.policy import Policy
from triage.policy_red import KpiRules
from triage.rules.days import TOLERANCE, days_between

HOURS_A_DAY = 24.0


def red_kpis(cases: Sequence[RedCase], red_now: int, accounts: int, policy: Policy, now: datetime) -> RedKpis:
    """R15 over the book of today; R16–R19 over the episodes, opened at least 90 days ago or maturing."""
    rules = policy.red.kpis
    line = now - timedelta(days=rules.matured_days)
    old = [one for one in cases if one.opened_at <= line]
    young = [one for one in cases if one.opened_at > line]
    share = red_now / accounts if accounts else None
    return RedKpis(
        share=_kpi("R15", "share", share, None, rules.share, lambda value: value < rules.share - TOLERANCE, accounts),
        matured=_cohort("matured", old, rules, now),
        maturing=_cohort("maturing", young, rules, now),
    )


def _kpi(
    rule: str,
    name: str,
    value: float | None,
    low: float | None,
    high: float | None,
    fine: Callable[[float], bool],
    n: int,
    pending: int = 0,
) -> Kpi:
    return Kpi(rule, name, value, low, high, None if value is None else fine(value), n, pending)


def _cohort(name: str, cases: list[RedCase], rules: KpiRules, now: datetime) -> Cohort:
    return Cohort(
        name=name,
        size=len(cases),
        recovery=_recovery(cases, rules),
        response_hours=_response(cases, rules, now),
        revenue=_revenue(cases, rules),
        churn=_churn(cases, rules),
    )


def _recovery(cases: list[RedCase], rules: KpiRules) -> Kpi:
    """R16: the share that recovered within 90 days; later recoveries and losses stay in the cohort."""
    limit = rules.recovery_days + TOLERANCE
    good = sum(one.recovered_at is not None and days_between(one.opened_at, one.recovered_at) <= limit for one in cases)
    pending = sum(one.recovered_at is None and one.churned_at is None for one in cases)
    value = good / len(cases) if cases else None
    low, high = rules.recovery_low, rules.recovery_high
    return _kpi("R16", "recovery", value, low, high, lambda share: share >= low - TOLERANCE, len(cases), pending)


def _response(cases: list[RedCase], rules: KpiRules, now: datetime) -> Kpi:
    """R17: mean hours to the first response; an unanswered one counts with its age until it ended."""
    ages = [days_between(one.opened_at, one.responded_at or one.ended_at or now) * HOURS_A_DAY for one in cases]
    value = sum(ages) / len(ages) if ages else None
    unanswered = sum(one.responded_at is None for one in cases)
    high = rules.response_hours
    return _kpi("R17", "response_hours", value, None, high, lambda age: age < high - TOLERANCE, len(ages), unanswered)


def _revenue(cases: list[RedCase], rules: KpiRules) -> dict[str, Kpi]:
    """R18 by currency: renewed value ÷ ARR at designation; a loss renewed nothing, what is not due yet is pending."""
    found = {}
    for currency in sorted({one.currency for one in cases if one.currency is not None}):
        mine = [one for one in cases if one.currency == currency]
        due = [one for one in mine if one.arr and (one.renewed is not None or one.churned_at is not None)]
        before = sum(one.arr or 0 for one in due)
        value = sum(one.renewed or 0 for one in due) / before if before else None
        low, pending = rules.revenue, len(mine) - len(due)
        found[currency] = _kpi("R18", "revenue", value, low, None, _reaches(low), len(due), pending)
    return found


def _reaches(low: float) -> Callable[[float], bool]:
    return lambda value: value >= low - TOLERANCE


def _churn(cases: list[RedCase], rules: KpiRules) -> Kpi:
    """R19: the share that was lost (R19b); those whose episode goes on are pending."""
    lost = sum(one.churned_at is not None for one in cases)
    pending = sum(one.ended_at is None and one.churned_at is None for one in cases)
    value, high = lost / len(cases) if cases else None, rules.churn
    return _kpi("R19", "churn", value, None, high, lambda share: share < high - TOLERANCE, len(cases), pending)
