"""Let messages leave whose intent the server has accepted: each at most once, whatever dies in between (M17b)."""

from collections import Counter
from datetime import datetime, timedelta

from data.account import Account, Value
from data.cache import Cache
from data.errors import Busy, NotAllowed, Rejected, SignedOut
from data.identity import Identity
from data.locks import outreach_lock
from data.outbox import Outbox
from data.outbox_outreach import Waiting
from data.outbox_rows import Place
from data.ports_outreach import Message, OutreachState
from data.remedy import Order, State
from data.senders.port import Left, MayHaveLeft, Parcel
from triage.desk.health import HealthDesk
from triage.desk.inbox import Inbox
from triage.desk.outreach import OutreachDesk
from triage.desk.outreach_log import queue_outcome
from triage.desk.outreach_text import content_problem
from triage.desk.remedies import Remedies
from triage.desk.session import Session
from triage.rules.monitor_draft import is_automatic
from triage.rules.monitor_route import quiet
from triage.rules.plays import pick_contact
from widgets.numbers import money

LATE = timedelta(hours=24)  # an automatic message that could not leave for so long is no check-in of today any more
TOO_LATE = "It could not leave within 24 h of being accepted."
GONE = "The account is no longer in the book."


class Delivered(Value, frozen=True):
    """What a round did, in messages; `logged` records wait for the next push."""

    sent: int = 0
    failed: int = 0
    unclear: int = 0
    dropped: int = 0

    @property
    def logged(self) -> int:
        """Outcomes that were queued."""
        return self.sent + self.failed

    @property
    def moved(self) -> int:
        """Messages that are not what they were."""
        return self.sent + self.failed + self.unclear + self.dropped


def deliver(session: Session, cache: Cache, outbox: Outbox, identity: Identity) -> Delivered:
    """One round; nothing while another process of this home is sending, and nothing read-only."""
    if session.place.read_only or not outbox.has_outreach_to_do():
        return Delivered()
    try:
        with outreach_lock(outbox.directory):
            return _Round(session, cache, outbox).run(Place(session.place.base_url, identity.staff_id))
    except Busy:
        return Delivered()


