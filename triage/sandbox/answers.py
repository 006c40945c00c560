"""What the server says, as models: they document the answers in OpenAPI and tests hold every answer against them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from triage.sandbox.answers_account import Account, Output


class Tombstone(Output):
    """An account that was removed."""

    id: str
    deleted: Literal[True]
    seq: int


class AccountsPage(Output):
    """A delta page, by seq."""

    epoch: str
    accounts: list[Account | Tombstone]
    next_after: int
    more: bool
    complete_through: date | None


class Trailer(Output):
    """The last line of an NDJSON stream."""

    epoch: str
    next_after: int
    count: int
    complete_through: date | None


class Member(Output):
    """A member of a workspace."""

    membership_id: str
    user_id: str
    name: str
    email: str | None
    role: str
    reachable: bool | None


class Members(Output):
    """A workspace's members, promotable ones first."""

    members: list[Member]


class Me(Output):
    """Who is signed in and what they may do."""

    staff_id: str
    name: str
    email: str
    role: str
    permissions: list[str]
    discount_limit: int
    server_time: datetime


class Health(Output):
    """The server is up."""

    status: Literal["ok"]
    version: str


class Receipt(Output):
    """The proof of an applied change: its audit entry and the signed head of the chain."""

    audit_seq: int
    raw: str
    prev_hash: str
    hash: str
    head_seq: int
    head_hash: str
    signature: str
    key_id: str


class Applied(Output):
    """The answer to an applied change."""

    change_id: str
    account: Account
    receipt: Receipt


class Outcome(Applied):
    """What became of a change."""

    outcome: Literal["applied"]


class Actor(Output):
    """Who did it."""

    staff_id: str
    name: str


class AuditEntry(Output):
    """One entry of the chain; `hash` = hex SHA-256 of prev_hash, a line feed and `raw`."""

    seq: int
    change_id: str | None
    actor: Actor
    permissions: list[str]
    action: str
    account_id: str
    workspace_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    outcome: Literal["applied", "denied"]
    reason: str | None
    authored_at: datetime | None
    applied_at: datetime
    client: str | None
    raw: str
    prev_hash: str
    hash: str


class AuditPage(Output):
    """Entries of the chain, by seq."""

    entries: list[AuditEntry]
    next_after: int
    more: bool


class Head(Output):
    """The signed end of the chain."""

    seq: int
    hash: str
    signature: str
    key_id: str


class Key(Output):
    """A public signing key, base64 of 32 bytes."""

    key_id: str
    public_key: str


class AccountChanged(Output):
    """The data of an `account-changed` event."""

    id: str
    seq: int


class AuditAppended(Output):
    """The data of an `audit-appended` event: the newest entry."""

    seq: int


class FieldError(Output):
    """What is wrong with one field."""

    pointer: str
    message: str


class Moved(Output):
    """One field that somebody moved after the change was written."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    field: str
    from_: Annotated[Any, Field(alias="from")]
    to: Any
    staff_id: str
    name: str
    at: datetime
    reason: str | None
    change_id: str | None


class ProblemAnswer(BaseModel):
    """Any refusal or failure, as application/problem+json."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    moved: list[Moved] | None = None
    permission: str | None = None
