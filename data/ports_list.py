"""What a list shows and how it is asked for: views, orders, counts, the header above it, a window of its rows."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from data.account import Value
from data.assessment import Row
from data.identity import Identity


class View(StrEnum):
    """The views of the inbox, by their key."""

    AT_RISK = "0"
    BLOCKED = "1"
    AT_CAP = "2"
    NEAR_CAP = "3"
    DOWNGRADED = "4"
    SIGNALS = "5"
    DRIFT = "6"
    RED = "7"
    BOOK = "9"


class Sort(StrEnum):
    """The indexed sort orders."""

    SEVERITY = "severity"
    MRR = "mrr"
    HEALTH = "health"
    PRIORITY = "priority"
    RENEWAL = "renewal"
    SLA = "sla"
    LAST_LOGIN = "last_login"
    NAME = "name"


class Link(StrEnum):
    """How the connection to the backend stands."""

    FINE = "fine"
    SYNCING = "syncing"
    OFFLINE = "offline"
    FAILING = "failing"
    SIGNED_OUT = "signed_out"
    RATE_LIMITED = "rate_limited"
    DISK = "disk"


class SyncStatus(Value, frozen=True):
    """What the sync thread last said; `fetched` of `expected` accounts while a pull runs (0: unknown)."""

    link: Link
    since: datetime | None
    sentence: str
    fetched: int
    expected: int
    next_try_at: datetime | None


class Counts(Value, frozen=True):
    """Accounts per view, snoozed ones apart; maintained by index, never by walking the book.

    `late` are Red accounts with a clock that ran out (R11).
    """

    blocked: int
    at_cap: int
    near_cap: int
    downgraded: int
    signals: int
    book: int
    snoozed: int
    drift: int = 0
    red: int = 0
    late: int = 0

    @property
    def at_risk(self) -> int:
        """1–4 add up to 0."""
        return self.blocked + self.at_cap + self.near_cap + self.downgraded


class OutboxCounts(Value, frozen=True):
    """How many changes are held or waiting, being sent, or need a person."""

    held: int
    queued: int
    sending: int
    needs_you: int

    @property
    def waiting(self) -> int:
        """Everything that leaves by itself."""
        return self.held + self.queued + self.sending


class Header(Value, frozen=True):
    """Line 1 and the tabs: counts, data age, outbox, who and where. `synced_at` None: no complete sync yet.

    `notice` is what there is to say about this home's files, empty where they are as they were. `live`: the backend
    tells of changes as they happen.
    """

    profile: str
    who: Identity | None
    counts: Counts
    outbox: OutboxCounts
    synced_at: datetime | None
    stale: bool
    status: SyncStatus
    notice: str = ""
    live: bool = False


class ListLine(Value, frozen=True):
    """A row with the overlay of what is pending on it: `mark` is "!", "…", "⇡" or "" (needs you > sending > held).

    `changed` names what changed since a person last opened the account (data.unseen).
    """

    row: Row
    mark: str
    changed: tuple[str, ...] = ()


class RowList(Protocol):
    """One opened list: a view, an order, a filter. Holds ids only; lines are read by window."""

    @property
    def total(self) -> int:
        """How many accounts the list holds, as far as that is known."""
        ...

    @property
    def at_least(self) -> bool:
        """True while `total` may still rise."""
        ...

    @property
    def growing(self) -> bool:
        """True while only its beginning has been looked up."""
        ...

    def grow(self, seconds: float = ...) -> bool:
        """Look up more of it, for so long (a few milliseconds); True when what was shown so far has changed."""
        ...

    def window(self, start: int, stop: int) -> Sequence[ListLine]:
        """The lines [start, stop), fewer at the end."""
        ...

    def first(self, count: int) -> Sequence[ListLine]:
        """The first lines; of a long list no more than these are looked up."""
        ...

    def position(self, account_id: str) -> int | None:
        """Where the account stands in this list, None when it is not in it."""
        ...
