"""One round of the push: each due row tried once, in order, and moved as the answer table of contract.md says."""

import math
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from data.account import Value
from data.backends.port import (
    Answer,
    Applied,
    BillingBackend,
    Done,
    InDoubt,
    Item,
    Moved412,
    NeverSent,
    NotDone,
    NotThere,
    NotYet,
    NoVerdict,
    TokenRefused,
)
from data.errors import TriageError
from data.lanes import Ended, Lanes
from data.outbox import Outbox
from data.outbox_rows import Place, reason_of
from data.outbox_sending import LONGEST_PATIENCE, Waiting
from data.push_line import Line
from data.push_once import asked, settle_by_word
from data.push_verdicts import LONGEST_BACKOFF, PROOF_AGE, Pushed, backoff, end_of, proves_absence
from data.receipts import Seen, rollback_problem, verify_receipt
from data.remedy import TRIES_BEFORE_UNKNOWN, Change, State

NOT_TWICE = "This backend cannot tell a repetition, so it is not sent again: look at the account yourself."
NOT_YETS_IN_A_ROW = 3
NO_VERDICTS_IN_A_ROW = 5
LANES = 8


class Tried(Value, frozen=True):
    """A request under way: the row as it was, the head seen before; `looked` when it only asks what became of it."""

    before: Change
    remembered: Seen | None
    looked: bool = False


