"""A delta for a backend that has none: what was seen last is kept as fingerprints, so that only what changed moves.

The journal plays the server's part of the contract: every change gives an account a new `seq`, what staff control a
new `version` too, a vanished account leaves a tombstone. It is written before anything is handed on, and a cursor may
be older than it, so an interrupted sync goes on from where the cache stands.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from data.account import Account, Tombstone, Value
from data.backends.dembrane_files import keep, read_kept
from data.backends.dembrane_guard import Vitals
from data.backends.port import Batch, Item
from data.locks import Lock
from data.wire import encode

FORM = 1
PATIENCE = 120.0
ACCOUNTS_A_BATCH = 1000
JOURNAL, LOCK = "dembrane-delta.json", "dembrane-delta.lock"


class Mark(Value, frozen=True):
    """What the journal holds of one account: its numbers, when they moved, and the fingerprints they stand for."""

    seq: int
    version: int
    at: datetime
    whole: str
    control: str
    gone: bool = False


class Journal(Value, frozen=True):
    """All marks by account id, in the epoch that began with this file; `vitals` of the last book that was believed."""

    form: int
    base_url: str
    epoch: str
    top: int = 0
    marks: dict[str, Mark] = {}
    vitals: Vitals | None = None


_journals = msgspec.json.Decoder(Journal)


class Delta:
    """The journal of one backend in the cache's directory; a file that is lost or damaged begins a new epoch."""

    def __init__(self, directory: Path, base_url: str) -> None:
        self._directory = directory
        self._base_url = base_url

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others out while a book is fetched and compared; Busy when one is still in after two minutes."""
        lock = Lock(self._directory / LOCK)
        lock.wait(PATIENCE)
        try:
            yield
        finally:
            lock.release()

    def journal(self) -> Journal:
        """Return what is kept, an empty one of a new epoch where nothing usable is."""
        found = read_kept(self._directory / JOURNAL, _journals)
        if found is None or found.form != FORM or found.base_url != self._base_url:
            return Journal(FORM, self._base_url, uuid.uuid4().hex)
        return found

    def advance(self, accounts: Sequence[Account], now: datetime, vitals: Vitals) -> Journal:
        """Compare the whole book with the journal, number what changed, and keep the result before it is used."""
        old = self.journal()
        marks, top = dict(old.marks), old.top
        for account in accounts:
            whole, control = fingerprint(account), control_print(account)
            mark = marks.get(account.id)
            if mark is not None and mark.whole == whole and not mark.gone:
                continue
            top += 1
            moved = mark is None or mark.control != control or mark.gone
            version = (mark.version if mark else 0) + moved
            marks[account.id] = Mark(top, version, now, whole, control)
        here = {account.id for account in accounts}
        for account_id, mark in old.marks.items():
            if account_id not in here and not mark.gone:
                top += 1
                marks[account_id] = Mark(top, mark.version + 1, now, "", "", gone=True)
        made = Journal(FORM, self._base_url, old.epoch, top, marks, vitals)
        keep(self._directory / JOURNAL, made)
        return made


def fingerprint(account: Account) -> str:
    """Return a hash of all that is told of an account; a login counts by its hour, else every click would be news."""
    logins = account.admin_logins
    if logins is not None and logins.last_at is not None:
        hour = logins.last_at.replace(minute=0, second=0, microsecond=0)
        account = msgspec.structs.replace(account, admin_logins=msgspec.structs.replace(logins, last_at=hour))
    return _hash(encode(account))


def control_print(account: Account) -> str:
    """Return a hash of what staff control: it moves the version, as a remedy of a colleague would."""
    one = account
    fields = (one.tier, one.tier_expires_at, one.payment_mode, one.revenue_class, one.discount, one.downgraded_at)
    return _hash(encode([fields, sorted(space.id for space in one.workspaces)]))


def _hash(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def numbered(account: Account, mark: Mark) -> Item:
    """Return an account with its numbers, and as the bytes that the cache keeps."""
    made = msgspec.structs.replace(account, seq=mark.seq, version=mark.version, updated_at=mark.at)
    return Item(made, encode(made))


def batches(journal: Journal, accounts: Sequence[Account], cursor: int | None) -> Iterator[Batch]:
    """Yield what lies after `cursor` in order of `seq`, tombstones too; the last piece carries the end."""
    by_id = {account.id: account for account in accounts}
    after = 0 if cursor is None else cursor
    news = sorted((mark.seq, account_id) for account_id, mark in journal.marks.items() if mark.seq > after)
    starts = range(0, max(len(news), 1), ACCOUNTS_A_BATCH)
    for start in starts:
        piece = news[start : start + ACCOUNTS_A_BATCH]
        last = start == starts[-1]
        yield Batch(
            epoch=journal.epoch,
            items=tuple(numbered(by_id[one], journal.marks[one]) for _, one in piece if one in by_id),
            tombstones=tuple(Tombstone(one, seq) for seq, one in piece if one not in by_id),
            cursor=journal.top if last else piece[-1][0],
            last=last,
            complete_through=None,
        )
