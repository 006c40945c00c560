"""From dembrane's rollup and at-risk list to our accounts: one for each billing account, with all its workspaces."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from data.account import (
    Account,
    AdminLogins,
    Beside,
    Contact,
    Discount,
    Listed,
    MonthUse,
    Value,
    Workspace,
)
from data.backends.dembrane_shapes import AtRisk, Billed, Rollup, Row
from data.safe_text import SafeText, safe_text

EUR = safe_text("EUR")
ADMIN = safe_text("admin")
FREE = safe_text("free")
OTHER = safe_text("other")
NAMELESS = safe_text("(no name)")
# Who pays how, in the contract's words.
PAYMENT = {"none": safe_text("none"), "mollie": safe_text("subscription"), "offline": safe_text("managed")}
WHOLE = 100.0

Logins = Mapping[str, datetime | None]
Months = Mapping[date, Mapping[str, float]]


class Beyond(Value, frozen=True):
    """What is told elsewhere: last accesses by e-mail (None: nobody may know), hours of closed months by account."""

    logins: Logins | None = None
    months: Months = {}


def join(rollup: Rollup, at_risk: Sequence[AtRisk], beyond: Beyond, now: datetime) -> list[Account]:
    """Return every account of the rollup, without seq and version; rows without an account stand for themselves."""
    rows = by_account(rollup)
    listed: dict[str, list[Listed]] = {}
    for one in at_risk:
        listed.setdefault(one.workspace_id, []).append(Listed(one.workspace_id, one.reason, one.detail))
    billed = {one.billing_account_id: one for one in rollup.accounts}
    every = {**dict.fromkeys(billed, ()), **rows}
    return [
        _account(billed.get(account_id) or _unbilled(account_id, theirs[0]), theirs, listed, beyond, now)
        for account_id, theirs in every.items()
    ]


def by_account(rollup: Rollup) -> dict[str, Sequence[Row]]:
    """Return the rows by their account, a workspace that stands there twice only once: with its higher hours."""
    found: dict[str, dict[str, Row]] = {}
    for row in rollup.rows:
        theirs = found.setdefault(row.billing_account_id or row.workspace_id, {})
        other = theirs.get(row.workspace_id)
        if other is None or (row.audio_hours or 0.0) > (other.audio_hours or 0.0):
            theirs[row.workspace_id] = row
    return {account_id: tuple(theirs.values()) for account_id, theirs in found.items()}


def of_account(rollup: Rollup, account_id: str) -> Rollup:
    """Return what a rollup holds of one account, found as `join` would."""
    rows = tuple(row for row in rollup.rows if (row.billing_account_id or row.workspace_id) == account_id)
    return Rollup(tuple(one for one in rollup.accounts if one.billing_account_id == account_id), rows)


def hours_by_account(rollup: Rollup) -> dict[str, float]:
    """Return the hours of a month by account, rounded as the server compares them."""
    return {
        account_id: round(sum(row.audio_hours or 0.0 for row in rows), 2)
        for account_id, rows in by_account(rollup).items()
    }


def month_of(now: datetime, offset: int = 0) -> date:
    """Return the first day of the UTC calendar month `offset` months from `now`."""
    number = now.year * 12 + now.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)


def _unbilled(account_id: str, row: Row) -> Billed:
    """A row of which no account is told: nobody knows what is billed for it."""
    return Billed(account_id, row.workspace_name, row.account_scope, row.org_id, row.org_name, row.tier, None, None)


def _account(
    billed: Billed, rows: Sequence[Row], listed: Mapping[str, list[Listed]], beyond: Beyond, now: datetime
) -> Account:
    dropped = _downgraded(rows, now)
    contacts = _contacts(rows)
    named = tuple(one for row in rows for one in listed.get(row.workspace_id, ()))
    months = _months(billed.billing_account_id, beyond.months)
    return Account(
        id=billed.billing_account_id,
        name=billed.label or (rows[0].workspace_name if rows else None) or NAMELESS,
        org_id=billed.org_id,
        org_name=billed.org_name,
        scope=billed.account_scope,
        industry=None,
        segment=None,
        tier=billed.tier or FREE,
        tier_expires_at=billed.tier_expires_at,
        downgraded_at=dropped.downgraded_at if dropped else None,
        downgraded_from=dropped.downgraded_from_tier if dropped else None,
        downgrade_cause=None,
        payment_mode=PAYMENT.get(billed.payment_mode, billed.payment_mode) if billed.payment_mode else None,
        revenue_class=_revenue_class(billed),
        currency=EUR,
        mrr=_minor(billed.total_forecast_eur),
        discount=_discount(billed),
        created_at=None,
        renewal_at=None,
        csm=None,
        contacts=contacts,
        admin_logins=_logins(contacts, beyond.logins),
        workspaces=tuple(_workspace(row, now) for row in rows),
        signals=None,
        flags=(),
        claim=None,
        snooze=None,
        case=None,
        version=0,
        seq=0,
        updated_at=None,
        beside=Beside(named, months),
    )


def _workspace(row: Row, now: datetime) -> Workspace:
    """One workspace; hours with two decimals, because the server rounds before it compares: 0.9951 of 1 is the cap."""
    return Workspace(
        id=row.workspace_id,
        name=row.workspace_name or NAMELESS,
        hours_used=None if row.audio_hours is None else round(row.audio_hours, 2),
        hours_included=row.audio_hours_included,
        hours_daily=None,
        hours_as_of=None,
        lifetime_hours=None,
        locked=None,
        hard_block=row.pilot_hard_block,
        blocked_since=None,
        cap_reached_at=None,
        seats_used=row.seat_count,
        seats_licensed=row.seats_included,
        cycle_start=_midnight(month_of(now)),
        cycle_end=_midnight(month_of(now, 1)),
        usage_reset_at=None,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _downgraded(rows: Sequence[Row], now: datetime) -> Row | None:
    """The workspace whose downgrade is the latest; one in the future only where there is no other."""
    dropped = [row for row in rows if row.downgraded_at is not None]
    past = [row for row in dropped if row.downgraded_at is not None and row.downgraded_at <= now]
    return max(past or dropped, key=lambda row: row.downgraded_at or now, default=None)


def _contacts(rows: Sequence[Row]) -> tuple[Contact, ...]:
    found: dict[str, Contact] = {}
    for row in rows:
        for one in row.workspace_admins or ():
            name = one.display_name or one.email or SafeText(one.user_id)
            found.setdefault(one.user_id, Contact(one.user_id, name, one.email or None, ADMIN, bool(one.email)))
    return tuple(found.values())


def _logins(contacts: Sequence[Contact], logins: Logins | None) -> AdminLogins | None:
    """A8 from the identity provider's last access alone: how recently, never how often. None: nobody knows."""
    known = [str(one.email).casefold() for one in contacts if one.email and str(one.email).casefold() in (logins or {})]
    if logins is None or not known:
        return None
    seen = [at for email in known if (at := logins[email]) is not None]
    return AdminLogins(as_of=None, last_at=max(seen, default=None), count_7d=None, count_30d=None, daily=None)


def _revenue_class(billed: Billed) -> SafeText | None:
    """Trial before comped: a running trial is billed at nothing too. A paid tier that nobody bills is unknown."""
    if billed.is_trial:
        return safe_text("trial")
    if billed.is_comped:
        return safe_text("comped")
    if billed.is_managed:
        return safe_text("managed")
    return safe_text("paying") if billed.payment_mode == "mollie" else None


def _discount(billed: Billed) -> Discount | None:
    if billed.type_discount is None and billed.percent_discount is None:
        return None
    percent = billed.percent_discount
    if percent is None:
        percent = WHOLE if billed.is_comped else 0.0
    return Discount(billed.type_discount or OTHER, percent)


def _minor(euros: float | None) -> int | None:
    """Euros in cents, half up."""
    if euros is None:
        return None
    return int((Decimal(str(euros)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _months(account_id: str, months: Months) -> tuple[MonthUse, ...]:
    return tuple(MonthUse(month, hours.get(account_id)) for month, hours in sorted(months.items()))
