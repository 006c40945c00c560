"""One round of the push: each due row tried once, in order, and moved as the answer table of contract.md says."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.account import Value
from data.backends.port import (
    AlreadyDone,
    Answer,
    Applied,
    BillingBackend,
    Denied,
    Item,
    KeyReused,
    Moved412,
    NeverSent,
    NotThere,
    NotYet,
    NoVerdict,
    RefusedByRule,
    Submission,
    TokenRefused,
)
from data.errors import TriageError
from data.outbox import Outbox
from data.outbox_rows import Place, dedupe_key_of, reason_of
from data.outbox_sending import LONGEST_PATIENCE, Waiting
from data.receipts import Seen, rollback_problem, verify_receipt
from data.remedy import TRIES_BEFORE_UNKNOWN, Change, State

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 300.0
PROOF_AGE = timedelta(seconds=60)
NOT_TWICE = "This backend cannot tell a repetition, so it is not sent again: look at the account yourself."
NOT_YETS_IN_A_ROW = 3
NO_VERDICTS_IN_A_ROW = 5


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


@dataclass(slots=True)
class Round:
    """One pass over what waits."""

    backend: BillingBackend
    outbox: Outbox
    mine: Place
    now: Callable[[], datetime]
    rng: random.Random
    on_account: Callable[[Item], None]
    ignore_backoff: bool = False
    totals: dict[State, int] = field(default_factory=dict)
    signed_out: bool = False
    retry_at: datetime | None = None
    notices: list[str] = field(default_factory=list)
    over: bool = False
    by_server: bool = False
    not_yets: int = 0
    no_verdicts: int = 0

    def run(self, stop: Callable[[], bool]) -> None:
        """Walk the rows in the order they were written."""
        begun = self.now()
        self.outbox.release_holds(begun)
        self.outbox.settle_identity(self.mine, begun)
        rows = [row for row in self.outbox.waiting() if row.state != State.HELD.value]
        blocked: set[str] = set()
        for index, row in enumerate(rows):
            if stop():
                return
            if row.account_id in blocked or (row.waits and not self._free(row)):
                continue
            if row.due(ignore_backoff=self.ignore_backoff) > self.now().timestamp() or not self._try(row.change_id):
                blocked.add(row.account_id)
            if self.over:
                self._postpone(rows[index + 1 :])
                return

    def result(self) -> Pushed:
        """What came of it."""
        return Pushed(
            pushed=self.totals.get(State.APPLIED, 0),
            conflicts=self.totals.get(State.CONFLICT, 0),
            rejected=self.totals.get(State.REJECTED, 0),
            waiting=self.outbox.counts().waiting,
            signed_out=self.signed_out,
            retry_at=self.retry_at,
            notices=tuple(self.notices),
        )

    def _free(self, row: Waiting) -> bool:
        """True when my change before it has been applied in the meantime."""
        before = self.outbox.get(row.change_id).after
        return before is not None and self.outbox.get(before).state is State.APPLIED

    def _postpone(self, rest: list[Waiting]) -> None:
        """Let the rows that were not tried wait as well; a refused token leaves them as they are."""
        if self.retry_at is not None and not self.signed_out:
            self.outbox.postpone([row.change_id for row in rest], self.retry_at, by_server=self.by_server)

    # --- one row ---
    def _try(self, change_id: str) -> bool:
        """Send a row once; True when it is settled, so that the next of its account may follow."""
        change = self.outbox.get(change_id)
        if change.state not in (State.QUEUED, State.SENDING):
            return True
        once = not self.backend.capabilities.idempotent
        if change.unknown and (once or change.attempts >= TRIES_BEFORE_UNKNOWN) and not self._look_first(change):
            return self.outbox.get(change_id).state is State.APPLIED
        if once and self.outbox.get(change_id).unknown:
            later = self.now() + timedelta(seconds=LONGEST_BACKOFF)
            self.outbox.put_off(change, NOT_TWICE, later, lost=True)
            return False
        if_match = self.outbox.if_match(change)
        remembered = self.outbox.remembered_head(self.mine.base_url)
        before = self.outbox.start(change_id, self.now())
        if before is None:
            return True
        answer = self.backend.submit(Submission(change_id, change.body, if_match))
        return self._settle(before, answer, remembered)

    def _look_first(self, change: Change) -> bool:
        """After five tries without an answer, ask before sending again; True when it is to be sent."""
        answer = self.backend.outcome(change.change_id)
        if isinstance(answer, NotThere):
            if proves_absence(change, self.now()):
                self.outbox.settle_not_applied(change, self.now())
            return True
        if isinstance(answer, Applied):
            self.applied(change, answer, None)
        elif isinstance(answer, TokenRefused):
            self._sign_out()
        else:
            self.outbox.put_off(change, answer.why, self._later(change.attempts + 1))
        return False

    def _settle(self, before: Change, answer: Answer, remembered: Seen | None) -> bool:
        """Move the row as the answer table says; True when its way is over."""
        self.not_yets = self.not_yets + 1 if isinstance(answer, NotYet) else 0
        self.no_verdicts = self.no_verdicts + 1 if isinstance(answer, NoVerdict) else 0
        if isinstance(answer, Applied):
            return self.applied(before, answer, remembered)
        if isinstance(answer, NeverSent | NoVerdict | NotYet | TokenRefused):
            self._wait(before, answer)
            return False
        if isinstance(answer, Moved412):
            self.outbox.settle_conflict(before, answer, self.now())
            return self._count(State.CONFLICT)
        state = _end_of(before, answer)
        self.outbox.settle_ended(before, state, answer.why, self.now())
        return self._count(state)

    def _wait(self, before: Change, answer: NeverSent | NoVerdict | NotYet | TokenRefused) -> None:
        """No verdict: decide when it is tried again, and whether the rest of the round makes sense."""
        if isinstance(answer, TokenRefused):
            self.outbox.settle_signed_out(before, answer.why)
            self._sign_out()
        elif isinstance(answer, NotYet):
            until = self.now() + timedelta(seconds=min(answer.retry_after, LONGEST_PATIENCE))
            self.outbox.settle_not_yet(before, answer.why, until)
            self.over = self.by_server = self.not_yets >= NOT_YETS_IN_A_ROW
            self.retry_at = until
        elif isinstance(answer, NeverSent):
            self.retry_at = self._later(before.attempts + 1)
            self.outbox.settle_never_sent(before, answer.why, self.retry_at)
            self.over = True
        else:
            self._no_verdict(before, answer.why, answer.retry_after)

    def _no_verdict(self, before: Change, why: str, retry_after: float | None = None) -> None:
        until = self._later(before.attempts + 1)
        asked = None
        if retry_after is not None:
            asked = self.now() + timedelta(seconds=min(retry_after, LONGEST_PATIENCE))
            until = max(until, asked)
        lost = not self.backend.capabilities.idempotent
        if lost:
            until = max(until, self.now() + PROOF_AGE)
        self.outbox.settle_no_verdict(before, why, self.now(), until, asked, lost=lost)
        self.retry_at = until
        self.over = self.no_verdicts >= NO_VERDICTS_IN_A_ROW and not self.ignore_backoff

    def _later(self, attempts: int) -> datetime:
        return self.now() + timedelta(seconds=backoff(attempts, self.rng))

    def _sign_out(self) -> None:
        self.signed_out = self.over = True

    def _count(self, state: State) -> bool:
        self.totals[state] = self.totals.get(state, 0) + 1
        return True

    # --- proof ---
    def applied(self, change: Change, answer: Applied, remembered: Seen | None) -> bool:
        """Accept "applied" only with a receipt that verifies; `remembered` is the head seen before this try."""
        receipt = answer.receipt
        try:
            keys = self._keys(receipt.key_id)
        except TriageError as error:
            self._no_verdict(change, f"The server's keys could not be had, so its receipt proves nothing yet. {error}")
            return False
        wrong = verify_receipt(receipt, change.change_id, reason_of(change.body), keys, change.account_id)
        if wrong is not None:
            self.outbox.settle_unproven(change, receipt, wrong, self.now())
            self.notices.append(f"{change.account_name}: {wrong}")
            return True
        if not answer.replayed and remembered is not None:
            self._check_history(answer, remembered)
        self.outbox.settle_applied(change, answer, self.now())
        self.on_account(answer.item)
        return self._count(State.APPLIED)

    def _check_history(self, answer: Applied, remembered: Seen) -> None:
        """A fresh entry must lie after the head seen before it was sent, and follow from it when it is the next."""
        receipt = answer.receipt
        wrong = rollback_problem(receipt.head_seq, receipt.head_hash, remembered)
        if wrong is None and receipt.audit_seq == remembered.seq + 1 and receipt.prev_hash != remembered.hash:
            wrong = f"Entry {receipt.audit_seq} of the audit trail does not follow from the one seen before it."
        if wrong is not None:
            self.notices.append(wrong)

    def _keys(self, key_id: str) -> dict[str, str]:
        """The pinned keys; asked of the server on first use and when a receipt names another."""
        pinned = self.outbox.pinned_keys(self.mine.base_url)
        if key_id not in pinned:
            self.notices += self.outbox.pin(self.mine.base_url, self.backend.keys(), self.now())
            pinned = self.outbox.pinned_keys(self.mine.base_url)
        return pinned


def _end_of(change: Change, answer: AlreadyDone | Denied | NotThere | KeyReused | RefusedByRule) -> State:
    """The state that a verdict leads to; only a machine's record is discarded by the server's answer."""
    if isinstance(answer, KeyReused):
        return State.PARKED
    if isinstance(answer, AlreadyDone) and dedupe_key_of(change.body) is not None:
        return State.DISCARDED
    return State.REJECTED
