"""Send what the monitor may send by itself, at most once, and only what a dry run has shown (M15, M17b, M20, M22)."""

from contextlib import closing
from typing import NamedTuple

import msgspec

from data.cache import Cache
from data.errors import Busy, NotPossible, Offline, Rejected
from data.outbox import Outbox
from data.ports_outreach import Channel, Message, OutreachState
from triage.desk.monitor_pass import AlertLine, Monitor, Pass
from triage.desk.session import Session
from triage.desk.sync import push_and_deliver, recognise

NOT_SHOWN = "Not in the last dry run: look at it first."
WAITS = "Queued; it leaves once the server has accepted it."


class SendResult(NamedTuple):
    """The pass with what became of each line that was to leave, by message state."""

    seen: Pass
    sent: int
    failed: int
    unclear: int
    waiting: int


def send_pass(session: Session, cache: Cache, outbox: Outbox) -> SendResult:
    """Queue, push and deliver; NotPossible without a dry run, Offline where the mail server is not ready.

    The book has just been pulled: an answer that a colleague has logged holds a follow-up back.
    """
    monitor = Monitor(session, cache, outbox)
    shown = monitor.shown()
    seen = monitor.look()
    chosen = [line for line in seen.ready if line.key in shown.keys]
    outcomes: dict[str, str] = {line.key: NOT_SHOWN for line in seen.ready if line.key not in shown.keys}
    queued: dict[str, Message] = {}
    if chosen:
        _check_mail(session)
        for line in chosen:
            try:
                queued[line.key] = monitor.queue(line)
            except (NotPossible, Rejected) as refusal:
                outcomes[line.key] = str(refusal)
        _let_go(session, cache, outbox)
    ended = {key: monitor.message(message.outreach_id) for key, message in queued.items()}
    outcomes |= {key: _said(message) for key, message in ended.items()}
    states = [message.state for message in ended.values()]
    return SendResult(
        msgspec.structs.replace(seen, lines=tuple(_with_outcome(line, outcomes) for line in seen.lines)),
        sent=states.count(OutreachState.SENT),
        failed=states.count(OutreachState.FAILED),
        unclear=states.count(OutreachState.UNCLEAR),
        waiting=states.count(OutreachState.INTENT),
    )


def _check_mail(session: Session) -> None:
    """Try the mail server before anything is queued: an intent uses its key up, whether or not a mail follows."""
    mailroom = session.mailroom()
    sender = mailroom.senders.get(Channel.EMAIL)
    if sender is None:
        raise NotPossible(f"Nothing was sent. {mailroom.closed[Channel.EMAIL]}")
    problem = sender.problem()
    if problem is not None:
        raise Offline(f"Nothing was sent. {problem}")


def _let_go(session: Session, cache: Cache, outbox: Outbox) -> None:
    """One round of the loop; another process that pushes at this moment takes the queued rows along."""
    with closing(session.backend()) as backend:
        identity = recognise(session, cache, backend)
        try:
            push_and_deliver(session, backend, cache, outbox, identity, ignore_backoff=True)
        except Busy:
            return


def _said(message: Message) -> str:
    if message.state is OutreachState.INTENT:
        return str(message.problem or WAITS)
    return f"{message.state.value}: {message.problem}" if message.problem else message.state.value


def _with_outcome(line: AlertLine, outcomes: dict[str, str]) -> AlertLine:
    return msgspec.structs.replace(line, outcome=outcomes.get(line.key)) if line.action is not None else line
