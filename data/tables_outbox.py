"""The schema of outbox.db (precious) as SQLModel tables. Times are epoch seconds."""

from sqlalchemy import Index, MetaData
from sqlmodel import Field, SQLModel


class OutboxTable(SQLModel):
    """Base of the tables of outbox.db."""

    metadata = MetaData()


class ChangeRow(OutboxTable, table=True):
    """One change: the id is idempotency key, outbox key and audit id at once; `body` never changes."""

    __tablename__ = "change"
    __table_args__ = (
        Index("change_state", "state", "position"),
        Index("change_account", "account_id", "position"),
        Index("change_after", "after"),
    )
    change_id: str = Field(primary_key=True)
    position: int = Field(unique=True)
    kind: str
    account_id: str
    account_name: str
    workspace_id: str | None
    params: str
    reason: str
    before: str
    after_values: str
    body: bytes
    base_version: int | None
    after: str | None
    base_url: str
    staff_id: str
    staff_name: str
    state: str
    unknown: int
    attempts: int
    authored_at: float
    hold_until: float | None
    next_try_at: float | None
    not_before: float | None = Field(description="the server's Retry-After; a sync ignores next_try_at, never this")
    sent_at: float | None
    finished_at: float | None
    last_error: str | None
    conflict: str | None
    receipt: str | None
    result_version: int | None
    result_seq: int | None
    parked_why: str | None = Field(
        description="identity, predecessor, receipt, key_reused, not_applied; once while sent"
    )


class TrailRow(OutboxTable, table=True):
    """Our own audit chain: what a person did to a change (authored, taken back …), hashed like the server's."""

    __tablename__ = "trail"
    seq: int | None = Field(default=None, primary_key=True)
    change_id: str
    event: str
    raw: str
    prev_hash: str
    hash: str


class DraftRow(OutboxTable, table=True):
    """Half-filled forms."""

    __tablename__ = "draft"
    change_id: str = Field(primary_key=True)
    account_id: str
    kind: str
    payload: bytes
    saved_at: float


class OutreachRow(OutboxTable, table=True):
    """One message to a customer, from its draft to its reply (M17-M20); at most one attempt to send ever begins.

    `state`: draft, intent (its record waits for the server), leaving (it may be on its way), sent, failed, unclear (a
    crash in the middle: a person says whether it went out), elsewhere, dropped.
    """

    __tablename__ = "outreach"
    __table_args__ = (Index("outreach_account", "account_id"), Index("outreach_state", "state"))
    outreach_id: str = Field(primary_key=True)
    account_id: str
    account_name: str
    base_url: str
    staff_id: str
    state: str
    channel: str = Field(description="email, slack, copy or elsewhere")
    contact: str
    subject: str
    text: str
    template: str
    dedupe_key: str | None
    follow_up: int = Field(description="how many mails of the same alert went before it")
    intent_id: str | None = Field(description="change id of its log_outreach intent")
    sent_id: str | None = Field(description="change id of its log_outreach sent or failed")
    written_at: float
    left_at: float | None
    problem: str | None


class HeadRow(OutboxTable, table=True):
    """The last audit head seen of each backend."""

    __tablename__ = "head"
    base_url: str = Field(primary_key=True)
    seq: int
    hash: str
    seen_at: float


class PinnedKeyRow(OutboxTable, table=True):
    """Signing keys pinned on first use."""

    __tablename__ = "pinned_key"
    base_url: str = Field(primary_key=True)
    key_id: str = Field(primary_key=True)
    public_key: str
    pinned_at: float
