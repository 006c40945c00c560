"""How the connection stands: written by the sync threads, read by whoever draws."""

import threading
from collections.abc import Callable
from datetime import datetime

from data.errors import BadAnswer, FileProblem, NotAllowed, Offline, RateLimited, ServerFailing, SignedOut, TriageError
from data.ports_list import Link, SyncStatus


class LinkState:
    """The one status both sync threads report to; reading it takes no lock."""

    def __init__(self, clock: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self.status = SyncStatus(Link.FINE, None, "", 0, 0, None)
        self._live = False

    @property
    def live(self) -> bool:
        """True while the backend tells of changes as they happen."""
        return self._live

    @live.setter
    def live(self, live: bool) -> None:
        if live != self._live:
            self._live = live
            self._changed()

    @property
    def down(self) -> bool:
        """True while the backend cannot be reached or does not accept us."""
        return self.status.link not in (Link.FINE, Link.SYNCING)

    def fetched(self, count: int, expected: int) -> None:
        """A pull brought `count` accounts so far."""
        self._set(Link.SYNCING, "", fetched=count, expected=expected)

    def fine(self, sentence: str = "") -> bool:
        """The backend answered; returns True when it had not before."""
        returned = self.down
        self._set(Link.FINE, sentence)
        return returned

    def failed(self, error: TriageError, next_try_at: datetime | None) -> None:
        """A round failed; the sentence says why."""
        self._set(link_of(error), str(error), next_try_at=next_try_at)

    def _set(
        self,
        link: Link,
        sentence: str,
        *,
        fetched: int = 0,
        expected: int = 0,
        next_try_at: datetime | None = None,
    ) -> None:
        with self._lock:
            since = self.status.since if self.status.link is link else self._clock()
            made = SyncStatus(link, since, sentence, fetched, expected, next_try_at)
            told = made != self.status
            self.status = made
        if told:
            self._changed()


def link_of(error: TriageError) -> Link:
    """Return the state of the link that an error means."""
    if isinstance(error, FileProblem):
        return Link.DISK
    if isinstance(error, RateLimited):
        return Link.RATE_LIMITED
    if isinstance(error, (ServerFailing, BadAnswer)):
        return Link.FAILING
    if isinstance(error, Offline):
        return Link.OFFLINE
    if isinstance(error, (SignedOut, NotAllowed)):
        return Link.SIGNED_OUT
    return Link.FINE
