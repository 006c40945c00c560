"""The port: what a billing backend can do for us, and the answers it may give to a change."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from data.account import Account, Entry, Member, Tombstone, Value
from data.identity import Identity
from data.remedy import Manners, Moved, Receipt
from data.safe_text import SafeText


class Capabilities(Value, frozen=True, omit_defaults=True):
    """What a backend offers; the app says what is missing and acts safely without it.

    `lacks` says it in words: ends of a sentence that begins with the backend. `keeps` says what it writes down of a
    change, where it has no audit trail.
    """

    delta: bool
    idempotent: bool
    versions: bool
    audit: bool
    logins: bool
    signals: bool
    kinds: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    keeps: str = ""
    manners: Manners = Manners()


class Item(Value, frozen=True):
    """One account as it came: the decoded value and the bytes it was decoded from."""

    account: Account
    raw: bytes


class Line(Value, frozen=True):
    """One account left undecoded, for whoever judges it; it may turn out to be none."""

    id: str
    seq: int
    raw: bytes


class Batch(Value, frozen=True):
    """A piece of a delta, to be committed with its cursor; `last` is true only with the last page or the trailer.

    Its accounts are `items`, or `lines` where they were left undecoded.
    """

    epoch: str
    items: tuple[Item, ...]
    tombstones: tuple[Tombstone, ...]
    cursor: int
    last: bool
    complete_through: str | None
    lines: tuple[Line, ...] = ()


class Head(Value, frozen=True):
    """The signed head of the audit chain."""

    seq: int
    hash: str
    signature: str
    key_id: str


class AuditPage(Value, frozen=True):
    """A page of the audit trail, by `seq`."""

    entries: tuple[Entry, ...]
    next_after: int
    more: bool


class Submission(Value, frozen=True):
    """What is sent: the same bytes on every try.

    `seen`, for a backend without versions: what the person saw, with what my change before it made of that.
    `sent_at`, for a look-up: when the try began whose outcome nobody knows.
    """

    change_id: str
    body: bytes
    if_match: int | None
    seen: dict[str, Any] = {}
    sent_at: datetime | None = None


# --- the answers to a submission (the answer table of contract.md) ---


class Applied(Value, frozen=True):
    """201, or 200 for a replay: applied; the account as it is now and the receipt, not yet verified."""

    item: Item
    receipt: Receipt
    replayed: bool


class Done(Value, frozen=True):
    """Applied, by the word of a backend that gives no receipt: what it answered, or what was read back from it."""

    why: SafeText


class NotDone(Value, frozen=True):
    """Read back: it was not applied, and nothing of it is under way any more."""

    why: SafeText


class InDoubt(Value, frozen=True):
    """Read back, and it proves neither: the evidence, and in how many seconds it may tell more (None: never)."""

    why: SafeText
    again: float | None = None


class NeverSent(Value, frozen=True):
    """No byte of a change left this machine: nobody listens, no route, no DNS."""

    why: str


class NoVerdict(Value, frozen=True):
    """Sent, then no answer that counts: time-out, cut body, 5xx, HTML, a redirect, another schema.

    `retry_after` in seconds where even such an answer asked for patience; the outcome stays unknown all the same.
    """

    why: str
    retry_after: float | None = None


class NotYet(Value, frozen=True):
    """409 in flight, 429, or 503 with Retry-After: come back in `retry_after` seconds (capped at 15 min)."""

    why: str
    retry_after: float


class AlreadyDone(Value, frozen=True):
    """409 already-done: the dedupe key is taken."""

    why: SafeText


class TokenRefused(Value, frozen=True):
    """401: the whole push pauses."""

    why: SafeText


class Denied(Value, frozen=True):
    """403: the permission that is missing, in the server's sentence."""

    why: SafeText


class NotThere(Value, frozen=True):
    """404 or 410 as problem+json."""

    why: SafeText


class Moved412(Value, frozen=True):
    """412 or 428: the account changed after the person looked."""

    why: SafeText
    moved: tuple[Moved, ...]


class KeyReused(Value, frozen=True):
    """422 key-reused: the same id with another body; evidence is kept."""

    why: SafeText


class RefusedByRule(Value, frozen=True):
    """400, 413 or another 422: field errors as one sentence."""

    why: SafeText


Answer = (
    Applied
    | Done
    | NotDone
    | InDoubt
    | NeverSent
    | NoVerdict
    | NotYet
    | AlreadyDone
    | TokenRefused
    | Denied
    | NotThere
    | Moved412
    | KeyReused
    | RefusedByRule
)
Found = Applied | Done | NotDone | InDoubt | NotThere | NoVerdict | TokenRefused


class Events(Protocol):
    """One connection on which a backend tells that something changed: a hint to sync, never the data itself."""

    def heard(self) -> Iterator[bool]:
        """Yield True once it listens, then for each piece that arrives whether there was an event in it.

        Gone where this server tells nothing; else the errors of reading.
        """
        ...

    def hang_up(self) -> None:
        """End it, from any thread."""
        ...


@runtime_checkable
class EventSource(Protocol):
    """A backend that tells of changes; the others are asked every `sync_every`."""

    def events(self) -> Events:
        """What to listen to; nothing is sent before `heard`."""
        ...


class BillingBackend(Protocol):
    """A billing backend. Reading raises Offline, ServerFailing, RateLimited, SignedOut, NotAllowed or BadAnswer."""

    base_url: str

    @property
    def capabilities(self) -> Capabilities:
        """What it offers; may be told better once it was asked (logins that nobody may read)."""
        ...

    def identity(self) -> Identity:
        """Who the token belongs to."""
        ...

    def accounts(self, cursor: int | None, decode_first: int | None = None) -> Iterator[Batch]:
        """The delta after `cursor` (None: from the beginning), in batches ordered by seq.

        Accounts after the first `decode_first` may be left undecoded.
        """
        ...

    def account(self, account_id: str) -> Item:
        """One account as it is now."""
        ...

    def members(self, workspace_id: str) -> tuple[Member, ...]:
        """The members of a workspace, promotable first."""
        ...

    def submit(self, submission: Submission) -> Answer:
        """Send a change once. Never raises for the network: every outcome is an Answer."""
        ...

    def outcome(self, sent: Submission) -> Found:
        """What became of a change (look-up); a backend that keeps none by its id reads back what it was to do."""
        ...

    def audit(self, after: int) -> Iterator[AuditPage]:
        """The audit trail after `seq`, page by page."""
        ...

    def head(self) -> Head:
        """The signed head of the audit chain."""
        ...

    def keys(self) -> dict[str, str]:
        """Public Ed25519 keys by key id, base64."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...
