"""Marks in the list: space, a range by v, all by `*`; esc takes them, and so does any change of their accounts."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from data.assessment import Row
from data.ports import Desk
from data.ports_list import RowList
from data.safe_text import SafeText
from screens.acting import ActingScreen
from widgets.account_list import AccountList
from widgets.line import Piece
from widgets.marks import MOST, Marks
from widgets.numbers import count, fit

FULL = f"{MOST} accounts are marked, and no more go at once. Act on these first, or esc clears them."


class MarkingScreen(ActingScreen):
    """A screen with a list whose rows may be marked. Subclasses call `look_at_marks` whenever the list was opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="mark.one", tooltip="mark, or take the mark"),
        Binding("v", "mark_range", "mark a range", id="mark.range", tooltip="range from here; v ends it"),
        Binding("asterisk", "mark_all", "mark all", id="mark.all", tooltip=f"all in the list, {MOST} at most"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.marks = Marks()
        self._anchor_at: int | None = None

    @property
    @abstractmethod
    def list(self) -> AccountList:
        """The list widget."""

    @property
    @abstractmethod
    def rows(self) -> RowList | None:
        """The list that is open."""

    # --- keys ---

    def action_mark(self) -> None:
        """space: mark the row under the cursor, or take its mark; ends a range."""
        line = self.list.current
        if line is None or self.list.gone:
            return
        if self.marks.anchor is not None:
            self._end_range()
        elif not self.marks.toggle(line.row):
            self.tell(FULL)
        self.show_marks()

    def action_mark_range(self) -> None:
        """v: start a range here, or end it and keep what it holds."""
        line = self.list.current
        if self.marks.anchor is not None:
            self._end_range()
        elif line is not None and not self.list.gone:
            self.marks.begin(line.row)
            self._anchor_at = self.list.cursor
            self.tell("A range: moving stretches it, v keeps it, esc drops it.")
        self.show_marks()

    def action_mark_all(self) -> None:
        """`*`: mark every account of the list as far as marks go; none where all were marked."""
        rows = self.rows
        if rows is None or not rows.total:
            return
        found = [line.row for line in rows.first(MOST + 1)]
        if len(found) <= MOST and all(row.id in self.marks for row in found):
            self.marks.drop([row.id for row in found])
            self.tell("No account of this list is marked any more.")
        elif not self.marks.add(found):
            many = f"{count(rows.total)}{'+' if rows.at_least else ''}"
            self.tell(f"The first {MOST} of {many} are marked: no more go at once. A filter narrows the list.")
        self.show_marks()

    def unmark(self) -> bool:
        """What esc does first: drop the range, else all marks; False where there was nothing to take."""
        if self.marks.anchor is not None:
            self.marks.cancel()
        elif self.marks:
            self.marks.clear()
            self.tell("The marks are gone.")
        else:
            return False
        self.show_marks()
        return True

    def on_account_list_moved(self, event: AccountList.Moved) -> None:
        """A range goes with the cursor."""
        if event.by_hand and self.marks.anchor is not None and self._anchor_at is not None:
            if not self.marks.stretch(self._between(self._anchor_at, self.list.cursor)):
                self.tell(FULL)
            self.show_marks()

    def _between(self, anchor: int, cursor: int) -> Sequence[Row]:
        """The rows from the anchor to the cursor, the anchor first; no more than may be marked."""
        step = 1 if cursor >= anchor else -1
        places = range(anchor, cursor + step, step)[: MOST + 1]
        lines = (self.list.line_at(place) for place in places)
        return [line.row for line in lines if line is not None]

    def _end_range(self) -> None:
        self.marks.settle()
        self.forget_told()

    # --- what they become ---

    def look_at_marks(self) -> None:
        """Take the marks of accounts that have changed or gone, and say so."""
        if not self.marks:
            return
        lost = self.marks.renew(self.desk.rows(list(self.marks)))
        if self.marks.anchor is not None and self.rows is not None:
            self._anchor_at = self.rows.position(self.marks.anchor)
        if lost:
            self.warn(lost_words(lost))
        self.list.refresh()

    def show_marks(self) -> None:
        """Draw them, and their number."""
        self.list.marks = self.marks
        self.list.refresh()
        self.refresh_frame()

    def marks_words(self) -> Sequence[Piece]:
        """How many are marked, for the status line; nothing where none is."""
        glyphs = self.look.glyphs
        words = "a range, " if self.marks.anchor is not None else ""
        return [(f"   {glyphs.marked} {words}{len(self.marks)} marked", "accent bold")] if self.marks else []


def lost_words(names: Iterable[SafeText]) -> str:
    """Say which accounts lost their mark."""
    lost = list(names)
    first = fit(lost[0], 30).rstrip()
    if len(lost) == 1:
        return f"{first} has changed and is not marked any more."
    more = f"{first} and {len(lost) - 1} other{'' if len(lost) == 2 else 's'}"
    return f"{more} have changed and are not marked any more."
