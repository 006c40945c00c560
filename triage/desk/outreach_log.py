"""What is logged about a message: the intent before it leaves, and what came of it, each with the message's state."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import msgspec

from data.outbox import Outbox
from data.ports_outreach import Channel, Message, OutreachState
from data.remedy import Order
from triage.desk.remedies import Authoring
from triage.policy import Policy

STAGE = {OutreachState.SENT: "sent", OutreachState.ELSEWHERE: "sent", OutreachState.FAILED: "failed"}


def intent_params(message: Message, channel: Channel) -> dict[str, Any]:
    """Parameters of the `log_outreach` that has to be accepted before a message leaves (M17b)."""
    return _params(message, channel, "intent", None)


def sent_id_of(outreach_id: str) -> str:
    """The change id of a message's outcome: the same however often it is written."""
    return str(uuid.uuid5(uuid.UUID(outreach_id), "outcome"))


def queue_by_hand(
    outbox: Outbox, message: Message, channel: Channel, order: Order, ready: Authoring, policy: Policy
) -> Message:
    """A person says that it is out: both records are queued, nothing is sent. A crash in between leaves a draft."""
    outbox.author(order, change_id=message.outreach_id, **ready)
    marked = msgspec.structs.replace(message, channel=channel, intent_id=message.outreach_id)
    return queue_outcome(outbox, marked, OutreachState.ELSEWHERE, ready, policy, None, OutreachState.DRAFT)


def queue_outcome(
    outbox: Outbox,
    message: Message,
    state: OutreachState,
    ready: Authoring,
    policy: Policy,
    problem: str | None,
    before: OutreachState,
) -> Message:
    """Log what came of a message and move it on, in one transaction; NotPossible where it is in another state."""
    outcome, now, outreach_id = sent_id_of(message.outreach_id), ready["now"], message.outreach_id
    left_at = message.left_at or now
    params = _params(message, message.channel, STAGE[state], _follow_up_at(message, state, left_at, policy))
    more = {
        "sent_id": outcome,
        "intent_id": message.intent_id,
        "channel": message.channel.value,
        "left_at": None if state is OutreachState.FAILED else left_at.timestamp(),
    }

    def move() -> None:
        outbox.expect_outreach(outreach_id, before)
        outbox.mark_outreach(outreach_id, state, now, problem, **more)

    order = Order("log_outreach", message.account_id, None, params)
    outbox.author(order, change_id=outcome, **ready, beside=move)
    return outbox.message(outreach_id)


def _follow_up_at(message: Message, state: OutreachState, left_at: datetime, policy: Policy) -> datetime | None:
    if state is OutreachState.FAILED or message.channel is Channel.SLACK:
        return None
    return left_at + timedelta(days=policy.monitor.follow_up_days)


def _params(message: Message, channel: Channel, stage: str, follow_up_at: datetime | None) -> dict[str, Any]:
    when = None if follow_up_at is None else follow_up_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "stage": stage,
        "channel": channel.value,
        "contact": str(message.contact).strip() or None,
        "subject": str(message.subject),
        "template": message.template,
        "follow_up_at": when,
    }
