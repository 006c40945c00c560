"""Decode the delta of accounts: JSON pages, and the NDJSON stream with its trailer."""

import time
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from data.account import Account, Id, Tombstone, Value
from data.backends.port import Batch, Item, Line
from data.errors import BadAnswer, Offline
from data.wire import decode, decoder, mended, not_the_contracts, refuse_edges

LINES_A_BATCH = 1000
BYTES_A_BATCH = 8 * 1024 * 1024
MOST = 2_000_000
MAX_LINE = 1024 * 1024
LARGEST = 2**53
CUT = "The stream of accounts was cut off; what came is kept, the next sync goes on from there."


class PageBody(Value, frozen=True):
    """`GET /v1/accounts` as JSON, its accounts still undecoded."""

    epoch: str
    accounts: tuple[msgspec.Raw, ...]
    next_after: int | None
    more: bool
    complete_through: str | None


class _PageShape(Value, frozen=True):
    """A page whose items are looked at one by one, so that a million of nothing is refused before any is kept."""

    accounts: Annotated[tuple["_Removed", ...], msgspec.Meta(max_length=1000)]


class Trailer(Value, frozen=True):
    """The line that closes a stream; `count` lines came before it, tombstones included."""

    epoch: str
    next_after: int | None
    count: int
    complete_through: str | None


class _Removed(Value, frozen=True):
    id: Id
    seq: int
    deleted: bool = False


account_decoder = decoder(Account)
_removed = decoder(_Removed)
_trailers = decoder(Trailer)
page_decoder = decoder(PageBody)
page_shape = decoder(_PageShape)


class Collector:
    """Gathers lines into batches and holds the order: every `seq` above the one before.

    Those after the first `decode_first` are left undecoded (None: all are decoded).
    """

    def __init__(
        self, epoch: str, cursor: int | None, complete_through: str | None, decode_first: int | None = None
    ) -> None:
        self.epoch = epoch
        self.cursor = cursor or 0
        self.count = 0
        self.complete_through = complete_through
        self._started = cursor is not None
        self._bytes = 0
        self._decode_first = MOST if decode_first is None else decode_first
        self._items: list[Item] = []
        self._lines: list[Line] = []
        self._tombstones: list[Tombstone] = []

    def __len__(self) -> int:
        return len(self._items) + len(self._lines) + len(self._tombstones)

    @property
    def full(self) -> bool:
        """True when there is enough for a batch, by number or by size."""
        return len(self) >= LINES_A_BATCH or self._bytes >= BYTES_A_BATCH

    def add(self, raw: bytes) -> None:
        """Decode one account or tombstone; BadAnswer when it is neither or out of order."""
        try:
            self._add(raw)
        except msgspec.DecodeError:
            whole = mended(raw)
            if whole == raw:
                raise
            self._add(whole)

    def _add(self, raw: bytes) -> None:
        self._bytes += len(raw)
        if self.count >= self._decode_first and (head := _head(raw)) is not None and not head.deleted:
            self._advance(head.seq)
            self._lines.append(Line(head.id, head.seq, raw))
            return
        refuse_edges(raw)
        head = _head(raw) if b'"deleted"' in raw else None
        if head is not None and head.deleted:
            self._advance(head.seq)
            self._tombstones.append(Tombstone(head.id, head.seq))
            return
        account = _sized(account_decoder.decode(raw))
        self._advance(account.seq)
        if self.count > self._decode_first:
            self._lines.append(Line(account.id, account.seq, raw))
        else:
            self._items.append(Item(account, raw))

    def _advance(self, seq: int) -> None:
        if abs(seq) > LARGEST or (seq <= self.cursor and self._started):
            raise BadAnswer(f"The accounts came out of order (seq {seq} after {self.cursor}).")
        self._started = True
        self.cursor = seq
        self.count += 1
        if self.count > MOST:
            raise BadAnswer(f"The server sent more than {MOST:,} accounts in one sync. Is base_url the right one?")

    def batch(self, *, last: bool) -> Batch:
        """Return what was gathered and begin anew."""
        made = Batch(
            epoch=self.epoch,
            items=tuple(self._items),
            lines=tuple(self._lines),
            tombstones=tuple(self._tombstones),
            cursor=self.cursor,
            last=last,
            complete_through=self.complete_through,
        )
        self._items, self._lines, self._tombstones, self._bytes = [], [], [], 0
        return made


def _head(raw: bytes) -> _Removed | None:
    """What orders an account or tombstone; None where a line is neither, or only its whole can tell."""
    try:
        return _removed.decode(raw)
    except msgspec.DecodeError:
        return None


