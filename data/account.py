"""An account as the billing API describes it: frozen values, names and types of the contract."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from data.safe_text import SafeReason, SafeText

# Ids travel in URLs and are compared byte for byte, so they are never rewritten: one that is not plain is refused.
Id = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,128}$")]

# A time without a zone cannot be compared with any other, so it is refused where it is decoded.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Value(msgspec.Struct, frozen=True, gc=False):
    """Base of all values: immutable, compared by content; unknown fields are ignored when decoded."""


class Staff(Value, frozen=True):
    """The customer-success manager of an account."""

    staff_id: Id
    name: SafeText
    email: SafeText | None


class Contact(Value, frozen=True):
    """A person at the customer; `role` is owner, admin, billing or member."""

    user_id: Id
    name: SafeText
    email: SafeText | None
    role: SafeText
    reachable: bool | None


class Member(Value, frozen=True):
    """A member of a workspace, the candidates for change_admin."""

    membership_id: Id
    user_id: Id
    name: SafeText
    email: SafeText | None
    role: SafeText
    reachable: bool | None


class AdminLogins(Value, frozen=True):
    """Admin logins: `daily` are complete UTC days, oldest first, the last one `as_of`; `last_at` None means never."""

    as_of: date | None
    last_at: Time | None
    count_7d: int | None
    count_30d: int | None
    daily: tuple[int | None, ...] | None


class Workspace(Value, frozen=True):
    """One workspace; hours in hours of recording, `hours_daily` complete UTC days up to `hours_as_of`."""

    id: Id
    name: SafeText
    hours_used: float | None
    hours_included: float | None
    hours_daily: tuple[float | None, ...] | None
    hours_as_of: date | None
    lifetime_hours: float | None
    locked: bool | None
    hard_block: bool | None
    blocked_since: Time | None
    cap_reached_at: Time | None
    seats_used: int | None
    seats_licensed: int | None
    cycle_start: Time | None
    cycle_end: Time | None
    usage_reset_at: Time | None


class Discount(Value, frozen=True):
    """A discount on the account's price; `percent` 0–100."""

    kind: SafeText
    percent: float


class Claim(Value, frozen=True):
    """Somebody works on this account until `until`."""

    staff_id: Id
    name: SafeText
    until: Time


class Snooze(Value, frozen=True):
    """The account stays out of the app's views until `until`, or until it worsens (A17)."""

    staff_id: Id
    name: SafeText
    until: Time
    reason: SafeReason | None
    category: SafeText | None
    wake_on_worse: bool


class Product(Value, frozen=True):
    """Adoption of one product, in percent of its seats, since the day it was bought."""

    name: SafeText
    adoption_pct: float | None
    since: date | None


class Nps(Value, frozen=True):
    """One answer to the NPS question, 0–10."""

    score: int
    at: date


class Csat(Value, frozen=True):
    """One satisfaction score, 0 to `scale`."""

    score: float
    scale: int
    at: date


class Tickets(Value, frozen=True):
    """Support tickets now; ages in days, resolution in hours."""

    open: int | None
    urgent: int | None
    oldest_open_days: float | None
    escalated: int | None
    resolution_hours_90d: float | None


class Responses(Value, frozen=True):
    """How the customer answered in the last 90 days."""

    attempts_90d: int | None
    responses_90d: int | None
    missed_check_in: bool | None


class Champion(Value, frozen=True):
    """Our advocate at the customer; `left_at` when they left."""

    name: SafeText | None
    left_at: date | None


class Payment(Value, frozen=True):
    """How many days late the customer pays."""

    days_late: int | None


class Meetings(Value, frozen=True):
    """Meetings offered and taken."""

    invited: int | None
    accepted: int | None


class Stakeholders(Value, frozen=True):
    """Stakeholders known and engaged."""

    known: int | None
    engaged: int | None


