"""Kernel locks: one puller and one pusher per home; a killed holder leaves nothing behind."""

import fcntl
import os
import time
from pathlib import Path

from data.database import lock_file, open_lock_file
from data.errors import Busy

STEP = 0.05


class Lock:
    """An flock on a file of its own. As a context manager it raises Busy when somebody else holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """True while this object holds the lock."""
        return self._handle is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; never waits. True when it is ours now; Unwritable without locks."""
        if self._handle is not None:
            return True
        handle = open_lock_file(self.path)
        taken = False
        try:
            taken = lock_file(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, self.path)
        finally:
            if not taken:
                os.close(handle)
        self._handle = handle if taken else None
        return taken

    def wait(self, seconds: float) -> None:
        """Take the lock as soon as it is free; Busy when it is not within `seconds`."""
        until = time.monotonic() + seconds
        while not self.try_acquire():
            if time.monotonic() > until:
                raise Busy(f"Another triage holds the {self.path.stem} lock; this one goes on without.")
            time.sleep(STEP)

    def release(self) -> None:
        """Give the lock back; the file stays, so that no two processes ever lock different files of one name."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> "Lock":
        if not self.try_acquire():
            raise Busy(f"Another triage holds the {self.path.stem} lock; this one goes on without.")
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()


def pull_lock(home: Path) -> Lock:
    """The lock of the one process that may pull into the cache of this home."""
    return Lock(home / "pull.lock")


def push_lock(home: Path) -> Lock:
    """The lock of the one process that may push from the outbox of this home."""
    return Lock(home / "push.lock")


def outreach_lock(home: Path) -> Lock:
    """The lock of the one process that may let messages leave this home."""
    return Lock(home / "outreach.lock")
