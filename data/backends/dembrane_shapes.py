"""What dembrane's staff API and its Directus send, as far as triage reads it."""

from data.account import Id, Time, Value
from data.safe_text import SafeReason, SafeText
from data.wire import decoder


class Admin(Value, frozen=True):
    """One of at most three administrators of a workspace."""

    user_id: Id
    display_name: SafeText | None = None
    email: SafeText | None = None


class Row(Value, frozen=True):
    """One workspace of the rollup; hours of this UTC calendar month."""

    workspace_id: Id
    workspace_name: SafeText | None
    billing_account_id: Id | None
    org_id: Id | None = None
    org_name: SafeText | None = None
    account_scope: SafeText | None = None
    tier: SafeText | None = None
    audio_hours: float | None = None
    audio_hours_included: float | None = None
    seat_count: int | None = None
    seats_included: int | None = None
    pilot_hard_block: bool | None = None
    approaching_cap: bool | None = None
    at_cap: bool | None = None
    downgraded_at: Time | None = None
    downgraded_from_tier: SafeText | None = None
    workspace_admins: tuple[Admin, ...] | None = None


class Billed(Value, frozen=True):
    """One billing account of the rollup; `total_forecast_eur` is what a month is billed at."""

    billing_account_id: Id
    label: SafeText | None = None
    account_scope: SafeText | None = None
    org_id: Id | None = None
    org_name: SafeText | None = None
    tier: SafeText | None = None
    seat_count: int | None = None
    total_forecast_eur: float | None = None
    is_trial: bool | None = None
    is_managed: bool | None = None
    is_comped: bool | None = None
    is_active: bool | None = None
    tier_expires_at: Time | None = None
    type_discount: SafeText | None = None
    percent_discount: float | None = None
    payment_mode: SafeText | None = None


class Rollup(Value, frozen=True):
    """`GET /admin/billing-rollup`."""

    accounts: tuple[Billed, ...]
    rows: tuple[Row, ...]


class AtRisk(Value, frozen=True):
    """One element of `GET /admin/at-risk`; a workspace may stand there twice."""

    workspace_id: Id
    reason: SafeText
    detail: SafeReason | None = None


class Me(Value, frozen=True):
    """`GET /me`."""

    id: Id | None = None
    directus_user_id: Id | None = None
    email: SafeText | None = None
    is_staff: bool | None = None


class Seat(Value, frozen=True):
    """One member of a workspace."""

    membership_id: Id
    user_id: Id
    display_name: SafeText | None = None
    email: SafeText | None = None
    role: SafeText | None = None


class Session(Value, frozen=True):
    """What Directus answers to a sign-in or a refresh."""

    access_token: str
    refresh_token: str


class SessionBody(Value, frozen=True):
    """The envelope of `Session`."""

    data: Session


class Seen(Value, frozen=True):
    """When a user of Directus was last there."""

    email: str | None = None
    last_access: Time | None = None


class SeenBody(Value, frozen=True):
    """`GET /users` of Directus."""

    data: tuple[Seen, ...]


rollup_decoder = decoder(Rollup)
at_risk_decoder = decoder(tuple[AtRisk, ...])
me_decoder = decoder(Me)
seats_decoder = decoder(tuple[Seat, ...])
session_decoder = decoder(SessionBody)
seen_decoder = decoder(SeenBody)
