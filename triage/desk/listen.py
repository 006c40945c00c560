"""A thread of the app that hears from the server that something changed, and asks for a sync; never more."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from time import monotonic

from data.backends.port import Events, EventSource
from data.errors import Gone, RateLimited, SignedOut, TriageError
from triage.desk.link import LinkState
from triage.desk.log import log_failed
from triage.desk.session import Session

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STOOD = 30.0  # seconds after which a connection counts as one that holds
BREATH = 0.1  # seconds between two looks at a stream: whoever floods it keeps nobody busy


class Listener(threading.Thread):
    """A daemon that listens as long as the backend tells; without it the app asks every `sync_every`, as ever.

    `hint` is called when it begins to listen (what happened before was not heard) and whenever something changed.
    """

    def __init__(self, session: Session, link: LinkState, hint: Callable[[], None]) -> None:
        super().__init__(name="triage-listen", daemon=True)
        self._session = session
        self._link = link
        self._hint = hint
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._events: Events | None = None
        self._failures = 0

    def end(self) -> None:
        """Hang up; nobody waits for it."""
        self._ended.set()
        self._start_over()

    def forget_backend(self) -> None:
        """Connect anew (another token)."""
        self._failures = 0
        self._start_over()

    def _start_over(self) -> None:
        self._wake.set()
        events = self._events
        if events is not None:
            events.hang_up()

    def run(self) -> None:
        """Listen until the end, with full jitter between 1 s and a minute after a line that broke."""
        while not self._ended.is_set():
            began = monotonic()
            pause: float | None = FIRST_PAUSE
            try:
                pause = self._listen()
            except (Gone, SignedOut):
                pause = None
            except TriageError as error:
                pause = self._failed(error, monotonic() - began)
            except sqlite3.Error:
                pause = LONGEST_PAUSE
            self._link.live = False
            self._wake.wait(pause)
            self._wake.clear()

    def _listen(self) -> float | None:
        """Listen to one connection; returns how long to wait after its end, None: until somebody signs in."""
        with closing(self._session.backend()) as backend:
            if not isinstance(backend, EventSource):
                return None
            self._events = backend.events()
            try:
                if self._ended.is_set():
                    return None
                for told in self._events.heard():
                    self._link.live = True
                    if told:
                        self._hint()
                    if self._ended.wait(BREATH):
                        break
            finally:
                self._events = None
        return FIRST_PAUSE

    def _failed(self, error: TriageError, stood: float) -> float:
        self._failures = 1 if stood > STOOD else self._failures + 1
        if self._failures == 1:
            log_failed(self._session, "listen", error)
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
        pause = max(FIRST_PAUSE / 2, self._session.rng.uniform(0, longest))
        return max(pause, error.retry_after) if isinstance(error, RateLimited) else pause
