"""The desk: everything screens and commands may ask, joined from its parts (data.ports.Desk)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from data.cache import Cache
from data.errors import NotPossible
from data.health_tree import Answer, Tree
from data.health_view import HealthView
from data.identity import Identity
from data.outbox import Outbox
from data.ports import ConflictView, Detail, Form
from data.ports_list import Header, RowList, Sort, View
from data.ports_outreach import Channel, FollowUpDue, Message, OutreachForm
from data.ports_portfolio import BookReport
from data.remedy import Change, Draft, Order, Preview
from triage.desk.desk_parts import DeskParts
from triage.desk.inbox import Inbox
from triage.desk.link import LinkState
from triage.desk.news import home_news, network_note
from triage.desk.session import Session

if TYPE_CHECKING:
    from data.interview_view import InterviewView, TreeChange
    from triage.desk.listen import Listener
    from triage.desk.watch import Watcher
    from triage.desk.workers import Puller, Pusher

Told = TypeVar("Told")


class Desk(DeskParts):
    """The day's work on one profile. Belongs to the thread that opened it, but for `sign_in` and `reassess`."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self.session = session
        self.cache = cache
        self.box = outbox
        self.read_only = session.place.read_only
        self.base_url = session.place.base_url
        self.by_password = session.begin is not None
        self.news: tuple[str, ...] = ()
        self.place_note = ""
        self._changed: Callable[[], None] = lambda: None
        self._link = LinkState(session.clock, self._tell)
        self._puller: Puller | None = None
        self._pusher: Pusher | None = None
        self._watcher: Watcher | None = None
        self._listener: Listener | None = None
        self._inbox = Inbox(session, cache, outbox)

    @classmethod
    def open(cls, session: Session) -> "Desk":
        """Open both files; OutboxDamaged, WrongBackend."""
        desk = cls(session, *session.open_files())
        desk.news = tuple(home_news(desk.cache, desk.box))
        for sentence in desk.news:
            session.say(sentence)
        desk.place_note = network_note(desk.cache, desk.box)
        return desk

    def close(self) -> None:
        """Close both files."""
        self.cache.close()
        self.box.close()

    # --- the list ---
    def header(self) -> Header:
        """Counts, data age, outbox, identity, link."""
        notice = " ".join(filter(None, (*self.news, self.place_note)))
        return self._inbox.header(self._link.status, notice, self._link.live)

    def open_list(self, view: View, sort: Sort, text: str, untouched: bool = False) -> RowList:
        """Open a list; quick at any size of the book."""
        return self._inbox.open_list(view, sort, text, untouched)

    def detail(self, account_id: str) -> Detail | None:
        """One account in full, None when it is not in the cache."""
        return self._inbox.detail(account_id)

    def health(self, account_id: str) -> HealthView | None:
        """One account's health in full, None when it is not in the cache."""
        return self._health.view(account_id)

    def interview(self, account_id: str, said: Mapping[str, Answer | None]) -> "InterviewView | None":
        """The decision tree after what was said, None when the account is not in the cache."""
        return self._interview.view(account_id, said)

    def record_assessment(self, view: "InterviewView", reason: str = "") -> Change:
        """Queue the outcome of a finished interview as it was shown; raises NotPossible, Rejected, NotAllowed."""
        return self.submit(self._interview.order(view, reason), hold=False)

    def tree_waiting(self) -> Tree | None:
        """The tree that the config names and nobody has accepted yet (D18)."""
        return self.session.trees.waiting()

    def compare_trees(self, new: Tree, progress: Callable[[int], bool]) -> "TreeChange":
        """What another tree would change, over a connection of its own; call it from a thread."""
        from triage.desk.tree_change import compare

        with closing(self.session.open_cache()) as cache:
            return compare(self.session, cache, new, progress)

    def accept_tree(self, shown: "TreeChange") -> None:
        """Let the config's tree take effect; the book is judged anew in the background."""
        self.session.trees.accept(shown.new)
        self._changed()

    def portfolio(self, progress: Callable[[int], None] = lambda read: None) -> BookReport:
        """Walk the book once and add it up, over a connection of its own."""
        from triage.desk.portfolio import read_book

        return read_book(self.session, progress)

    def why_gone(self, account_id: str) -> str:
        """One clause on why an account left the list."""
        return self._inbox.why_gone(account_id)

    def reassess(self) -> int:
        """Re-assess what has lapsed, over a connection of its own; returns how many."""
        from triage.desk.sync import lapsed

        with closing(self.session.open_cache()) as cache:
            return lapsed(self.session, cache)

    # --- remedies and records ---
    def open_form(self, kind: str, account_id: str, workspace_id: str | None = None) -> Form:
        """Open a remedy form; raises NotAllowed, SignedOut, Rejected."""
        return self._remedies.open_form(kind, account_id, workspace_id)

    def preview(self, order: Order) -> Preview:
        """Before, after and guards of a remedy."""
        return self._remedies.preview(order)

    def reason_problem(self, reason: str) -> str | None:
        """What is wrong with a reason (A14), or None."""
        return self._remedies.reason_problem(reason)

    def submit(self, order: Order, change_id: str | None = None, hold: bool = True) -> Change:
        """Queue a change with its audit entry, in one transaction; raises Rejected, NotAllowed, SignedOut."""
        return self._nudged(self._remedies.submit(order, change_id, hold))

    def save_draft(self, draft: Draft) -> None:
        """Keep a half-filled form."""
        self._remedies.save_draft(draft)

    # --- outreach ---
    def open_outreach(self, account_id: str) -> OutreachForm:
        """The account's unfinished draft, else a new one from the template."""
        return self._outreach.open(account_id)

    def save_outreach(self, outreach_id: str, contact: str, subject: str, text: str) -> Message:
        """Keep what a person made of the draft."""
        return self._outreach.save(outreach_id, contact, subject, text)

    def send_outreach(self, outreach_id: str, channel: Channel) -> Message:
        """Queue the intent; once the server has accepted it the message leaves, at most once."""
        return self._nudged(self._outreach.send(outreach_id, channel))

    def settle_outreach(self, outreach_id: str, went_out: bool) -> Message:
        """A person's answer to "did this go out?"."""
        return self._nudged(self._outreach.settle(outreach_id, went_out))

    def drop_outreach(self, outreach_id: str) -> Message:
        """Throw a draft away, one whose intent was never accepted, or one that failed."""
        return self._nudged(self._outreach.drop(outreach_id))

    def outreach(self, account_id: str | None = None) -> Sequence[Message]:
        """Messages of this home, of one account or all, newest first."""
        return self._outreach.messages(account_id)

    def follow_ups(self) -> Sequence[FollowUpDue]:
        """Sent messages of the whole trail that nobody answered, the next due first."""
        return self._outreach.follow_ups()

    def log_reply(self, account_id: str, outreach_id: str, note: str) -> Change:
        """Record an answer: the follow-up is cancelled on every machine."""
        return self._nudged(self._outreach.log_reply(account_id, outreach_id, note))

    # --- the outbox ---
    def outbox(self) -> Sequence[Change]:
        """All rows, needs-you first, then on their way, then finished, newest first."""
        return self._queue.outbox()

    def take_back(self, change_id: str) -> Change:
        """Discard a held or queued row that was never sent; raises NotPossible."""
        return self._nudged(self._queue.take_back(change_id))

    def last_held(self) -> Change | None:
        """The held change that `u` would take back: the latest one."""
        return self.box.last_held(self.session.clock())

    def retry(self, change_id: str) -> Change:
        """Make a queued or unknown row due now; raises NotPossible."""
        return self._nudged(self._queue.retry(change_id))

    def discard(self, change_id: str, reason: str) -> Change:
        """Discard with a reason; raises NotPossible, Rejected."""
        return self._nudged(self._queue.discard(change_id, reason))

    def decide(self, change_id: str, happened: bool, reason: str) -> Change:
        """Say what became of a change that nobody else can tell; raises NotPossible, Rejected, SignedOut."""
        return self._nudged(self._queue.decide(change_id, happened, reason))

    def reauthor(self, change_id: str, reason: str, hold: bool = True, acknowledged: tuple[str, ...] = ()) -> Change:
        """Write a change again from what the account is now; raises NotPossible, Rejected."""
        return self._nudged(self._queue.reauthor(change_id, reason, hold, acknowledged))

    def first_sent(self, change_id: str) -> datetime | None:
        """When the tries of a change without a known outcome began."""
        return self._queue.first_sent(change_id)

    def conflict_view(self, change_id: str) -> ConflictView:
        """Saw, now and yours of a conflict."""
        return self._queue.conflict_view(change_id)

    # --- the link ---
    def start(self, on_change: Callable[[], None]) -> None:
        """Start the sync threads; `on_change` is called from them whenever something may look different."""
        from triage.desk.listen import Listener
        from triage.desk.watch import Watcher
        from triage.desk.workers import Puller, Pusher

        self._changed = on_change
        self._pusher = Pusher(self.session, self._link, self._tell, self._pull_soon)
        self._puller = Puller(self.session, self._link, self._tell, self._pusher.hurry)
        self._watcher = Watcher(self.session, self._pusher.wake, self._tell)
        self._pusher.start()
        self._puller.start()
        self._watcher.start()
        if self.session.place.live:
            self._listener = Listener(self.session, self._link, self._puller.hint)
            self._listener.start()

    def sync_now(self) -> None:
        """Push and pull now."""
        if self._pusher and self._puller:
            self._pusher.hurry()
            self._puller.wake()

    def look_up(self, change_id: str) -> None:
        """Ask the server what became of a change, in the background."""
        if self._pusher:
            self._pusher.look_up(change_id)

    def want_members(self, account_id: str, workspace_id: str) -> None:
        """Fetch the members of a workspace in the background; nothing happens before `start`."""
        if self._puller:
            from triage.desk.members import fetch_members

            fetch_members(self.session, account_id, workspace_id, self._tell)

    def sign_in(self, token: str, keep: bool) -> tuple[Identity, str]:
        """Check the token by `/v1/me` (waits for the network) and keep it if asked; who it is, and where it is kept."""
        from triage.desk.sync import recognise

        with closing(self.session.backend(token)) as backend, closing(self.session.open_cache()) as cache:
            identity = backend.identity()
            kept = self.session.token.take(token, keep)
            recognise(self.session, cache, backend)
        for worker in (self._puller, self._pusher, self._listener):
            if worker:
                worker.forget_backend()
        self.sync_now()
        return identity, kept

    def sign_in_by_password(self, email: str, password: str, otp: str, keep: bool) -> tuple[Identity, str]:
        """Begin a session, and sign in with its token; SignedOut says what was not right."""
        if self.session.begin is None:
            raise NotPossible("This backend takes tokens only.")
        return self.sign_in(self.session.begin(email, password, otp), keep)

    def keyring_problem(self) -> str:
        """Why no token came from the keyring."""
        return self.session.token.why()

    def stop(self) -> int:
        """Tell the sync threads to end, without waiting; returns how many changes wait."""
        for worker in (self._puller, self._pusher, self._watcher, self._listener):
            if worker:
                worker.end()
        return self.box.counts().waiting

    def _nudged(self, change: Told) -> Told:
        if self._pusher:
            self._pusher.wake()
        self._changed()
        return change

    def _tell(self) -> None:
        self._changed()

    def _pull_soon(self) -> None:
        if self._puller:
            self._puller.wake()
