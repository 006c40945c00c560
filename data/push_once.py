"""The push over a backend that cannot tell a repetition: what it is asked, and what its word settles."""

from datetime import datetime, timedelta

from data.backends.port import BillingBackend, Done, InDoubt, NotDone, Submission
from data.outbox import Outbox
from data.outbox_sending import LONGEST_PATIENCE
from data.push_verdicts import LONGEST_BACKOFF
from data.remedy import Change, State


def asked(backend: BillingBackend, outbox: Outbox, change: Change) -> Submission:
    """Return what a backend is asked to do, or to tell what became of."""
    seen = {} if backend.capabilities.versions else outbox.seen_by(change)
    sent_at = (outbox.first_sent(change.change_id) or change.sent_at) if change.unknown else None
    return Submission(change.change_id, change.body, outbox.if_match(change), seen, sent_at)


def settle_by_word(outbox: Outbox, change: Change, found: Done | NotDone | InDoubt, now: datetime) -> State | None:
    """Settle a row by what was answered or read back, as far as that proves anything.

    Returns applied or parked, None while its outcome stays unknown. A person who decided meanwhile is not overruled.
    """
    if isinstance(found, InDoubt):
        wait = LONGEST_BACKOFF if found.again is None else min(found.again, LONGEST_PATIENCE)
        outbox.put_off(change, found.why, now + timedelta(seconds=wait), lost=True)
        return None
    if isinstance(found, Done):
        return State.APPLIED if outbox.settle_told(change, found.why, now) else State.PARKED
    outbox.settle_not_done(change, found.why, now)
    return State.PARKED
