"""The two sync threads of the app: one pushes, one pulls; daemons of our own, so that quitting never waits for them."""

import queue
import sqlite3
import sys
import threading
from abc import abstractmethod
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from data.backends.port import BillingBackend
from data.cache import Cache
from data.errors import Busy, FileProblem, RateLimited, SignedOut, TriageError
from data.identity import Identity
from data.outbox import Outbox
from triage.desk.case_records import write_case_records
from triage.desk.link import LinkState
from triage.desk.log import log_failed
from triage.desk.session import Session
from triage.desk.sync import lapsed, look_up_round, pull_round, push_and_deliver, recognise

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
BUSY_PAUSE = 5.0
IDLE_PAUSE = 3600.0
HINT_PAUSE = 2.0  # seconds at least from one round to the next that only a hint asks for
HINT_JITTER = 0.5  # so that not all who heard of the same change ask in the same moment
TURN = 0.0005  # seconds that a busy thread keeps whoever types waiting, ten times less than usual


class Worker(threading.Thread):
    """A daemon thread that does rounds, sleeps until the next is due, and can be woken."""

    def __init__(self, name: str, session: Session, link: LinkState) -> None:
        super().__init__(name=name, daemon=True)
        self._session = session
        self._link = link
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._failures = 0
        self._logged: type[TriageError] = TriageError
        self._backend: BillingBackend | None = None
        self._identity: Identity | None = None

    def wake(self) -> None:
        """Do a round now."""
        self._wake.set()

    def end(self) -> None:
        """Stop after what is under way; nobody waits for it."""
        self._ended.set()
        self._wake.set()

    def forget_backend(self) -> None:
        """Connect anew in the next round (another token)."""
        self._identity = None
        self._backend = None

    @property
    def ended(self) -> bool:
        """True when the app is closing."""
        return self._ended.is_set()

    def run(self) -> None:
        """Rounds until the end; only our own errors, SQLite's and those of the files are expected here."""
        sys.setswitchinterval(TURN)
        files: tuple[Cache, Outbox] | None = None
        while not self.ended:
            try:
                files = files or self._session.open_files()
                pause = self._round(*files)
                self._failures = 0
            except Busy:
                pause = BUSY_PAUSE
            except TriageError as error:
                pause = self._failed(error)
            except (sqlite3.Error, OSError) as error:
                pause = self._failed(FileProblem(f"{error}."))
            self._rest(pause)

    def _rest(self, pause: float) -> None:
        self._wake.wait(pause)
        self._wake.clear()

    @abstractmethod
    def _round(self, cache: Cache, outbox: Outbox) -> float:
        """One round; returns how many seconds until the next is due."""

    def _connected(self, cache: Cache) -> tuple[BillingBackend, Identity]:
        if self._backend is None:
            self._backend = self._session.backend()
        if self._identity is None:
            self._identity = recognise(self._session, cache, self._backend)
        return self._backend, self._identity

    def _failed(self, error: TriageError) -> float:
        """Full jitter between 1 s and a minute, or what the server asked for; signed out waits for a person."""
        self._failures += 1
        self._identity = None
        if self._failures == 1 or type(error) is not self._logged:  # not at every try that fails alike
            self._logged = type(error)
            log_failed(self._session, self.name.removeprefix("triage-"), error)
        if isinstance(error, SignedOut):
            self._link.failed(error, None)
            return IDLE_PAUSE
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
        pause = max(FIRST_PAUSE, self._session.rng.uniform(0, longest))
        if isinstance(error, RateLimited):
            pause = max(pause, error.retry_after)
        self._link.failed(error, self._session.clock() + timedelta(seconds=pause))
        return pause


class Puller(Worker):
    """Pulls at the profile's pace and re-assesses what lapses."""

    def __init__(
        self, session: Session, link: LinkState, on_data: Callable[[], None], on_return: Callable[[], None]
    ) -> None:
        super().__init__("triage-pull", session, link)
        self._on_data = on_data
        self._on_return = on_return
        self._soon = threading.Event()
        self._began = 0.0

    def wake(self) -> None:
        """Do a round now."""
        self._wake.set()
        self._soon.set()

    def hint(self) -> None:
        """Something changed on the server: a round soon, but no storm of hints makes a storm of rounds."""
        self._soon.set()

    def end(self) -> None:
        """Stop after what is under way; nobody waits for it."""
        super().end()
        self._soon.set()

    def _rest(self, pause: float) -> None:
        """Wait for the next round. A hint shortens no back-off, and leaves as much rest as the last round took."""
        ends, took = monotonic() + pause, monotonic() - self._began
        woken = self._wake.wait(pause if self._failures else min(pause, max(HINT_PAUSE, took)))
        if not woken and self._soon.wait(max(0.0, ends - monotonic())):
            self._wake.wait(self._session.rng.uniform(0, HINT_JITTER))
        self._wake.clear()
        self._soon.clear()

    def _round(self, cache: Cache, outbox: Outbox) -> float:
        self._began = monotonic()
        if lapsed(self._session, cache):
            self._on_data()
        self._identity = None  # permissions may have changed since the last round
        backend, _ = self._connected(cache)
        expected = cache.size()

        def progress(count: int) -> None:
            if count:
                self._link.fetched(count, expected)

        pulled = pull_round(self._session, backend, cache, outbox, progress=progress)
        wrote = write_case_records(self._session, cache, outbox)
        if self._link.fine(pulled.audit_problem or "") or wrote:
            self._on_return()
        self._on_data()
        return self._session.place.sync_every


class Pusher(Worker):
    """Pushes when something is due: a hold that ends, a retry, a new row, or the link's return."""

    def __init__(
        self, session: Session, link: LinkState, on_data: Callable[[], None], on_moved: Callable[[], None]
    ) -> None:
        super().__init__("triage-push", session, link)
        self._on_data = on_data
        self._on_moved = on_moved
        self._eager = threading.Event()
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()

    def look_up(self, change_id: str) -> None:
        """Ask the server in the next round what became of a change."""
        self._asked.put(change_id)
        self.wake()

    def hurry(self) -> None:
        """The link is back, or a person asked: try every waiting row now, whatever its backoff."""
        self._eager.set()
        self.wake()

    def _round(self, cache: Cache, outbox: Outbox) -> float:
        self._answer_look_ups(cache, outbox)
        if self._session.place.read_only:
            return IDLE_PAUSE
        now = self._session.clock()
        due = outbox.next_due(now)
        eager = self._eager.is_set()
        waits = (due is not None and (eager or due <= now)) or (eager and outbox.parked_for_another())
        if waits or outbox.has_outreach_to_do():
            self._eager.clear()
            backend, identity = self._connected(cache)
            pushed = push_and_deliver(
                self._session, backend, cache, outbox, identity, ignore_backoff=eager, stop=lambda: self.ended
            )
            if pushed.notices:
                self._link.fine(" ".join(pushed.notices))
            self._on_data()
            if pushed.pushed or pushed.conflicts:
                self._on_moved()
            if pushed.signed_out:
                raise SignedOut("The server no longer accepts this token. triage login signs in.")
            due = outbox.next_due(self._session.clock())
        if due is None:
            return IDLE_PAUSE
        return max(0.05, (due - self._session.clock()).total_seconds())

    def _answer_look_ups(self, cache: Cache, outbox: Outbox) -> None:
        while not self._asked.empty():
            backend, _ = self._connected(cache)
            look_up_round(self._session, backend, cache, outbox, self._asked.get_nowait())
            self._on_data()
