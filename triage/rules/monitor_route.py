"""Who takes an alert, and why nothing is sent by itself (M13-M17, M22); what an account lacks (M23)."""

from datetime import date, datetime

from data.account import Account, Contact
from data.health_book import BookContext
from data.health_monitor import Alert, MonitorReading, MonitorState, Route
from triage.policy import Policy
from triage.policy_monitor import MonitorRules
from triage.rules.days import TOLERANCE, day, days_between

ATTRIBUTION = "attribution"
TIER = "tier"
CSM = "csm"
FEATURE = "most recently used feature"
LAST_ACTIVE = "last active time"
TIP = "tip for the use case"
NO_TIER = ("", "unknown")


def route(account: Account, severity: MonitorState, policy: Policy, book: BookContext) -> Route:
    """M15, M16: the machine takes only standard and moderate; whatever has no CSM waits unassigned."""
    if account.csm is None:
        return Route.UNASSIGNED
    if severity is MonitorState.SEVERE:
        return Route.CSM_HIGH
    return Route.CSM if high_value(account, policy, book) or is_complex(account, policy) else Route.AUTOMATIC


def high_value(account: Account, policy: Policy, book: BookContext) -> bool:
    """M14: among the top 20 % by revenue, or in a listed tier. Revenue nobody knows is not high."""
    if account.tier in policy.monitor.high_value_tiers:
        return True
    return account.mrr is not None and book.high_value_mrr is not None and account.mrr >= book.high_value_mrr


def is_complex(account: Account, policy: Policy) -> bool:
    """M14: flagged, more than one product, or an open escalation."""
    rules, signals = policy.monitor, account.signals
    if account.flags and any(flag in rules.complex_flags for flag in account.flags):
        return True
    if signals is None:
        return False
    escalated = None if signals.tickets is None else signals.tickets.escalated
    return (
        bool(signals.complex)
        or len(signals.products) >= rules.complex_products
        or (escalated is not None and escalated >= rules.complex_escalations)
    )


def auto_send_problem(
    account: Account,
    reading: MonitorReading,
    policy: Policy,
    book: BookContext,
    now: datetime,
    contact: Contact | None,
    last_automatic_at: datetime | None,
    follow_up: bool = False,
) -> str | None:
    """Why no mail may leave by itself (M11, M13, M15-M17, M22), the gravest reason first; None: it may.

    `now` is in the sender's zone, which is that of the quiet hours. A follow-up (M20) belongs to the mail before it and
    is not held to the fatigue limit; everything else holds for it too.
    """
    rules = policy.monitor
    if reading.alert is None or not reading.alert.is_open:
        return rules.problems.no_alert
    if reading.state is MonitorState.DATA_GAP:
        return rules.problems.data_gap
    return (
        _person_takes_it(account, reading.alert, policy, book)
        or _held(reading.alert, rules, book)
        or _nobody_to_write_to(contact, rules)
        or _template_gap(account, rules)
        or (None if follow_up else _fatigue(last_automatic_at, rules, now))
        or _quiet(rules, now)
    )


def template_gaps(account: Account, rules: MonitorRules) -> tuple[str, ...]:
    """M17: what the template needs and nobody knows; only the contact's name has a fallback."""
    signals = account.signals
    if signals is None:
        return FEATURE, LAST_ACTIVE, TIP
    needed = (
        (FEATURE, signals.last_feature),
        (LAST_ACTIVE, signals.last_active_at),
        (TIP, tip(signals.use_case, rules)),
    )
    return tuple(name for name, value in needed if value is None or value == "")


def tip(use_case: str | None, rules: MonitorRules) -> str | None:
    """M17: the policy's tip for a use case, case ignored; None where either is missing."""
    asked = (use_case or "").strip().casefold()
    return next((one.tip for one in rules.tips if one.use_case.strip().casefold() == asked), None) if asked else None


def dedupe_key(account_id: str, opened: date, follow_up: bool = False) -> str:
    """M17b: what makes two machines' intents one: the day the alert opened, `:2` for the follow-up."""
    return f"monitor:{account_id}:{opened.isoformat()}{':2' if follow_up else ''}"


def fleet_event(crossed: int, watched: int, rules: MonitorRules) -> bool:
    """M13: at least 30 % and at least 10 accounts crossed on one day."""
    return crossed >= rules.fleet_accounts and crossed >= rules.fleet_share * watched - TOLERANCE


def quiet(now: datetime, rules: MonitorRules) -> bool:
    """M22: the quiet hours, begin included, end excluded, over midnight where the begin is the later."""
    begin, end, hour = rules.quiet_from, rules.quiet_to, now.hour
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def prerequisites(account: Account) -> tuple[str, ...]:
    """M23: what the monitor needs and this account lacks: attribution of usage, tier, CSM."""
    signals = account.signals
    daily = None if signals is None or signals.as_of is None else signals.active_users_daily
    attributed = daily is not None and any(entry is not None for entry in daily)
    tiered = account.tier.strip().casefold() not in NO_TIER
    needed = ((ATTRIBUTION, attributed), (TIER, tiered), (CSM, account.csm is not None))
    return tuple(name for name, there in needed if not there)


def _person_takes_it(account: Account, alert: Alert, policy: Policy, book: BookContext) -> str | None:
    """M15, M16: only standard and moderate goes by itself, and only where it is known to be standard."""
    said = policy.monitor.problems
    if account.csm is None:
        return said.no_csm
    if not account.csm.email:
        return said.no_address
    if alert.severity is not MonitorState.MODERATE:
        return said.severe
    if high_value(account, policy, book) or is_complex(account, policy):
        return said.high_value
    if book.day is None:
        return said.no_book
    return said.no_revenue if account.mrr is None else None


def _held(alert: Alert, rules: MonitorRules, book: BookContext) -> str | None:
    """M13: on the day of a fleet event nothing leaves, and alerts that opened on such a day stay held."""
    if alert.opened in book.fleet_days:
        return rules.problems.fleet.format(**_words(day=alert.opened.isoformat()))
    if book.day is not None and fleet_event(book.crossed, book.watched, rules):
        return rules.problems.fleet.format(**_words(day=book.day.isoformat()))
    return None


def _nobody_to_write_to(contact: Contact | None, rules: MonitorRules) -> str | None:
    if contact is None:
        return rules.problems.no_contact
    if contact.reachable is False:
        return rules.problems.unreachable
    return None if contact.email else rules.problems.no_mail


def _template_gap(account: Account, rules: MonitorRules) -> str | None:
    gaps = template_gaps(account, rules)
    return rules.problems.gap.format(**_words(gap=", ".join(gaps))) if gaps else None


def _fatigue(last_at: datetime | None, rules: MonitorRules, now: datetime) -> str | None:
    """M22: at most one automatic mail in 14 elapsed days; the 14th day over, the next may go."""
    if last_at is None or days_between(last_at, now) >= rules.fatigue_days - TOLERANCE:
        return None
    return rules.problems.fatigue.format(**_words(at=day(last_at), days=f"{rules.fatigue_days:g}"))


def _quiet(rules: MonitorRules, now: datetime) -> str | None:
    return rules.problems.quiet.format(**_words(at=f"{rules.quiet_from}:00")) if quiet(now, rules) else None


def _words(**known: str) -> dict[str, str]:
    """Every word a sentence of the policy may name; those that do not apply are empty."""
    return {"gap": "", "days": "", "at": "", "day": "", "share": "", **known}
