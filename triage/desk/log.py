"""triage.log: one line for each round that moved something or failed; counts and our own sentences, nothing foreign."""

import os
from contextlib import suppress
from pathlib import Path

from data.database import make_private
from data.errors import Busy, FileProblem, Offline, SignedOut, SuspiciousSync, TriageError
from data.pull import Pulled
from data.push import Pushed
from data.safe_text import safe_text
from triage.desk.session import Session

LIMIT = 256 * 1024
# Their sentences are written by triage. Others may quote a server, so that only their kind is noted.
_OWN_WORDS = (Offline, SignedOut, Busy, SuspiciousSync, FileProblem)


def log_pushed(session: Session, done: Pushed) -> None:
    """Note what a push did; nothing where it did nothing."""
    if done.pushed or done.conflicts or done.rejected or done.notices:
        counts = f"pushed={done.pushed} conflicts={done.conflicts} rejected={done.rejected} waiting={done.waiting}"
        _write(session, f"push {counts} notices={len(done.notices)}")


def log_delivered(session: Session, sent: int, failed: int, unclear: int, dropped: int) -> None:
    """Note what became of messages; nothing where nothing did."""
    if sent or failed or unclear or dropped:
        _write(session, f"outreach sent={sent} failed={failed} unclear={unclear} dropped={dropped}")


def log_pulled(session: Session, done: Pulled) -> None:
    """Note what a pull brought; nothing where it brought nothing."""
    if done.pulled or done.removed or done.audit_problem:
        counts = f"pulled={done.pulled} removed={done.removed} full={str(done.full).lower()}"
        _write(session, f"pull {counts} audit={'noted' if done.audit_problem else 'fine'}")


def log_failed(session: Session, what: str, error: TriageError) -> None:
    """Note why a round ended early."""
    said = f": {safe_text(str(error))}" if isinstance(error, _OWN_WORDS) else ""
    _write(session, f"{what} failed {type(error).__name__}{said}")


def _write(session: Session, line: str) -> None:
    """Append a line (0600); at 256 KiB the file becomes triage.log.1. A disk that refuses stops nothing."""
    place = session.place
    if place.log_file is not None:
        with suppress(OSError):
            _append(place.log_file, f"{session.clock():%Y-%m-%dT%H:%M:%SZ} {os.getpid()} {place.profile} {line}\n")


def _append(path: Path, line: str) -> None:
    if path.exists() and path.stat().st_size > LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    make_private(path)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