def page_batch(page: PageBody, gathered: Collector) -> Batch:
    """Return a JSON page as a batch; BadAnswer when an account does not decode or a page leads nowhere."""
    if page.epoch != gathered.epoch:
        raise BadAnswer("The server started its history over in the middle of a sync. Sync again.")
    gathered.complete_through = page.complete_through
    before = gathered.cursor
    try:
        for raw in page.accounts:
            gathered.add(bytes(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"An account is {not_the_contracts(error)}") from None
    if page.next_after is not None:
        if page.accounts and page.next_after < gathered.cursor:  # an empty page of a new epoch may lie below ours
            raise BadAnswer("A page's next_after lies before its last account.")
        gathered.cursor = page.next_after
    if page.more and (gathered.cursor <= before or not page.accounts):
        raise BadAnswer("A page says that more follows, but leads nowhere.")
    return gathered.batch(last=not page.more)


class Unfinished(bytes):
    """What stood behind the last line feed when the stream ended."""


def lines(chunks: Iterable[bytes], patience: float) -> Iterator[bytes]:
    """Split a stream into lines of at most 1 MiB, without the line feed; the end without one comes as `Unfinished`.

    Offline when a line takes more than `patience` seconds.
    """
    rest = bytearray()
    begun = time.monotonic()
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest += first
        if len(rest) > MAX_LINE or max(map(len, others), default=0) > MAX_LINE:
            raise BadAnswer("The server sent a line of more than 1 MiB. Is base_url the right one?")
        if others:
            yield bytes(rest)
            yield from others[:-1]
            rest = bytearray(others[-1])
            begun = time.monotonic()
        elif time.monotonic() - begun > patience:
            raise Offline("The stream of accounts came to a standstill; the next sync goes on from where it stopped.")
    if rest:
        yield Unfinished(rest)


def stream_batches(chunks: Iterable[bytes], gathered: Collector, patience: float) -> Iterator[Batch]:
    """Yield the batches of an NDJSON stream; whatever came whole is yielded before an error is raised.

    Offline when the stream ends without its trailer, BadAnswer when a line or the trailer is not the contract's.
    """
    trailer: Trailer | None = None
    failed: Offline | BadAnswer = Offline(CUT)
    source = lines(chunks, patience)
    try:
        for raw in source:
            trailer = _take(raw, gathered)
            if trailer is not None:
                _check(trailer, gathered, source)
                break
            if gathered.full:
                yield gathered.batch(last=False)
    except (Offline, BadAnswer) as error:
        trailer, failed = None, error
    if trailer is not None:
        yield gathered.batch(last=True)
        return
    if len(gathered):
        yield gathered.batch(last=False)
    raise failed


def _take(raw: bytes, gathered: Collector) -> Trailer | None:
    """Add an account or tombstone; return the trailer when `raw` is that instead."""
    try:
        gathered.add(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return _trailers.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if isinstance(raw, Unfinished):
                raise Offline(CUT) from None
            raise BadAnswer(f"An account is {not_the_contracts(error)}") from None
    return None


def _check(trailer: Trailer, gathered: Collector, source: Iterator[bytes]) -> None:
    if trailer.epoch != gathered.epoch:
        raise BadAnswer("The server started its history over in the middle of a sync. Sync again.")
    if trailer.count != gathered.count:
        raise BadAnswer(f"The stream says {trailer.count} lines, but {gathered.count} came.")
    if any(line.strip() for line in source):
        raise BadAnswer("The stream goes on after its trailer.")
    if trailer.next_after is not None and trailer.next_after > gathered.cursor:
        gathered.cursor = trailer.next_after
    gathered.complete_through = trailer.complete_through


def read_account(raw: bytes) -> Item:
    """Return one account with the bytes it came as."""
    return Item(_sized(decode(raw, account_decoder)), raw)


def read_line(raw: bytes) -> Item:
    """Decode an account that a batch left undecoded; BadAnswer where it is none."""
    try:
        try:
            refuse_edges(raw)
            return Item(_sized(account_decoder.decode(raw)), raw)
        except msgspec.DecodeError:
            whole = mended(raw)
            refuse_edges(whole)
            return Item(_sized(account_decoder.decode(whole)), whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"An account is {not_the_contracts(error)}") from None


def _sized(account: Account) -> Account:
    """Refuse numbers that no column can hold; JSON itself has no limit."""
    if max(abs(account.seq), abs(account.version), abs(account.mrr or 0)) > LARGEST:
        raise BadAnswer("An account is not the contract's: a number is far too large.")
    return account
