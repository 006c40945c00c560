"""Word of other processes on the same home: a small thread that notices what they wrote, whatever the network does."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

from data.errors import TriageError
from triage.desk.session import Session

LOOK_EVERY = 1.0  # seconds


class Watcher(threading.Thread):
    """A daemon that calls `changed` when anybody, this process included, has written to one of the two files.

    `queued` is called before it where that was the outbox: there may be something to push.
    """

    def __init__(self, session: Session, queued: Callable[[], None], changed: Callable[[], None]) -> None:
        super().__init__(name="triage-watch", daemon=True)
        self._session = session
        self._queued = queued
        self._changed = changed
        self._ended = threading.Event()

    def end(self) -> None:
        """Stop at the next look; nobody waits for it."""
        self._ended.set()

    def run(self) -> None:
        """Look until the end. A file that cannot be read is the sync threads' to tell; it is opened again later."""
        while not self._ended.wait(LOOK_EVERY):
            try:
                self._look_on()
            except (TriageError, sqlite3.Error, OSError):
                continue

    def _look_on(self) -> None:
        cache, outbox = self._session.open_files()
        with closing(cache), closing(outbox):
            before = (outbox.stamp(), cache.stamp())
            self._queued()  # what was written since the sync threads looked for the first time
            self._changed()
            while not self._ended.wait(LOOK_EVERY):
                now = (outbox.stamp(), cache.stamp())
                if now[0] != before[0]:
                    self._queued()
                if now != before:
                    self._changed()
                before = now
