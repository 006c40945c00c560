"""The protocol by which screens ask for one remedy on many accounts, and the values that pass through it."""

from collections.abc import Sequence
from typing import Protocol

from data.account import Value
from data.assessment import Row
from data.remedy import Change, Order, Preview
from data.safe_text import SafeText

# `change_admin` is missing: who becomes admin differs from account to account.
BULK = ("reset_usage", "grant_trial", "apply_discount", "change_tier", "claim")


class Bulk(Value, frozen=True):
    """An open bulk form; `needs_reason` is False for records, which are not held either; `at_once` as in `Form`."""

    kind: str
    tier_choices: tuple[str, ...]
    recent_reasons: tuple[SafeText, ...]
    hold_seconds: float
    needs_reason: bool
    at_once: bool = True


class BulkLine(Value, frozen=True):
    """One account of a bulk form: what would happen to it, or why it is left out (`against`).

    `order` is what would be submitted, the workspace chosen; `note` what speaks up without refusing. `of_field`: what
    is against it speaks of a parameter that all lines share.
    """

    order: Order
    name: SafeText
    row: Row | None
    workspace: SafeText | None
    preview: Preview | None
    against: str
    note: str
    of_field: bool = False


class Standing(Value, frozen=True):
    """How the changes of a bulk run stand by now; `total` are those that were queued."""

    total: int
    applied: int
    waiting: int
    needs_you: int
    discarded: int


class BulkPort(Protocol):
    """Local and quick; errors are `data.errors`."""

    def rows(self, ids: Sequence[str]) -> Sequence[Row]:
        """The rows of these accounts as they are now, in no order; those that left the book are missing."""
        ...

    def open_bulk(self, kind: str) -> Bulk:
        """Open a bulk form; raises NotAllowed (permission named), SignedOut, Rejected."""
        ...

    def bulk_line(self, order: Order, seq: int) -> BulkLine:
        """What an order would do to its account; `seq` is the account's as it was marked: another refuses it."""
        ...

    def submit_line(self, line: BulkLine, seq: int, reason: str, change_id: str) -> Change:
        """Queue the change of one line with its audit entry, in a transaction of its own; raises Rejected, NotAllowed.

        The same `change_id` twice is queued once.
        """
        ...

    def standing(self, change_ids: Sequence[str]) -> Standing:
        """How these changes stand."""
        ...

    def held_among(self, change_ids: Sequence[str]) -> Sequence[str]:
        """Those of these changes that are still held."""
        ...
