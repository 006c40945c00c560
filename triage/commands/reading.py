"""What list, show and check have in common: the cached book, re-assessed where it lapsed; never the network."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from data.assessment import Row
from data.cache import Cache
from data.errors import NoData, OutboxDamaged
from data.outbox import Outbox
from data.ports_list import Sort, View
from data.remedy import Change
from triage.commands.context import Context, emit_json
from triage.commands.joined import open_session
from triage.desk.inbox import Overlay
from triage.desk.session import Session

NO_DATA = "No data yet: triage sync"
ROUNDS = 4
CHUNK = 2000


class Book(Struct, frozen=True):
    """The opened book. `outbox` and `overlay` None: damaged, so that nothing pending can be shown."""

    session: Session
    cache: Cache
    outbox: Outbox | None
    overlay: Overlay | None
    synced_at: datetime
    now: datetime

    def pending(self, account_id: str) -> Sequence[Change]:
        """The changes on one account that are not over yet, in order."""
        return self.overlay.pending(account_id) if self.overlay else ()

    @property
    def age(self) -> float:
        """Seconds since the last complete sync."""
        return (self.now - self.synced_at).total_seconds()


@contextmanager
def open_book(context: Context) -> Iterator[Book]:
    """Open cache and outbox for reading; NoData without one complete sync of this backend, WrongBackend."""
    session = open_session(context, network=False)
    cache = session.open_cache()
    try:
        if cache.rebuilt_why:
            context.say(f"{cache.rebuilt_why} It was only a copy: triage sync fetches the book anew.")
        synced_at = cache.synced_at
        if synced_at is None:
            raise NoData(NO_DATA)
        outbox = _outbox(session, context)
        try:
            now = session.clock()
            _freshen_lapsed(session, cache, now)
            overlay = Overlay(cache, outbox) if outbox else None
            yield Book(session, cache, outbox, overlay, synced_at, now)
        finally:
            if outbox:
                outbox.close()
    finally:
        cache.close()


def no_data(error: NoData, context: Context, json: bool) -> int:
    """Say that there is nothing to read yet; `[]` where JSON was asked for."""
    if json:
        emit_json([])
    context.say(str(error))
    return error.exit_code


def fresh_rows(
    book: Book,
    view: View,
    text: str = "",
    limit: int | None = None,
    sort: Sort = Sort.SEVERITY,
    within: str = "",
) -> list[Row]:
    """The rows of a view in their order, snoozed ones in their place (A17), each assessed for the newest day.

    `within` is a second filter: what it finds among the first one's.
    """
    rows: list[Row] = []
    for _ in range(ROUNDS):  # a re-assessed row may leave the list and let one in that is older again
        numbers = book.cache.ids(view, sort, text, snoozed=True, limit=None if within else limit)
        rows = book.cache.rows(book.cache.narrow(numbers, within)[:limit] if within else numbers)
        if not _freshen_days(book, rows):
            break
    return rows


def fresh_row(book: Book, account_id: str) -> Row | None:
    """One row, assessed for the newest day; None where the book has no such account."""
    row = book.cache.row(account_id)
    if row is not None and _freshen_days(book, [row]):
        row = book.cache.row(account_id)
    return row


def _freshen_lapsed(session: Session, cache: Cache, now: datetime) -> None:
    """Re-assess the rows whose `good_until` has passed or whose policy is another; a day that moved on waits."""
    while accounts := cache.lapsed(now.timestamp(), "", session.rules_mark, CHUNK):
        cache.reassess(accounts, session.assess_for(cache)(cache.complete_through))
        if len(accounts) < CHUNK:
            return


def _freshen_days(book: Book, rows: Sequence[Row]) -> bool:
    """Re-assess those of the rows whose assessment day is before the newest complete one; True if there were any."""
    newest = book.cache.complete_through
    old = [row.id for row in rows if newest is not None and row.day is not None and row.day < newest]
    if not old:
        return False
    accounts = [account for account in map(book.cache.account, old) if account is not None]
    return book.cache.reassess(accounts, book.session.assess_for(book.cache)(newest)) > 0


def _outbox(session: Session, context: Context) -> Outbox | None:
    try:
        return session.open_outbox()
    except OutboxDamaged as error:
        context.say(f"{error} What is pending cannot be shown.")
        return None
