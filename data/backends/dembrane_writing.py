"""Writing to dembrane: one last look, one request, one answer; and reading back what got none."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from data.account import Account, Member, Value
from data.backends.dembrane_checks import against
from data.backends.dembrane_http import Wire
from data.backends.dembrane_oracle import Word, read_back
from data.backends.dembrane_requests import KINDS, Ordered, Request, answer_of, denied, ordered, request_of
from data.backends.dembrane_shapes import Rollup
from data.backends.dembrane_signin import SignedIn
from data.backends.dembrane_told import Told, ToldTiers
from data.backends.native_answers import one_try
from data.backends.native_http import Answered
from data.backends.port import Answer, Done, NeverSent, NotThere, NoVerdict, Submission, TokenRefused
from data.errors import Gone, NotAllowed, SignedOut, TriageError
from data.safe_text import SafeText, safe_reason
from data.wire import decode, decoder

TIMEOUT = 110.0  # seconds: a hanging store answers after 93, and a write that was cut short is one nobody knows of
LOOK = 5.0  # seconds for which a book that was fetched serves further writes


class Reading(Value, frozen=True):
    """How the writer reads: the rollup of this month (refused where it looks like an outage), its accounts, members."""

    book: Callable[[], Rollup]
    account: Callable[[Rollup, str], Account]
    members: Callable[[str], tuple[Member, ...]]


class _Tier(Value, frozen=True):
    """The answer to a change of tier."""

    previous_tier: SafeText
    new_tier: SafeText
    payment_mode: SafeText


_tiers = decoder(_Tier)


class Writing:
    """Sends a change at most once; its requests share no connection, so a stale one never leaves a doubt."""

    def __init__(
        self, wire: Wire, signed_in: SignedIn, told: ToldTiers, reading: Reading, clock: Callable[[], datetime]
    ) -> None:
        self._wire = wire
        self._signed_in = signed_in
        self._told = told
        self._reading = reading
        self._clock = clock
        self._lock = threading.Lock()
        self._book: tuple[float, Rollup] | None = None
        self._written: dict[str, float] = {}

    def submit(self, submission: Submission) -> Answer:
        """Look once more at the account, then send; whatever comes before the request is NeverSent or a refusal."""
        order = ordered(submission.body)
        if order.kind not in KINDS:
            return denied(order.kind)
        try:
            account = self._account(order.account_id, order.workspace_id)
        except Gone as error:
            return NotThere(safe_reason(str(error)))
        except (SignedOut, NotAllowed) as error:
            return TokenRefused(safe_reason(str(error)))
        except TriageError as error:
            return NeverSent(str(error))
        refused = against(order, account, submission.seen, self._clock())
        return refused if refused is not None else self._send(order, request_of(order, account))

    def outcome(self, sent: Submission) -> Word | NoVerdict | TokenRefused:
        """Read back what became of a change."""
        order = ordered(sent.body)
        workspace = order.workspace_id if order.kind == "change_admin" else None
        try:
            account = self._account(order.account_id, order.workspace_id, anew=True)
            members: Sequence[Member] = self._reading.members(workspace) if workspace else ()
        except (SignedOut, NotAllowed) as error:
            return TokenRefused(safe_reason(str(error)))
        except TriageError as error:
            return NoVerdict(str(error))
        return read_back(order, account, members, sent.seen, sent.sent_at, self._clock())

    def _send(self, order: Ordered, request: Request) -> Answer:
        """Send; a token that has run out is renewed once, for 401 comes before anything is done."""
        bearer = self._signed_in.bearer
        answered = self._try(request, bearer)
        try:
            refused = isinstance(answered, Answered) and answered.status == 401
            if refused and self._signed_in.renew(bearer, self._clock()):
                answered = self._try(request, self._signed_in.bearer)
        except TriageError as error:
            return NeverSent(str(error))
        finally:
            with self._lock:
                self._written[order.account_id] = time.monotonic()
        if not isinstance(answered, Answered):
            return answered
        answer = answer_of(order, answered, self._wire.host, self._clock())
        if isinstance(answer, Done) and order.kind == "change_tier":
            self._note(order.account_id, answered.body)
        return answer

    def _try(self, request: Request, bearer: str) -> Answered | NeverSent | NoVerdict:
        def ask() -> Answered:
            return self._wire.ask(request.method, request.path, bearer, body=request.body, close=True)

        return one_try(self._wire.host, ask)

    def _note(self, account_id: str, body: bytes) -> None:
        try:
            tier: _Tier = decode(body, _tiers)
            self._told.note(account_id, Told(self._clock(), tier.previous_tier, tier.new_tier, tier.payment_mode))
        except TriageError:
            return  # the list shows the old tier for five minutes; the change itself is applied

    def _account(self, account_id: str, workspace_id: str | None, anew: bool = False) -> Account:
        """The account as it is now; a book a few seconds old will do where nothing was written to it since."""
        with self._lock:
            known, written = self._book, self._written.get(account_id, float("-inf"))
            if anew or known is None or time.monotonic() - known[0] > LOOK or known[0] <= written:
                known = self._book = (time.monotonic(), self._reading.book())
        account = self._reading.account(known[1], account_id)
        if workspace_id is not None and all(one.id != workspace_id for one in account.workspaces):
            raise Gone(f"The account has no workspace {workspace_id} any more.")
        return account
