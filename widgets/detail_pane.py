"""The detail of the account under the cursor: at the right, at the bottom, or over the whole screen."""

from collections.abc import Mapping
from datetime import datetime

from textual.strip import Strip

from data.ports import Detail
from widgets.column_page import GAP, Lines, columns_row, fit_sections, halves
from widgets.detail_bottom import bottom_lines
from widgets.detail_right import right_sections
from widgets.line import Line, Painted, strip
from widgets.look import Look

TWO_PANES = 80  # columns: two of the narrowest pane beside each other


class DetailPane(Painted):
    """Shows one account as `at_bottom` and `full` say. Drops blank lines from the bottom up, then scrolls."""

    DEFAULT_CSS = "DetailPane { background: $triage-panel; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail: Detail | None = None
        self._now: datetime | None = None
        self._keys: Mapping[str, str] = {}
        self._sync_first = ""
        self._top = 0
        self.at_bottom = False
        self.full = False

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
        if self.full:
            self.GROUND = "bg"
            return self._over_all(width, height, look)
        if self.at_bottom:
            self.GROUND = "bg"
            title, *lines = bottom_lines(self._detail, self._now, self._keys, self._sync_first, width, look)
            if height > 1 + len(lines) and lines:  # there is room for more than what belongs into 8 lines
                return [title, *self._columns(2, width, height - 1, look, first=1)]
            return [title, *lines][:height]
        self.GROUND = "panel"
        return self._at_right(width, height, look)

    def _at_right(self, width: int, height: int, look: Look) -> list[Strip]:
        edge = strip([(look.glyphs.pane, "line"), (" ", "text")], 2, look, "panel")
        margin = strip([], 1, look, "panel")
        inner = width - 3
        lines = fit_sections(self._sections(inner, look), 0 if look.compact else height)
        more = self._scrolled(len(lines), height)
        shown = lines[self._top : self._top + height]
        shown += [((), ())] * (height - len(shown))
        if more:
            shown[-1] = (shown[-1][0], more)
        return [Strip.join([edge, strip(left, inner, look, "panel", right), margin]) for left, right in shown]

    def _over_all(self, width: int, height: int, look: Look) -> list[Strip]:
        if self._detail is None:
            return []
        return self._columns(2 if width >= TWO_PANES else 1, width, height, look)

    def _columns(self, many: int, width: int, height: int, look: Look, first: int = 0) -> list[Strip]:
        """Return the sections from `first` on in one column, or in two of about equal height, as scrolled."""
        column = (width - 2 - (many - 1) * GAP) // many
        sections = self._sections(column, look)[first:]
        columns = halves(sections) if many > 1 else [sections]
        lines = [fit_sections(one, 0 if look.compact else height) for one in columns]
        more = self._scrolled(max((len(one) for one in lines), default=0), height)
        rows = range(self._top, self._top + height)
        return [columns_row(lines, at, column, width, look, after=more if at == rows[-1] else ()) for at in rows]

    def _sections(self, width: int, look: Look) -> list[Lines]:
        if self._detail is None or self._now is None:
            return []
        return right_sections(self._detail, self._now, self._keys, self._sync_first, width, look)

    def _scrolled(self, length: int, height: int) -> Line:
        """Hold the top within the lines there are; what says that there are more below, empty at the end."""
        self._top = max(0, min(self._top, length - height))
        return [(" J", "key"), (" more", "muted")] if self._top + height < length else ()
