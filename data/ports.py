"""The protocols by which screens reach the desk, and the values that pass through them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from data.account import Account, Entry, Member, Value
from data.assessment import Row, Verdict
from data.identity import Identity
from data.ports_bulk import BulkPort
from data.ports_cases import CasesPort
from data.ports_health import HealthPort
from data.ports_kept import KeptPort
from data.ports_list import Header, RowList, Sort, View
from data.ports_outreach import OutreachPort
from data.ports_portfolio import PortfolioPort
from data.remedy import Change, Draft, Order, Preview
from data.safe_text import SafeText
from data.unseen import Stood

# What `audit_state` says of a backend without a trail.
OWN_CHAIN = "kept here: this backend has no audit trail"


class Detail(Value, frozen=True):
    """Everything the pane and the account screen show of one account; `before` where it changed since one looked.

    `me` is one's own staff id.
    """

    row: Row
    account: Account
    verdicts: tuple[Verdict, ...]
    pending: tuple[Change, ...]
    trail: tuple[Entry, ...]
    synced_at: datetime | None
    before: Stood | None = None
    me: str | None = None


class Earlier(Value, frozen=True):
    """An earlier reset within 30 days (A13); `talked` when a conversation was logged since."""

    name: SafeText
    at: datetime
    reason: SafeText | None
    talked: bool
    ack_word: str


class Form(Value, frozen=True):
    """An open remedy form. `change_id` was made when it opened; `earlier` only for the repeat-reset check A13.

    `at_once`: the customer sees what the kind does at once, where it does so by the contract.
    """

    change_id: str
    kind: str
    detail: Detail
    workspace_id: str | None
    workspace_choices: tuple[tuple[str, SafeText], ...]
    tier_choices: tuple[str, ...]
    members: tuple[Member, ...]
    members_known: bool
    earlier: Earlier | None
    draft: Draft | None
    recent_reasons: tuple[SafeText, ...]
    hold_seconds: float
    needs_confirm: str | None
    at_once: bool = True
    ack_word: str = ""


class Undo(Value, frozen=True):
    """An open form that sets an applied change back; `note` is what does not come back with it."""

    of: Change
    form: Form
    note: str


class Desk(HealthPort, CasesPort, BulkPort, KeptPort, OutreachPort, PortfolioPort, Protocol):
    """The day's work without a terminal. Local and quick unless said otherwise; errors are `data.errors`."""

    read_only: bool
    base_url: str
    by_password: bool

    # --- the list ---
    def header(self) -> Header:
        """Counts, data age, outbox, identity, link."""
        ...

    def open_list(self, view: View, sort: Sort, text: str, untouched: bool = False) -> RowList:
        """Open a list; quick at any size of the book."""
        ...

    def detail(self, account_id: str) -> Detail | None:
        """One account in full, None when it is not in the cache."""
        ...

    def why_gone(self, account_id: str) -> str:
        """One clause on why an account left the list: who did what, when."""
        ...

    def reassess(self) -> int:
        """Re-assess the rows whose `good_until` has passed; returns how many changed."""
        ...

    # --- remedies and records ---
    def open_form(self, kind: str, account_id: str, workspace_id: str | None = None) -> Form:
        """Open a remedy form; raises NotAllowed (permission named), Rejected."""
        ...

    def preview(self, order: Order) -> Preview:
        """Before, after and guards of a remedy."""
        ...

    def reason_problem(self, reason: str) -> str | None:
        """What is wrong with a reason (A14), or None."""
        ...

    def submit(self, order: Order, change_id: str | None = None, hold: bool = True) -> Change:
        """Queue a change with its audit entry, in one transaction; raises Rejected, NotAllowed."""
        ...

    def save_draft(self, draft: Draft) -> None:
        """Keep a half-filled form."""
        ...

    # --- the outbox ---
    def outbox(self) -> Sequence[Change]:
        """All rows, needs-you first, then on their way, then finished, newest first."""
        ...

    def take_back(self, change_id: str) -> Change:
        """Discard a held or queued row that was never sent; raises NotPossible."""
        ...

    def last_held(self) -> Change | None:
        """The held change that `u` would take back: the latest one."""
        ...

    def undo_form(self, change_id: str) -> Undo:
        """The form of a compensating change; NotPossible says why there is none. Raises NotAllowed, SignedOut."""
        ...

    def undo_last(self, account_id: str) -> Undo:
        """The same of my latest remedy that was applied to an account."""
        ...

    def retry(self, change_id: str) -> Change:
        """Make a queued or unknown row due now, same id and bytes; raises NotPossible."""
        ...

    def discard(self, change_id: str, reason: str) -> Change:
        """Discard with a reason; raises NotPossible, Rejected."""
        ...

    def decide(self, change_id: str, happened: bool, reason: str) -> Change:
        """Say of a change that nobody can look up: it happened, or it did not and may be sent once more.

        Raises NotPossible, Rejected, SignedOut.
        """
        ...

    def reauthor(self, change_id: str, reason: str, hold: bool = True, acknowledged: tuple[str, ...] = ()) -> Change:
        """Write a change again from what the account is now, with a new id; raises NotPossible, Rejected."""
        ...

    def first_sent(self, change_id: str) -> datetime | None:
        """When the tries of a change without a known outcome began; None where that is not known."""
        ...

    def conflict_view(self, change_id: str) -> "ConflictView":
        """Saw, now and yours of a conflict."""
        ...

    # --- audit ---
    def audit(self, account_id: str | None, before: int | None, limit: int) -> Sequence[Entry]:
        """Audit entries newest first, older than seq `before`."""
        ...

    def audit_state(self) -> str:
        """One sentence on the chain: verified how far, or what is wrong."""
        ...

    def audit_problem(self) -> str | None:
        """What the last rounds found wrong with the chain or its keys, None where nothing is."""
        ...

    # --- the link (these only nudge the sync thread; nothing here waits for the network) ---
    def start(self, on_change: Callable[[], None]) -> None:
        """Start the sync thread; `on_change` is called from it whenever something may look different."""
        ...

    def sync_now(self) -> None:
        """Push and pull now."""
        ...

    def look_up(self, change_id: str) -> None:
        """Ask the server what became of a change, in the background."""
        ...

    def want_members(self, account_id: str, workspace_id: str) -> None:
        """Fetch the members of a workspace that are not known here, in the background."""
        ...

    def sign_in(self, token: str, keep: bool) -> tuple[Identity, str]:
        """Check the token by `/v1/me` (waits for the network: call it from a thread) and keep it if asked.

        Returns who it is and, in a few words, where the token is kept (empty where it is not).
        """
        ...

    def sign_in_by_password(self, email: str, password: str, otp: str, keep: bool) -> tuple[Identity, str]:
        """The same with an e-mail address, a password and a one-time code (may be empty), where `by_password` holds."""
        ...

    def keyring_problem(self) -> str:
        """Return what kept the keyring from giving a token, in one sentence; empty where nothing did."""
        ...

    def stop(self) -> int:
        """Tell the sync thread to end, without waiting; returns how many changes wait."""
        ...


class ConflictView(Value, frozen=True):
    """A conflict in three columns; `fields` are (contract name, saw, now, yours, moved), `workspaces` names by id."""

    change: Change
    saw_at: datetime
    now_at: datetime | None
    fields: tuple[tuple[str, Any, Any, Any, bool], ...]
    workspaces: Mapping[str, SafeText]