@dataclass(slots=True)
class Round:
    """One pass over what waits: side by side, but of an account one at a time; one thread alone touches the outbox."""

    backend: BillingBackend
    outbox: Outbox
    mine: Place
    now: Callable[[], datetime]
    rng: random.Random
    on_accounts: Callable[[Sequence[Item]], None]
    ignore_backoff: bool = False
    totals: dict[State, int] = field(default_factory=dict)
    signed_out: bool = False
    retry_at: datetime | None = None
    notices: list[str] = field(default_factory=list)
    over: bool = False
    by_server: bool = False
    not_yets: int = 0
    no_verdicts: int = 0
    line: Line = field(default_factory=Line)
    lanes: Lanes[Tried, Answer] = field(default_factory=Lanes)
    pinned: dict[str, str] = field(default_factory=dict)
    no_keys: str = ""
    head: Seen | None = None
    verdicts: bool = False
    again: list[Change] = field(default_factory=list)
    applied_items: list[Item] = field(default_factory=list)
    seen: int = -1
    hold_ends: float = math.inf

    def run(self, stop: Callable[[], bool]) -> None:
        """Walk the rows in the order they were written. What came and what goes next is one commit."""
        answers: list[Ended[Tried, Answer]] = []
        with closing(self.lanes):
            self._look_again()
            while answers or self.line.waits:
                self.have_keys([ended.answer for ended in answers])
                with self.outbox.together():
                    for ended in answers:
                        self._take(ended)
                    jobs = [] if self.over or stop() else self._jobs()
                for tried, ask in jobs:
                    self.lanes.hand(tried, ask)
                self.tell()
                if not self.lanes.under_way:
                    break
                answers = self.lanes.ended()
                self._look_again()
        self._postpone()

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

    def tell(self) -> None:
        """Hand on the accounts of changes whose outcome is on disk by now."""
        if self.applied_items:
            items, self.applied_items = self.applied_items, []
            self.on_accounts(items)

    def _look_again(self) -> None:
        """Take in what waits and was not seen yet: a change written while the round runs need not wait for the next."""
        begun = self.now()
        stamp, _ = self.outbox.stamp()
        if stamp == self.seen and begun.timestamp() < self.hold_ends:
            return
        self.seen = stamp
        self.outbox.release_holds(begun)
        self.outbox.settle_identity(self.mine, begun)
        rows = self.outbox.waiting()
        self.hold_ends = min((row.due() for row in rows if row.state == State.HELD.value), default=math.inf)
        self.line.take_in(row for row in rows if row.state != State.HELD.value)

    def _free(self, row: Waiting) -> bool:
        """True when my change before it has been applied in the meantime."""
        before = self.outbox.get(row.change_id).after
        return before is not None and self.outbox.get(before).state is State.APPLIED

    def _postpone(self) -> None:
        """Let the rows that were not tried wait as well; a refused token leaves them as they are."""
        if self.over and self.retry_at is not None and not self.signed_out:
            self.outbox.postpone(self.line.rest(), self.retry_at, by_server=self.by_server)

    # --- one row ---
    def _jobs(self) -> list[tuple[Tried, Callable[[], Answer]]]:
        """What may leave now, marked as on its way: one row until the server has given a verdict, then a few."""
        self.head = self.outbox.remembered_head(self.mine.base_url)
        again, self.again = self.again, []
        jobs = [job for one in again if (job := self._send(one.change_id, one.account_id)) is not None]
        wide = LANES if self.verdicts else 1
        while len(jobs) + self.lanes.under_way < wide and (row := self.line.next()) is not None:
            if row.waits and not self._free(row):
                self.line.go_on(row.account_id)
            elif row.due(ignore_backoff=self.ignore_backoff) > self.now().timestamp():
                self.line.drop(row.account_id)
            elif (job := self._job(row)) is not None:
                jobs.append(job)
        return jobs

    @property
    def once(self) -> bool:
        """True where the backend cannot tell a repetition: what was sent is never sent again by itself."""
        return not self.backend.capabilities.idempotent

    def _job(self, row: Waiting) -> tuple[Tried, Callable[[], Answer]] | None:
        """What sends a row, or asks first what became of it; None when it is over already."""
        if not row.unknown or (row.attempts < TRIES_BEFORE_UNKNOWN and not self.once):
            return self._send(row.change_id, row.account_id)
        before = self.outbox.get(row.change_id)
        return Tried(before, None, looked=True), partial(self.backend.outcome, asked(self.backend, self.outbox, before))

    def _send(self, change_id: str, account_id: str) -> tuple[Tried, Callable[[], Answer]] | None:
        """Mark a row as on its way; its bytes may leave once that is on disk."""
        change = self.outbox.start(change_id, self.now(), once=self.once)
        if change is None:
            self.line.go_on(account_id)
            return None
        return Tried(change, self.head), partial(self.backend.submit, asked(self.backend, self.outbox, change))

    def _take(self, ended: Ended[Tried, Answer]) -> None:
        """Move a row by its answer, and let the next of its account follow when it is settled."""
        tried, answer = ended
        self.verdicts = not isinstance(answer, NeverSent | NoVerdict | NotYet | TokenRefused)
        if tried.looked and isinstance(answer, NotThere) and self._may_go_again(tried.before):
            self.again.append(tried.before)
            return
        settled = self._looked(tried.before, answer) if tried.looked else self._settle(tried, answer)
        (self.line.go_on if settled else self.line.drop)(tried.before.account_id)

    def _may_go_again(self, change: Change) -> bool:
        """True when what the server does not know is to be sent again; never to one that would do it twice."""
        proven = proves_absence(change, self.now())
        if proven:
            self.outbox.settle_not_applied(change, self.now())
        return proven or not self.once

    def _looked(self, change: Change, answer: Answer) -> bool:
        """After five tries without an answer somebody asked first; True when that settled it."""
        if isinstance(answer, Applied):
            self.applied(change, answer, None)
            return self.outbox.get(change.change_id).state is State.APPLIED
        if isinstance(answer, Done | NotDone | InDoubt):
            return self.take_word(change, answer)
        if isinstance(answer, TokenRefused):
            self._sign_out()
        elif isinstance(answer, NotThere):
            self.outbox.put_off(change, NOT_TWICE, self.now() + timedelta(seconds=LONGEST_BACKOFF), lost=True)
        else:
            self.outbox.put_off(change, answer.why, self._later(change.attempts + 1), lost=self.once)
        return False

    def take_word(self, change: Change, found: Done | NotDone | InDoubt) -> bool:
        """Settle a row by the word of a backend without receipts; True when its way is over."""
        state = settle_by_word(self.outbox, change, found, self.now())
        if state is State.APPLIED:
            self._count(state)
        return state is not None

    def _settle(self, tried: Tried, answer: Answer) -> bool:
        """Move the row as the answer table says; True when its way is over."""
        before = tried.before
        self.not_yets = self.not_yets + 1 if isinstance(answer, NotYet) else 0
        self.no_verdicts = self.no_verdicts + 1 if isinstance(answer, NoVerdict) else 0
        if isinstance(answer, Applied):
            return self.applied(before, answer, tried.remembered)
        if isinstance(answer, Done | NotDone | InDoubt):
            return self.take_word(before, answer)
        if isinstance(answer, NeverSent | NoVerdict | NotYet | TokenRefused):
            self._wait(before, answer)
            return False
        if isinstance(answer, Moved412):
            self.outbox.settle_conflict(before, answer, self.now())
            return self._count(State.CONFLICT)
        state = end_of(before, answer)
        self.outbox.settle_ended(before, state, answer.why, self.now())
        return self._count(state)

    def _wait(self, before: Change, answer: NeverSent | NoVerdict | NotYet | TokenRefused) -> None:
        """No verdict: decide when it is tried again, and whether the rest of the round makes sense."""
        if isinstance(answer, TokenRefused):
            self.outbox.settle_signed_out(before, answer.why, once=self.once)
            self._sign_out()
        elif isinstance(answer, NotYet):
            until = self.now() + timedelta(seconds=min(answer.retry_after, LONGEST_PATIENCE))
            self.outbox.settle_not_yet(before, answer.why, until, once=self.once)
            self._pause(until, ends=self.not_yets >= NOT_YETS_IN_A_ROW, by_server=True)
        elif isinstance(answer, NeverSent):
            until = self._later(before.attempts + 1)
            self.outbox.settle_never_sent(before, answer.why, until)
            self._pause(until, ends=True)
        else:
            self._no_verdict(before, answer.why, answer.retry_after)

    def _no_verdict(self, before: Change, why: str, retry_after: float | None = None) -> None:
        until = self._later(before.attempts + 1)
        asked = None
        if retry_after is not None:
            asked = self.now() + timedelta(seconds=min(retry_after, LONGEST_PATIENCE))
            until = max(until, asked)
        if self.once:
            until = max(until, self.now() + PROOF_AGE)
        self.outbox.settle_no_verdict(before, why, self.now(), until, asked, lost=self.once)
        many = self.no_verdicts >= NO_VERDICTS_IN_A_ROW and not self.ignore_backoff
        self._pause(until, ends=self.once or many)  # each further one might need a person

    def _pause(self, until: datetime, *, ends: bool, by_server: bool = False) -> None:
        """Note when the round may go on; a round that is over is only put off by later answers."""
        self.retry_at = max(until, self.retry_at) if self.over and self.retry_at else until
        self.over |= ends
        self.by_server |= ends and by_server

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
        if self.no_keys and receipt.key_id not in self.pinned:
            self._no_verdict(change, self.no_keys)
            return False
        wrong = verify_receipt(receipt, change.change_id, reason_of(change.body), self.pinned, change.account_id)
        if wrong is not None:
            self.outbox.settle_unproven(change, receipt, wrong, self.now())
            self.notices.append(f"{change.account_name}: {wrong}")
            return True
        if not answer.replayed and remembered is not None:
            self._check_history(answer, remembered)
        self.outbox.settle_applied(change, answer, self.now())
        self.applied_items.append(answer.item)
        return self._count(State.APPLIED)

    def _check_history(self, answer: Applied, remembered: Seen) -> None:
        """A fresh entry must lie after the head seen before it was sent, and follow from it when it is the next."""
        receipt = answer.receipt
        wrong = rollback_problem(receipt.head_seq, receipt.head_hash, remembered)
        if wrong is None and receipt.audit_seq == remembered.seq + 1 and receipt.prev_hash != remembered.hash:
            wrong = f"Entry {receipt.audit_seq} of the audit trail does not follow from the one seen before it."
        if wrong is not None:
            self.notices.append(wrong)

    def have_keys(self, answers: Sequence[Answer]) -> None:
        """Have the pinned keys at hand; asked of the server on first use and when a receipt names another."""
        named = {answer.receipt.key_id for answer in answers if isinstance(answer, Applied)}
        if not named:
            return
        self.pinned, self.no_keys = self.outbox.pinned_keys(self.mine.base_url), ""
        if named <= self.pinned.keys():
            return
        try:
            self.notices += self.outbox.pin(self.mine.base_url, self.backend.keys(), self.now())
        except TriageError as error:
            self.no_keys = f"The server's keys could not be had, so its receipt proves nothing yet. {error}"
        self.pinned = self.outbox.pinned_keys(self.mine.base_url)