class Signals(Value, frozen=True):
    """The health signals; `active_users_daily` are distinct users on complete UTC days, oldest first, up to `as_of`."""

    as_of: date | None
    adoption_pct: float | None
    active_users_daily: tuple[int | None, ...] | None
    products: tuple[Product, ...]
    features_used: int | None
    features_available: int | None
    most_used_feature: SafeText | None
    last_feature: SafeText | None
    last_active_at: Time | None
    use_case: SafeText | None
    nps: tuple[Nps, ...]
    csat: tuple[Csat, ...]
    tickets: Tickets | None
    outreach: Responses | None
    champion: Champion | None
    payment: Payment | None
    contraction_notice: bool | None
    competitor_evaluation: bool | None
    complex: bool | None
    dau_mau: float | None
    session_minutes: float | None
    meetings: Meetings | None
    stakeholders: Stakeholders | None
    permission_downgrades_30d: int | None


class Case(Value, frozen=True):
    """The open or last case of an account; `kind` is recovery or red, each `*_at` the server's stamp of a step."""

    id: Id
    kind: SafeText
    opened_at: Time
    owner: SafeText | None
    root_cause: SafeText | None
    designated_at: Time | None
    assessed_at: Time | None
    root_cause_at: Time | None
    planned_at: Time | None
    reviewed_at: Time | None
    intervened_at: Time | None
    recovered_at: Time | None
    closed_at: Time | None
    outcome: SafeText | None
    causes: tuple[SafeText, ...]


class Listed(Value, frozen=True):
    """Why the backend's own at-risk list names a workspace, in its words."""

    workspace_id: Id
    reason: SafeText
    detail: SafeReason | None


class MonthUse(Value, frozen=True):
    """Hours of recording in one UTC calendar month, named by its first day; None: nobody knows."""

    month: date
    hours: float | None


class Beside(Value, frozen=True):
    """What some backends tell beside the contract: their own at-risk list, and whole months, oldest first."""

    listed: tuple[Listed, ...] = ()
    months: tuple[MonthUse, ...] = ()


class Account(Value, frozen=True):
    """One account in full; money in minor units of `currency`, `null` is "the source does not know"."""

    id: Id
    name: SafeText
    org_id: Id | None
    org_name: SafeText | None
    scope: SafeText | None
    industry: SafeText | None
    segment: SafeText | None
    tier: SafeText
    tier_expires_at: Time | None
    downgraded_at: Time | None
    downgraded_from: SafeText | None
    downgrade_cause: SafeText | None
    payment_mode: SafeText | None
    revenue_class: SafeText | None
    currency: SafeText | None
    mrr: int | None
    discount: Discount | None
    created_at: Time | None
    renewal_at: Time | None
    csm: Staff | None
    contacts: tuple[Contact, ...]
    admin_logins: AdminLogins | None
    workspaces: tuple[Workspace, ...]
    signals: Signals | None
    flags: tuple[SafeText, ...]
    claim: Claim | None
    snooze: Snooze | None
    case: Case | None
    version: int
    seq: int
    updated_at: Time | None
    beside: Beside | None = None


class Tombstone(Value, frozen=True):
    """An account that the server removed."""

    id: Id
    seq: int


class Actor(Value, frozen=True):
    """Who did it: a staff member or `system`."""

    staff_id: Id
    name: SafeText


class EntryFields(Value, frozen=True):
    """What an audit entry says; its `raw` holds the same fields."""

    seq: int
    change_id: SafeText | None
    actor: Actor
    action: SafeText
    account_id: SafeText | None
    workspace_id: SafeText | None
    before: dict[str, object] | None
    after: dict[str, object] | None
    outcome: SafeText
    reason: SafeReason | None
    authored_at: Time | None
    applied_at: Time


class Entry(EntryFields, frozen=True):
    """One entry of the server's audit trail; `raw` is the hashed text, the other fields are read from beside it."""

    raw: str
    prev_hash: str
    hash: str
