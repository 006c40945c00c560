"""The marked accounts of a list: each as it was when a person marked it, and a range on its way."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from data.assessment import Category, Row
from data.safe_text import SafeText

MOST = 500  # accounts that may be marked at once: a table that a person can still look through


class Marked(NamedTuple):
    """What a mark stands for: these facts of the account and no others."""

    name: SafeText
    seq: int
    version: int
    category: Category | None


def marked_as(row: Row) -> Marked:
    """Return what a mark on this row stands for; whatever changes on the account changes it."""
    return Marked(row.name if row.name.strip() else SafeText(row.id), row.seq, row.version, row.category)


class Marks:
    """Ids in the order they were marked. No mark outlives its account, nor a change of the account's data."""

    def __init__(self) -> None:
        self._kept: dict[str, Marked] = {}
        self._range: dict[str, Marked] = {}
        self.anchor: str | None = None

    def __contains__(self, account_id: object) -> bool:
        return account_id in self._kept or account_id in self._range

    def __len__(self) -> int:
        return len(self._kept) + len(self._range)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._kept, *self._range))

    def seqs(self) -> dict[str, int]:
        """The marked accounts with the `seq` they had when they were marked, the range left out."""
        return {account_id: mark.seq for account_id, mark in self._kept.items()}

    @property
    def room(self) -> int:
        """How many more may be marked."""
        return max(0, MOST - len(self))

    def toggle(self, row: Row) -> bool:
        """Mark a row, or take its mark; False where no more may be marked."""
        self.settle()
        if self._kept.pop(row.id, None) is None:
            if not self.room:
                return False
            self._kept[row.id] = marked_as(row)
        return True

    def add(self, rows: Iterable[Row]) -> bool:
        """Mark these too; False where some had no room."""
        self.settle()
        for row in rows:
            if row.id not in self._kept:
                if not self.room:
                    return False
                self._kept[row.id] = marked_as(row)
        return True

    def drop(self, ids: Iterable[str]) -> None:
        """Take these marks."""
        for account_id in ids:
            self._kept.pop(account_id, None)
            self._range.pop(account_id, None)

    def clear(self) -> None:
        """Take every mark."""
        self._kept.clear()
        self.cancel()

    # --- the range ---

    def begin(self, row: Row) -> None:
        """Start a range at a row."""
        self.settle()
        self.anchor = row.id
        self.stretch([row])

    def stretch(self, rows: Sequence[Row]) -> bool:
        """Let the range be these rows, the anchor first; False where some had no room."""
        self._range.clear()
        for row in rows:
            if row.id not in self._kept:
                if not self.room:
                    return False
                self._range[row.id] = marked_as(row)
        return True

    def settle(self) -> None:
        """End the range and keep what it holds."""
        self._kept |= self._range
        self.cancel()

    def cancel(self) -> None:
        """End the range and drop what only it holds."""
        self._range.clear()
        self.anchor = None

    # --- after the data has changed ---

    def renew(self, rows: Iterable[Row]) -> list[SafeText]:
        """Keep the marks of accounts that are as they were; returns the names of those that lost theirs.

        `rows` are the marked accounts as they are now; one that is not among them is no longer in the book.
        """
        now = {row.id: marked_as(row) for row in rows}
        lost = []
        for held in (self._kept, self._range):
            for account_id, mark in [*held.items()]:
                if account_id not in now or now[account_id][1:] != mark[1:]:
                    del held[account_id]
                    lost.append(mark.name)
        if self.anchor is not None and self.anchor not in self:
            self.settle()
        return lost
