"""The detail of the account under the cursor: at the right from 120 columns, at the bottom in 8 lines below."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from textual.strip import Strip

from data.ports import Detail
from widgets.column_page import Section, fit_sections
from widgets.detail_bottom import bottom_lines
from widgets.detail_right import right_sections
from widgets.line import Painted, strip
from widgets.look import Look


class DetailPane(Painted):
    """Shows one account; `at_bottom` picks the arrangement. Drops blank lines from the bottom up, then scrolls."""

    DEFAULT_CSS = "DetailPane { background: $triage-panel; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail: Detail | None = None
        self._now: datetime | None = None
        self._keys: Mapping[str, str] = {}
        self._sync_first = ""
        self._top = 0
        self.at_bottom = False

    def show(self, detail: Detail | None, now: datetime, keys: Mapping[str, str], sync_first: str = "") -> None:
        """Show an account as of `now`; `keys` by remedy kind, only those that may be used; `sync_first` says why."""
        if detail is None or self._detail is None or detail.row.id != self._detail.row.id:
            self._top = 0
        self._detail, self._now, self._keys, self._sync_first = detail, now, keys, sync_first
        self.repaint()

    def scroll_lines(self, lines: int) -> None:
        """Scroll the pane when its lines do not all fit."""
        self._top = max(0, self._top + lines)
        self.repaint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel over the pane."""
        self.scroll_lines(2)

    def on_mouse_scroll_up(self) -> None:
        """The wheel over the pane."""
        self.scroll_lines(-2)

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the strips of the pane."""
        if self._now is None:
            return []
        if self.at_bottom:
            self.GROUND = "bg"
            return bottom_lines(self._detail, self._now, self._keys, self._sync_first, width, look)[:height]
        self.GROUND = "panel"
        edge = strip([(look.glyphs.pane, "line"), (" ", "text")], 2, look, "panel")
        margin = strip([], 1, look, "panel")
        inner = width - 3
        sections: Sequence[Section] = []
        if self._detail is not None:
            sections = right_sections(self._detail, self._now, self._keys, self._sync_first, inner, look)
        lines = fit_sections(sections, height)
        self._top = max(0, min(self._top, len(lines) - height))
        shown = lines[self._top : self._top + height]
        shown += [((), ())] * (height - len(shown))
        return [Strip.join([edge, strip(left, inner, look, "panel", right), margin]) for left, right in shown]
