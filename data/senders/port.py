"""What leaves and how it went: a sender tells "certainly not" from "nobody knows", because nothing is sent twice."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec

from data.account import Value
from data.ports_outreach import Channel


class Parcel(Value, frozen=True):
    """One message ready to leave; `context` are (name, value) pairs for colleagues, never for the customer."""

    outreach_id: str
    from_name: str
    from_email: str
    to_name: str
    to_email: str
    subject: str
    text: str
    written_at: datetime
    context: tuple[tuple[str, str], ...] = ()


class Left(Value, frozen=True):
    """The other side took it over."""


class NotLeft(Value, frozen=True):
    """Certainly not sent: nobody took it over, or it was refused; `why` in one sentence."""

    why: str


class MayHaveLeft(Value, frozen=True):
    """The answer was lost: it may be out."""

    why: str


Sent = Left | NotLeft | MayHaveLeft


class Sender(Protocol):
    """One channel. Nothing here raises for what the other side does, and every wait has an end."""

    def problem(self) -> str | None:
        """Try the way without sending: why nothing could leave now, or None. Waits for the network."""
        ...

    def send(self, parcel: Parcel) -> Sent:
        """Send once."""
        ...


class Mailroom(msgspec.Struct, frozen=True):
    """The channels that are set up, why the others are not, and the zone of the quiet hours (None: this machine's)."""

    senders: Mapping[Channel, Sender]
    closed: Mapping[Channel, str]
    zone: tzinfo | None = None


NO_MAIL = "No mail server is set: [outreach] smtp_host in the config file."
NO_SLACK = "No Slack webhook is set: TRIAGE_SLACK_WEBHOOK, or [outreach] slack in the config file."


def no_mailroom() -> Mailroom:
    """Nothing is set up: drafts can be copied, and marked as sent elsewhere."""
    return Mailroom({}, {Channel.EMAIL: NO_MAIL, Channel.SLACK: NO_SLACK})
