"""What screens may ask the desk about outreach: drafts, sending at most once, replies and follow-ups (M14–M22)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from data.account import Contact, Staff, Value
from data.health_monitor import FollowUpKind, Route
from data.remedy import Change
from data.safe_text import SafeReason, SafeText


class OutreachState(StrEnum):
    """Where a message stands; at most one attempt to send ever begins, so `leaving` after a crash is `unclear`."""

    DRAFT = "draft"
    INTENT = "intent"
    LEAVING = "leaving"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    ELSEWHERE = "elsewhere"
    DROPPED = "dropped"


class Channel(StrEnum):
    """How a message leaves: by mail, by the team's Slack, by a person's own hands."""

    EMAIL = "email"
    SLACK = "slack"
    COPY = "copy"
    ELSEWHERE = "elsewhere"


class Message(Value, frozen=True):
    """One message to a customer (a row of `outreach`); `follow_up` counts the mails of the same alert before it."""

    outreach_id: str
    account_id: str
    account_name: SafeText
    state: OutreachState
    channel: Channel
    contact: SafeText
    subject: SafeText
    text: str
    template: str
    dedupe_key: str | None
    follow_up: int
    intent_id: str | None
    sent_id: str | None
    written_at: datetime
    left_at: datetime | None
    problem: SafeReason | None


class OutreachForm(Value, frozen=True):
    """A draft with what a person has to know: `gaps` are what the template lacks (M17), `problem` why it would not
    leave by itself (M15), `cannot` says of each channel by which it cannot leave as it stands why.
    """

    message: Message
    contact: Contact | None
    sender: Staff | None
    gaps: tuple[str, ...]
    problem: str | None
    route: Route | None
    cannot: dict[Channel, str]
    earlier: tuple[Message, ...]


class FollowUpDue(Value, frozen=True):
    """A sent message without a reply (M20); `outreach_id` is what the reply is logged for."""

    account_id: str
    account_name: SafeText
    outreach_id: str
    contact: SafeText
    subject: SafeText
    sent_at: datetime
    due_at: datetime
    kind: FollowUpKind
    due: bool


class OutreachPort(Protocol):
    """Local and quick: what leaves does so in the background. Raises NotAllowed, NotPossible, Rejected, SignedOut."""

    def open_outreach(self, account_id: str) -> OutreachForm:
        """The account's unfinished draft, else a new one from the template, gaps named instead of blanks."""
        ...

    def save_outreach(self, outreach_id: str, contact: str, subject: str, text: str) -> Message:
        """Keep what a person made of the draft."""
        ...

    def send_outreach(self, outreach_id: str, channel: Channel) -> Message:
        """Queue the intent; once the server has accepted it the message leaves, at most once (M17b)."""
        ...

    def settle_outreach(self, outreach_id: str, went_out: bool) -> Message:
        """A person's answer to "did this go out?" for an unclear message; it is logged, never sent again."""
        ...

    def drop_outreach(self, outreach_id: str) -> Message:
        """Throw a draft away, one whose intent was never accepted, or one that failed and needs nobody any more."""
        ...

    def outreach(self, account_id: str | None = None) -> Sequence[Message]:
        """Messages of this home, of one account or all, newest first."""
        ...

    def follow_ups(self) -> Sequence[FollowUpDue]:
        """Sent messages of the whole trail that nobody answered, the next due first."""
        ...

    def log_reply(self, account_id: str, outreach_id: str, note: str) -> Change:
        """Record an answer: the follow-up is cancelled on every machine."""
        ...
