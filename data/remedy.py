"""Changes: the five remedies, the records, their states, guards, previews and receipts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from data.account import Time, Value
from data.safe_text import SafeReason, SafeText

REMEDIES = ("reset_usage", "grant_trial", "apply_discount", "change_tier", "change_admin")
ON_WORKSPACE = ("reset_usage", "change_admin")
RISKY = ("grant_trial", "apply_discount", "change_tier", "change_admin")  # money, plan, rights: not on old figures
STALE = "stale"  # the rule of the guard that speaks of old figures
INVERTIBLE = ("apply_discount", "change_tier")  # what another change can set back
RECORDS = (
    "log_contact",
    "log_outreach",
    "log_reply",
    "open_case",
    "update_case",
    "record_assessment",
    "set_flag",
    "claim",
    "release",
    "snooze",
    "note",
)
PERMISSIONS = {
    "reset_usage": "usage:reset",
    "grant_trial": "trial:grant",
    "apply_discount": "discount:write",
    "change_tier": "tier:change",
    "change_admin": "admin:change",
    **dict.fromkeys(RECORDS, "records:write"),
}
HIGH_DISCOUNT = "discount:write:high"


class State(StrEnum):
    """Where a change stands (contract.md, States)."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    APPLIED = "applied"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    PARKED = "parked"
    DISCARDED = "discarded"


PENDING = (State.HELD, State.QUEUED, State.SENDING)
NEEDS_YOU = (State.CONFLICT, State.REJECTED, State.PARKED)
FINISHED = (State.APPLIED, State.DISCARDED)
TRIES_BEFORE_UNKNOWN = 5
ONCE = "once"  # why it is parked, or sent: its backend cannot tell a repetition


class Manners(Value, frozen=True, omit_defaults=True):
    """What remedies do on a backend that they do not do by the contract; the defaults are the contract.

    `notes` are sentences by kind, for whoever is about to queue one.
    """

    reset_lifts: bool = True
    tier_bills: bool = False
    whole_percent: bool = False
    notes: dict[str, tuple[str, ...]] = {}


class Guard(Value, frozen=True):
    """A rule that speaks up about a remedy; a blocking one refuses it before anything is queued."""

    rule: str
    message: str
    blocking: bool


class Moved(Value, frozen=True, rename={"from_": "from"}):
    """One field that somebody moved after the change was written; `name` is `system` for expiries."""

    field: SafeText
    from_: Any
    to: Any
    staff_id: SafeText | None
    name: SafeText | None
    at: Time | None
    reason: SafeReason | None
    change_id: SafeText | None


class Receipt(Value, frozen=True):
    """The server's proof: the audit entry's hashed text and the signed head of the chain."""

    audit_seq: int
    raw: str
    prev_hash: str
    hash: str
    head_seq: int
    head_hash: str
    signature: str
    key_id: str


class Preview(Value, frozen=True):
    """What a remedy would do: contract field names, only those it touches, workspace fields below `workspace`."""

    kind: str
    account_id: str
    workspace_id: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    guards: tuple[Guard, ...]

    @property
    def blocked(self) -> bool:
        """True when a guard refuses it."""
        return any(guard.blocking for guard in self.guards)


class Order(Value, frozen=True):
    """What a person asks for, before it becomes a change: kind, target, parameters, reason, acknowledgements."""

    kind: str
    account_id: str
    workspace_id: str | None = None
    params: dict[str, Any] = {}
    reason: str = ""
    acknowledged: tuple[str, ...] = ()
    dedupe_key: str | None = None


class Change(Value, frozen=True):
    """One row of the outbox. `body` are the exact bytes that are sent, however often; times are UTC."""

    change_id: str
    position: int
    kind: str
    account_id: str
    account_name: SafeText
    workspace_id: str | None
    params: dict[str, Any]
    reason: SafeText
    before: dict[str, Any]
    after_values: dict[str, Any]
    body: bytes
    base_version: int | None
    after: str | None
    base_url: str
    staff_id: str
    staff_name: SafeText
    state: State
    unknown: bool
    attempts: int
    authored_at: datetime
    hold_until: datetime | None
    next_try_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    last_error: SafeText | None
    conflict: tuple[Moved, ...] | None
    receipt: Receipt | None
    result_version: int | None
    result_seq: int | None
    parked_why: str | None = None

    @property
    def is_remedy(self) -> bool:
        """True for the five remedies, false for records."""
        return self.kind in REMEDIES

    @property
    def outcome_unknown(self) -> bool:
        """True when it is shown as "outcome unknown": sent, and no answer to five tries."""
        return self.unknown and self.attempts >= TRIES_BEFORE_UNKNOWN and self.state not in FINISHED

    @property
    def sent_once(self) -> bool:
        """True when it was sent, nobody knows its outcome, and it must not be sent again without a person's word."""
        return self.unknown and self.parked_why == ONCE

    @property
    def needs_you(self) -> bool:
        """True when nothing will happen to it without a person."""
        return self.state in NEEDS_YOU or self.outcome_unknown


def ways(change: Change, signed_out: bool = False) -> tuple[str, ...]:
    """Return what a person can do with a change as it stands (contract.md, States), the right thing first.

    Of `sign_in`, `look_up`, `decide`, `push`, `write_again`, `discard`, `take_back`; empty where nothing is to be done.
    """
    both = ("discard",) if not change.is_remedy and change.state is State.CONFLICT else ("write_again", "discard")
    if change.state is State.PARKED and change.parked_why == "identity":
        return ("sign_in",) if change.unknown else ("sign_in", *both)
    if change.state in FINISHED:
        return ()
    if change.unknown:
        if change.sent_once and change.outcome_unknown:
            return ("sign_in", "decide") if signed_out else ("look_up", "decide")
        return ("sign_in",) if signed_out else ("look_up",) if change.sent_once else ("look_up", "push")
    if change.needs_you:
        return both
    if change.state is State.HELD:
        return ("take_back",)
    if change.state is State.QUEUED:
        return ("sign_in", "take_back") if signed_out else ("take_back", "push")
    return ()


class Draft(Value, frozen=True):
    """A half-filled form: survives a dropped connection or a crash and is offered again."""

    change_id: str
    kind: str
    account_id: str
    workspace_id: str | None
    params: dict[str, Any]
    reason: str
    acknowledged: str
    saved_at: datetime
