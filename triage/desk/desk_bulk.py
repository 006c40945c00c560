"""The part of the desk that screens ask about many accounts at once (data.ports_bulk.BulkPort), and about undoing."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from data.assessment import Row
from data.cache import Cache
from data.ports_bulk import Bulk, BulkLine, Standing
from data.remedy import Change, Order

if TYPE_CHECKING:
    from data.ports import Undo
    from triage.desk.bulk import BulkDesk
    from triage.desk.undo import UndoDesk

Told = TypeVar("Told")


class BulkOfDesk:
    """What the desk joins from `BulkDesk`."""

    cache: Cache

    @property
    @abstractmethod
    def _bulk(self) -> "BulkDesk":
        """One remedy on many accounts."""

    @property
    @abstractmethod
    def _undo(self) -> "UndoDesk":
        """What sets an applied change back."""

    @abstractmethod
    def _nudged(self, change: Told) -> Told:
        """Wake the sender."""

    def rows(self, ids: Sequence[str]) -> Sequence[Row]:
        """The rows of these accounts as they are now."""
        return self.cache.rows_of(ids) if ids else ()

    def open_bulk(self, kind: str) -> Bulk:
        """Open a bulk form; raises NotAllowed, SignedOut, Rejected."""
        return self._bulk.open(kind)

    def bulk_line(self, order: Order, seq: int) -> BulkLine:
        """What an order would do to its account, or why it is left out."""
        return self._bulk.line(order, seq)

    def submit_line(self, line: BulkLine, seq: int, reason: str, change_id: str) -> Change:
        """Queue the change of one line in a transaction of its own; raises Rejected, NotAllowed."""
        return self._nudged(self._bulk.submit(line, seq, reason, change_id))

    def undo_form(self, change_id: str) -> "Undo":
        """The form of a compensating change; NotPossible says why there is none."""
        return self._undo.open(change_id)

    def undo_last(self, account_id: str) -> "Undo":
        """The same of my latest remedy that was applied to an account."""
        return self._undo.open(self._undo.last_applied(account_id).change_id)

    def standing(self, change_ids: Sequence[str]) -> Standing:
        """How these changes stand."""
        return self._bulk.standing(change_ids)

    def held_among(self, change_ids: Sequence[str]) -> Sequence[str]:
        """Those of these changes that are still held."""
        return self._bulk.held(change_ids)
