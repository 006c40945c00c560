"""What the answer table makes of a try apart from its row: what a round did, how long to wait, what proves what."""

import random
from datetime import datetime, timedelta

from data.account import Value
from data.backends.port import AlreadyDone, Denied, KeyReused, NotThere, RefusedByRule
from data.outbox_rows import dedupe_key_of
from data.remedy import Change, State

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 300.0
PROOF_AGE = timedelta(seconds=60)


class Pushed(Value, frozen=True):
    """What a round did: changes applied, in conflict and rejected by it, and how many wait now (running holds too).

    `retry_at` is when the server or the backoff lets the round go on; `notices` are sentences about keys and the chain.
    """

    pushed: int = 0
    conflicts: int = 0
    rejected: int = 0
    waiting: int = 0
    signed_out: bool = False
    retry_at: datetime | None = None
    notices: tuple[str, ...] = ()


def proves_absence(change: Change, now: datetime) -> bool:
    """True when a 404 to a look-up counts: the last byte left at least 60 s ago."""
    return change.sent_at is not None and now - change.sent_at >= PROOF_AGE


def backoff(attempts: int, rng: random.Random) -> float:
    """Return seconds to wait after the given number of tries: full jitter below a ceiling of 1 s doubling to 5 min."""
    return rng.uniform(0.0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(max(attempts - 1, 0), 16)))


def end_of(change: Change, answer: AlreadyDone | Denied | NotThere | KeyReused | RefusedByRule) -> State:
    """Return the state that a verdict leads to; only a machine's record is discarded by the server's answer."""
    if isinstance(answer, KeyReused):
        return State.PARKED
    if isinstance(answer, AlreadyDone) and dedupe_key_of(change.body) is not None:
        return State.DISCARDED
    return State.REJECTED