class _Round:
    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._remedies = Remedies(session, cache, outbox, Inbox(session, cache, outbox))
        self._outreach = OutreachDesk(session, cache, outbox, self._remedies)
        self._health = HealthDesk(session, cache)
        self._done: Counter[OutreachState] = Counter()

    def run(self, mine: Place) -> Delivered:
        """Strays first: with the lock in hand, nobody is sending them."""
        self._done[OutreachState.UNCLEAR] += len(self._outbox.settle_strays(self._session.clock()))
        for waiting in self._outbox.waiting_messages(mine):
            self._look_at(waiting)
        done = self._done
        return Delivered(
            done[OutreachState.SENT],
            done[OutreachState.FAILED],
            done[OutreachState.UNCLEAR],
            done[OutreachState.DROPPED],
        )

    def _look_at(self, waiting: Waiting) -> None:
        intent = waiting.intent
        if intent.state in (State.DISCARDED, State.REJECTED):
            why = str(intent.last_error) if intent.last_error else None
            self._outbox.end_outreach(waiting.message.outreach_id, OutreachState.DROPPED, self._session.clock(), why)
            self._done[OutreachState.DROPPED] += 1
        elif intent.state is State.APPLIED:
            self._send(waiting)

    def _send(self, waiting: Waiting) -> None:
        message = waiting.message
        account = self._cache.account(message.account_id)
        sender = self._session.mailroom().senders.get(message.channel)
        if is_automatic(message.template) and quiet(self._local_now(), self._session.policy.monitor):
            return
        problem = self._outreach_problem(waiting, account)
        if problem is None and sender is None:
            problem = self._session.mailroom().closed.get(message.channel, "This channel is not set up.")
        if account is None or problem is not None or sender is None:
            self._fail(message, problem or GONE)
            return
        try:
            ready = self._remedies.checked(Order("log_outreach", account.id), hold=False)
        except (SignedOut, NotAllowed, Rejected) as refusal:  # then its outcome could not be logged either
            self._outbox.hold_outreach(message.outreach_id, str(refusal))
            return
        parcel = self._parcel(message, account)
        begun = self._outbox.begin_to_leave(message.outreach_id, self._session.clock())
        if begun is None:
            return
        went = sender.send(parcel)
        ready["now"] = self._session.clock()
        if isinstance(went, MayHaveLeft):
            why = f"{went.why} Did it go out?"
            self._outbox.end_outreach(message.outreach_id, OutreachState.UNCLEAR, ready["now"], why)
            self._done[OutreachState.UNCLEAR] += 1
            return
        state = OutreachState.SENT if isinstance(went, Left) else OutreachState.FAILED
        why_not = None if isinstance(went, Left) else went.why
        queue_outcome(self._outbox, begun, state, ready, self._session.policy, why_not, OutreachState.LEAVING)
        self._done[state] += 1

    def _outreach_problem(self, waiting: Waiting, account: Account | None) -> str | None:
        """What has come up since the intent was queued: an alert that closed, a hold, a gap; quiet hours only wait."""
        message, now = waiting.message, self._session.clock()
        if account is None:
            return GONE
        problem = content_problem(message, message.channel)
        if problem or not is_automatic(message.template):
            return problem
        if now - (waiting.intent.finished_at or now) > LATE:
            return TOO_LATE
        row = self._cache.row(account.id)
        reading = self._health.readings(row, account).monitor if row is not None else None
        return GONE if reading is None else self._outreach.automatic_problem(account, reading, follow_up=True)

    def _fail(self, message: Message, why: str) -> None:
        """Certainly not sent: logged where it can be, so that every machine knows that the key is used up."""
        try:
            ready = self._remedies.checked(Order("log_outreach", message.account_id), hold=False)
        except (SignedOut, NotAllowed, Rejected):
            self._outbox.end_outreach(message.outreach_id, OutreachState.FAILED, self._session.clock(), why)
        else:
            queue_outcome(
                self._outbox, message, OutreachState.FAILED, ready, self._session.policy, why, OutreachState.INTENT
            )
        self._done[OutreachState.FAILED] += 1

    def _parcel(self, message: Message, account: Account) -> Parcel:
        contact = next((one for one in account.contacts if one.email == message.contact), None)
        csm = account.csm
        return Parcel(
            outreach_id=message.outreach_id,
            from_name=str(csm.name) if csm else "",
            from_email=str(csm.email or "") if csm else "",
            to_name=str(contact.name) if contact else "",
            to_email=str(message.contact),
            subject=str(message.subject),
            text=message.text,
            written_at=self._session.clock(),
            context=self._context(account),
        )

    def _context(self, account: Account) -> tuple[tuple[str, str], ...]:
        """M18: what a colleague needs to judge the alert at a glance."""
        row = self._cache.row(account.id)
        monitor = row.monitor if row is not None else None
        contact = pick_contact(account)
        ratio = "unknown" if monitor is None or monitor.ratio is None else f"{monitor.ratio:.0%} of its baseline"
        known = (
            ("Account", f"{account.name} ({account.id})"),
            (
                "Alert",
                "none" if monitor is None or monitor.opened is None else f"{monitor.state}, since {monitor.opened}",
            ),
            ("Usage", ratio),
            ("Tier", str(account.tier)),
            ("MRR", "unknown" if account.mrr is None else money(account.mrr, account.currency)),
            ("CSM", str(account.csm.name) if account.csm else "nobody"),
            ("Contact", f"{contact.name} ({contact.role})" if contact else "nobody"),
        )
        return known

    def _local_now(self) -> datetime:
        return self._session.clock().astimezone(self._session.mailroom().zone)
