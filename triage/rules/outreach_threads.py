"""What the trail tells of messages to a customer: which were sent, answered, failed, and what is due (M20, M22)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from data.account import Value
from data.health_monitor import FollowUp
from data.safe_text import SafeText
from triage.policy import Policy
from triage.rules.monitor_draft import FOLLOW_UP, is_automatic
from triage.rules.monitor_effect import follow_up_due

LOG_OUTREACH, LOG_REPLY, LOG_CONTACT = KINDS = ("log_outreach", "log_reply", "log_contact")
REACHED = "reached"  # the outcome of a conversation that really was one
SLACK = "slack"  # reaches colleagues, not the customer


class Event(Value, frozen=True):
    """One record of the trail, or one of mine that the trail does not hold yet; `stage` of log_outreach only."""

    change_id: str
    kind: str
    account_id: str
    name: SafeText
    at: datetime
    stage: str = ""
    channel: str = ""
    contact: str = ""
    subject: str = ""
    template: str = ""
    answers: str = ""
    reached: bool = False

    @property
    def is_mail(self) -> bool:
        """True for a message that went out to the customer."""
        return self.kind == LOG_OUTREACH and self.stage == "sent" and self.channel != SLACK


class Thread(Value, frozen=True):
    """A message and its follow-ups, oldest first; `answered` by a reply, or by a conversation that was one."""

    mails: tuple[Event, ...]
    answered: bool

    @property
    def last(self) -> Event:
        """The mail that the next one follows."""
        return self.mails[-1]


def thread_of(events: Iterable[Event]) -> Thread | None:
    """M20: the latest thread of one account; any reply since its last mail answers it, a named one always."""
    ordered = sorted(events, key=lambda event: event.at)
    mails: list[Event] = []
    for event in ordered:
        if event.is_mail:
            mails = [*mails, event] if mails and FOLLOW_UP in event.template else [event]
    if not mails:
        return None
    return Thread(tuple(mails), any(_answers(event, mails) for event in ordered))


def thread_due(thread: Thread, policy: Policy, now: datetime) -> FollowUp | None:
    """M20 over a thread."""
    return follow_up_due(thread.last.at, thread.answered, len(thread.mails) - 1, policy, now)


def last_automatic(events: Iterable[Event]) -> datetime | None:
    """M22: when a machine last wrote by itself to this account."""
    return max((event.at for event in events if event.is_mail and is_automatic(event.template)), default=None)


def mails_since(events: Iterable[Event], opened: date) -> Sequence[Event]:
    """The mails of an alert that opened on a UTC day, oldest first."""
    return sorted((one for one in events if one.is_mail and _day(one.at) >= opened), key=lambda event: event.at)


def failures_since(events: Iterable[Event], opened: date) -> int:
    """How many tries of an alert certainly did not go out: each takes its key with it."""
    return sum(1 for one in events if one.kind == LOG_OUTREACH and one.stage == "failed" and _day(one.at) >= opened)


def _answers(event: Event, mails: Sequence[Event]) -> bool:
    if event.kind == LOG_REPLY:
        return event.at >= mails[-1].at or any(event.answers == one.change_id for one in mails)
    return event.kind == LOG_CONTACT and event.reached and event.at >= mails[-1].at


def _day(at: datetime) -> date:
    return at.date()
