"""Outreach without a terminal: drafts, queueing the intent, a person's answers, replies and follow-ups (M14-M22)."""

import uuid
from collections.abc import Sequence

import msgspec

from data.account import Account
from data.cache import Cache
from data.errors import NotPossible, Rejected
from data.health_monitor import DRIFTING, MonitorReading
from data.outbox import Outbox
from data.outbox_rows import Place
from data.ports_outreach import Channel, FollowUpDue, Message, OutreachForm, OutreachState
from data.remedy import FINISHED, Change, Order, State
from data.safe_text import SafeText, safe_text
from data.senders.port import Mailroom
from triage.desk.health import HealthDesk
from triage.desk.outreach_events import account_events, follow_ups
from triage.desk.outreach_log import intent_params, queue_by_hand, queue_outcome
from triage.desk.outreach_text import BY_HAND, SUBJECT_CHARS, TEXT_CHARS, check_lengths, content_problem, gaps_in
from triage.desk.remedies import Remedies
from triage.desk.session import Session
from triage.rules import outreach_threads as threads
from triage.rules.monitor_draft import AUTOMATIC, CHECK_IN, FOLLOW_UP, write_draft
from triage.rules.monitor_route import auto_send_problem, dedupe_key
from triage.rules.plays import pick_contact


class OutreachDesk:
    """Works on both files; what leaves does so in `triage.desk.deliver`."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox, remedies: Remedies) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._remedies = remedies
        self._health = HealthDesk(session, cache)

    # --- drafts ---
    def open(self, account_id: str) -> OutreachForm:
        """The account's unfinished draft, else a new one; raises NotAllowed, SignedOut, Rejected."""
        mine = self._mine()
        account, reading = self._account(account_id), self._reading(account_id)
        earlier = self._outbox.messages(mine, account_id)
        draft = next((one for one in earlier if one.state is OutreachState.DRAFT), None)
        over = [one for one in earlier if one.state is not OutreachState.DRAFT]
        fresh = self._write(account, reading, over)
        kept = (
            self._outbox.keep_draft(fresh, mine)
            if draft is None
            else self._outbox.refresh_draft(draft.outreach_id, fresh)
        )
        return self._form(kept, account, reading, over)

    def draft_automatic(self, account: Account, reading: MonitorReading, follow_up: bool) -> Message:
        """A draft that a machine sends by itself (M15, M20); one left by a pass that was cut short is thrown away."""
        mine = self._mine()
        for one in self._outbox.messages(mine, account.id):
            if one.state is OutreachState.DRAFT and one.template.startswith(AUTOMATIC):
                self._outbox.end_outreach(one.outreach_id, OutreachState.DROPPED, self._session.clock())
        made = self._write(account, reading, (), follow_up=follow_up)
        return self._outbox.keep_draft(msgspec.structs.replace(made, template=AUTOMATIC + made.template), mine)

    def save(self, outreach_id: str, contact: str, subject: str, text: str) -> Message:
        """Keep what a person made of the draft; Rejected where it is too long."""
        check_lengths(contact, subject, text)
        return self._outbox.edit_draft(outreach_id, contact, subject, text, self._session.clock())

    # --- sending ---
    def send(self, outreach_id: str, channel: Channel) -> Message:
        """Queue the intent; by hand (copy, elsewhere) the message is out, and both records are queued.

        A Slack post is a message of its own, for colleagues: the draft stays one (M18).
        """
        mine = self._mine()
        message = self._outbox.message(outreach_id)
        account = self._account(message.account_id)
        if message.state is not OutreachState.DRAFT:
            raise NotPossible(self._why_not_again(message))
        problem = self._cannot(channel, account) or content_problem(message, channel)
        if problem:
            raise NotPossible(problem)
        if channel is Channel.SLACK:
            copy = msgspec.structs.replace(message, outreach_id=str(uuid.uuid4()), channel=channel)
            message = self._outbox.keep_draft(copy, mine)
        key = self._key(message, channel)
        order = Order("log_outreach", account.id, None, intent_params(message, channel), dedupe_key=key)
        ready = self._remedies.checked(order, hold=False)
        if channel in BY_HAND:
            return queue_by_hand(self._outbox, message, channel, order, ready, self._session.policy)
        self._outbox.author(
            order,
            change_id=message.outreach_id,
            **ready,
            beside=lambda: self._outbox.mark_intent(message.outreach_id, channel, key, ready["now"]),
        )
        return self._outbox.message(message.outreach_id)

    def settle(self, outreach_id: str, went_out: bool) -> Message:
        """A person's answer to "did this go out?"; it is logged, and nothing is ever sent again."""
        message = self._outbox.expect_outreach(outreach_id, OutreachState.UNCLEAR)
        order = Order("log_outreach", message.account_id)
        ready = self._remedies.checked(order, hold=False)
        state = OutreachState.SENT if went_out else OutreachState.FAILED
        why = None if went_out else "It did not go out, as a person found."
        return queue_outcome(self._outbox, message, state, ready, self._session.policy, why, OutreachState.UNCLEAR)

    def drop(self, outreach_id: str) -> Message:
        """Throw a draft away, a message whose intent never got through, or one that failed; raises NotPossible."""
        over = OutreachState.DRAFT, OutreachState.INTENT, OutreachState.FAILED
        message = self._outbox.expect_outreach(outreach_id, *over)
        now = self._session.clock()
        if message.state is OutreachState.INTENT and message.intent_id is not None:
            intent = self._outbox.get(message.intent_id)
            if intent.state is State.APPLIED:
                raise NotPossible("The server has accepted it: it leaves now.")
            if intent.state not in FINISHED and not intent.needs_you:
                self._outbox.take_back(intent.change_id, now)
        return self._outbox.end_outreach(outreach_id, OutreachState.DROPPED, now)

    # --- reading ---
    def messages(self, account_id: str | None = None) -> Sequence[Message]:
        """My messages from this home, of one account or all, newest first."""
        identity = self._cache.identity
        mine = Place(self._session.place.base_url, identity.staff_id) if identity else None
        return self._outbox.messages(mine, account_id) if mine else []

    def follow_ups(self) -> list[FollowUpDue]:
        """M20: the latest thread of every account that nobody answered, the next due first."""
        return follow_ups(self._session, self._cache, self._outbox)

    def log_reply(self, account_id: str, outreach_id: str, note: str) -> Change:
        """Record an answer; a message's own id stands for its record of having been sent."""
        own = next((one for one in self.messages(account_id) if one.outreach_id == outreach_id), None)
        named = own.sent_id if own is not None and own.sent_id is not None else outreach_id
        return self._remedies.submit(Order("log_reply", account_id, None, {"outreach_id": named}, note), hold=False)

    def automatic_problem(self, account: Account, reading: MonitorReading, follow_up: bool) -> str | None:
        """Why no mail may leave by itself now (M11-M17, M22), in the zone of the sender."""
        events = account_events(self._cache, self._outbox, self._session.place.base_url, account.id)
        return auto_send_problem(
            account,
            reading,
            self._session.policy,
            self._cache.book_context,
            self._session.clock().astimezone(self._mailroom.zone),
            pick_contact(account),
            threads.last_automatic(events),
            follow_up,
        )

    # --- the parts ---
    def _form(
        self, draft: Message, account: Account, reading: MonitorReading | None, earlier: Sequence[Message]
    ) -> OutreachForm:
        alert = reading.alert if reading is not None and reading.alert and reading.alert.is_open else None
        closed = {one: self._cannot(one, account) or content_problem(draft, one) for one in Channel}
        return OutreachForm(
            message=draft,
            contact=pick_contact(account),
            sender=account.csm,
            gaps=gaps_in(draft),
            problem=None if reading is None else self.automatic_problem(account, reading, draft.follow_up > 0),
            route=reading.route if reading is not None and alert else None,
            cannot={one: why for one, why in closed.items() if why},
            earlier=tuple(earlier),
        )

    def _write(
        self,
        account: Account,
        reading: MonitorReading | None,
        earlier: Sequence[Message],
        follow_up: bool | None = None,
    ) -> Message:
        """A new draft from the template; words that certainly did not go out are offered again."""
        contact = pick_contact(account)
        count = len(self._mails(account.id, reading))
        again = count > 0 if follow_up is None else follow_up
        fell = reading is not None and reading.state in DRIFTING
        made = write_draft(account, contact, account.csm, self._session.policy.monitor, again, fell)
        words = made.subject, made.text
        address = contact.email if contact is not None and contact.email else ""
        last = earlier[0] if earlier else None
        if last is not None and (last.state is OutreachState.FAILED or self._refused(last)):
            words, address = (str(last.subject), last.text), str(last.contact)
        return Message(
            outreach_id=str(uuid.uuid4()),
            account_id=account.id,
            account_name=account.name,
            state=OutreachState.DRAFT,
            channel=Channel.EMAIL,
            contact=safe_text(address, cells=None),
            subject=SafeText(words[0][:SUBJECT_CHARS]),
            text=words[1][:TEXT_CHARS],
            template=FOLLOW_UP if again else CHECK_IN,
            dedupe_key=None,
            follow_up=count,
            intent_id=None,
            sent_id=None,
            written_at=self._session.clock(),
            left_at=None,
            problem=None,
        )

    def _refused(self, message: Message) -> bool:
        if message.state is not OutreachState.DROPPED or message.intent_id is None:
            return False
        return self._outbox.get(message.intent_id).state is State.REJECTED

    def _why_not_again(self, message: Message) -> str:
        if message.state is OutreachState.UNCLEAR:
            return "Nobody knows whether it went out, so it is never sent again. Say what you found."
        return "It is no draft any more, and nothing is sent twice."

    def _cannot(self, channel: Channel, account: Account) -> str | None:
        """Why a channel is closed for this account (M16), None where it is open."""
        if channel in BY_HAND:
            return None
        closed = self._mailroom.closed.get(channel)
        if closed or channel is Channel.SLACK:
            return closed
        said = self._session.policy.monitor.problems
        if account.csm is None:
            return said.no_csm
        return None if account.csm.email else said.no_address

    def _key(self, message: Message, channel: Channel) -> str:
        """M17b: the alert's key, so that of two machines one writes; without an open alert a key of the message's own.

        A try that certainly failed has used its key up, so the next one has another: the same on every machine.
        """
        reading = self._reading(message.account_id)
        alert = reading.alert if reading is not None else None
        if alert is None or not alert.is_open:
            return f"outreach:{message.outreach_id}"
        events = account_events(self._cache, self._outbox, self._session.place.base_url, message.account_id)
        failed = threads.failures_since(events, alert.opened)
        key = dedupe_key(message.account_id, alert.opened) + (f":again{failed}" if failed else "")
        if channel is Channel.SLACK:
            return f"{key}:slack"
        count = len(threads.mails_since(events, alert.opened))
        return f"{key}:{count + 1}" if count else key

    def _mails(self, account_id: str, reading: MonitorReading | None) -> Sequence[threads.Event]:
        """The mails of the alert that is open; else those of a thread that nobody has answered yet."""
        events = account_events(self._cache, self._outbox, self._session.place.base_url, account_id)
        if reading is not None and reading.alert is not None and reading.alert.is_open:
            return threads.mails_since(events, reading.alert.opened)
        thread = threads.thread_of(events)
        return () if thread is None or thread.answered else thread.mails

    def _reading(self, account_id: str) -> MonitorReading | None:
        row, account = self._cache.row(account_id), self._cache.account(account_id)
        return self._health.readings(row, account).monitor if row is not None and account is not None else None

    def _account(self, account_id: str) -> Account:
        account = self._cache.account(account_id)
        if account is None:
            raise Rejected("M1", "This account is no longer in the book.")
        return account

    def _mine(self) -> Place:
        return Place(self._session.place.base_url, self._remedies.author("log_outreach").staff_id)

    @property
    def _mailroom(self) -> Mailroom:
        return self._session.mailroom()
