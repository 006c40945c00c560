"""An account as the server serves it, as models: names and types of the contract."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["free", "pilot", "innovator", "changemaker", "guardian"]
Percentage = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]
Hours = Annotated[float, Field(ge=0)]


class Output(BaseModel):
    """Base of everything that goes out: every key always present."""

    model_config = ConfigDict(extra="forbid")


class Csm(Output):
    """The customer-success manager of an account."""

    staff_id: str
    name: str
    email: str | None


class Contact(Output):
    """A person at the customer."""

    user_id: str
    name: str
    email: str | None
    role: Literal["owner", "admin", "billing", "member"]
    reachable: bool | None


class AdminLogins(Output):
    """Admin logins; `daily` are 30 complete UTC days up to `as_of`."""

    as_of: date | None
    last_at: datetime | None
    count_7d: Count | None
    count_30d: Count | None
    daily: Annotated[list[Count | None], Field(min_length=30, max_length=30)] | None


class Workspace(Output):
    """One workspace; hours in hours of recording."""

    id: str
    name: str
    hours_used: Hours | None
    hours_included: Hours | None
    hours_daily: Annotated[list[Hours | None], Field(min_length=30, max_length=30)] | None
    hours_as_of: date | None
    lifetime_hours: Hours | None
    locked: bool | None
    hard_block: bool | None
    blocked_since: datetime | None
    cap_reached_at: datetime | None
    seats_used: Count | None
    seats_licensed: Count | None
    cycle_start: datetime | None
    cycle_end: datetime | None
    usage_reset_at: datetime | None


class Product(Output):
    """Adoption of one product."""

    name: str
    adoption_pct: Percentage | None
    since: date | None


class Nps(Output):
    """One answer to the NPS question."""

    score: Annotated[int, Field(ge=0, le=10)]
    at: date


class Csat(Output):
    """One satisfaction score on its scale."""

    score: float
    scale: int
    at: date


class Tickets(Output):
    """Support tickets now."""

    open: Count | None
    urgent: Count | None
    oldest_open_days: float | None
    escalated: Count | None
    resolution_hours_90d: float | None


class Outreach(Output):
    """How the customer answers."""

    attempts_90d: Count | None
    responses_90d: Count | None
    missed_check_in: bool | None


class Champion(Output):
    """Our advocate at the customer."""

    name: str | None
    left_at: date | None


class Payment(Output):
    """How late the customer pays."""

    days_late: Count | None


class Meetings(Output):
    """Meetings offered and taken."""

    invited: Count | None
    accepted: Count | None


class Stakeholders(Output):
    """Stakeholders known and engaged."""

    known: Count | None
    engaged: Count | None


class Signals(Output):
    """The health signals; `active_users_daily` are 180 complete UTC days up to `as_of`."""

    as_of: date | None
    adoption_pct: Percentage | None
    active_users_daily: Annotated[list[Count | None], Field(min_length=180, max_length=180)] | None
    products: list[Product]
    features_used: Count | None
    features_available: Count | None
    most_used_feature: str | None
    last_feature: str | None
    last_active_at: datetime | None
    use_case: str | None
    nps: list[Nps]
    csat: list[Csat]
    tickets: Tickets | None
    outreach: Outreach | None
    champion: Champion | None
    payment: Payment | None
    contraction_notice: bool | None
    competitor_evaluation: bool | None
    complex: bool | None
    dau_mau: float | None
    session_minutes: float | None
    meetings: Meetings | None
    stakeholders: Stakeholders | None
    budget_change: float | str | None
    permission_downgrades_30d: Count | None


class Discount(Output):
    """A discount on the account's price."""

    kind: Literal["scholarship", "staff_discount"]
    percent: Percentage


class Claim(Output):
    """Somebody works on this account."""

    staff_id: str
    name: str
    until: datetime


class Snooze(Output):
    """The account is out of the views."""

    staff_id: str
    name: str
    until: datetime
    reason: str | None
    category: str | None
    wake_on_worse: bool


class Case(Output):
    """A recovery or Red case."""

    id: str
    kind: Literal["recovery", "red"]
    opened_at: datetime
    owner: str | None
    root_cause: str | None
    designated_at: datetime | None
    assessed_at: datetime | None
    root_cause_at: datetime | None
    planned_at: datetime | None
    reviewed_at: datetime | None
    intervened_at: datetime | None
    recovered_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    causes: list[str]


class Account(Output):
    """One account in full; money in minor units of `currency`."""

    id: str
    name: str
    org_id: str | None
    org_name: str | None
    scope: str | None
    industry: str | None
    segment: Literal["enterprise", "mid_market", "smb", "plg"] | None
    tier: Tier
    tier_expires_at: datetime | None
    downgraded_at: datetime | None
    downgraded_from: Tier | None
    downgrade_cause: Literal["chosen", "trial_ended", "staff"] | None
    payment_mode: Literal["none", "subscription", "managed"] | None
    revenue_class: Literal["paying", "trial", "managed", "comped"] | None
    currency: str | None
    mrr: int | None
    discount: Discount | None
    created_at: datetime | None
    renewal_at: datetime | None
    csm: Csm | None
    contacts: list[Contact]
    admin_logins: AdminLogins | None
    workspaces: list[Workspace]
    signals: Signals | None
    flags: list[str]
    claim: Claim | None
    snooze: Snooze | None
    case: Case | None
    version: int
    seq: int
    updated_at: datetime
    deleted: Literal[False]
