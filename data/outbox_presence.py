"""Who has the outbox open, and that there was one: a lock file beside it, so that no lost outbox goes unnoticed."""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from data.database import BUSY_SECONDS, Unwritable, lock_file, make_directory, open_lock_file
from data.errors import Busy

FILE_NAME = "outbox.db"
LOCK_NAME = "outbox.lock"
_MARK = "There is an outbox beside this file. triage does not begin another one by itself.\n"


def attend(directory: Path) -> int | None:
    """Hold the lock shared, for as long as the outbox is open; None where the directory cannot be written.

    Without a lock nothing can be upgraded or put aside there either. Raises Unwritable where there are no locks.
    """
    path = directory / LOCK_NAME
    try:
        handle = open_lock_file(path)
    except Unwritable:
        return None
    try:
        lock_file(handle, fcntl.LOCK_SH, path)
    except Unwritable:
        os.close(handle)
        raise
    return handle


def leave(presence: int | None) -> None:
    """Give the lock back."""
    if presence is not None:
        os.close(presence)


def was_here(presence: int | None) -> bool:
    """Return whether an outbox stood here before."""
    return presence is not None and os.fstat(presence).st_size > 0


def is_lost(path: Path) -> bool:
    """Return whether an outbox stood at `path` and is gone; opens nothing."""
    lock = path.with_name(LOCK_NAME)
    return not path.exists() and lock.exists() and lock.stat().st_size > 0


def remember(presence: int | None) -> None:
    """Note that an outbox stands here. A full disk may forget it: then only the notice of a loss is lost."""
    if presence is not None and os.fstat(presence).st_size == 0:
        try:
            os.pwrite(presence, f"{_MARK}{uuid.uuid4().hex}\n".encode(), 0)
        except OSError:
            return


def name_of(presence: int | None) -> str:
    """Return the name that the outbox was given when it was begun, empty where it has none."""
    lines = os.pread(presence, 1000, 0).decode("ascii", "replace").split() if presence is not None else []
    return lines[-1] if lines else ""


@contextmanager
def alone(presence: int | None, path: Path) -> Iterator[None]:
    """Wait a little until nobody else has the outbox open, and keep it so; raises Busy, Unwritable."""
    if presence is None:
        raise Unwritable(path, "cannot be upgraded or put aside: its directory cannot be written.")
    ends = time.monotonic() + BUSY_SECONDS
    while not lock_file(presence, fcntl.LOCK_EX | fcntl.LOCK_NB, path):
        if time.monotonic() > ends:
            raise Busy(f"{path}: another triage has it open. Close that first.")
        time.sleep(0.02)
    try:
        yield
    finally:
        lock_file(presence, fcntl.LOCK_SH, path)


def put_aside(directory: Path, now: datetime) -> Path | None:
    """Move outbox.db and its journal into a directory beside it and forget it, so that an empty one may begin.

    Returns that directory, None when there was nothing to move. The journal goes first: left behind it would be played
    into the next outbox. Raises Busy, Unwritable.
    """
    path = directory / FILE_NAME
    presence = attend(directory)
    aside = directory / f"outbox-set-aside-{now:%Y%m%dT%H%M%S}"
    try:
        with alone(presence, path):
            found = [one for one in (path.with_name(f"{FILE_NAME}-journal"), path) if one.exists()]
            for one in found:
                make_directory(aside)
                one.replace(aside / one.name)
            if presence is not None:
                os.ftruncate(presence, 0)
    except OSError as error:
        raise Unwritable(path, f"cannot be put aside ({error}).") from error
    finally:
        leave(presence)
    return aside if found else None
