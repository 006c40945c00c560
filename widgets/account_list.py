"""The list: draws only the lines one sees, asks for windows of rows, keeps its cursor on the account."""

from collections import OrderedDict
from collections.abc import Container
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from data.kept import Column
from data.ports_list import ListLine, RowList
from widgets.chosen_columns import chosen_layout
from widgets.columns import Layout, layout_for
from widgets.look import Look, look_of
from widgets.row_strip import RowPainter, RowState

PAGE = 64
PAGES_KEPT = 8
STRIPS_KEPT = 1024
HEADS = 1
_StripKey = tuple[object, ...]


class AccountList(Widget, can_focus=True):
    """A Line-API list over a `RowList`. Line 0 are the column heads; the cursor is a position in what is shown.

    A row that leaves the list under the cursor stays as a ghost, dimmed, until the cursor moves.
    """

    DEFAULT_CSS = "AccountList { width: 1fr; height: 1fr; background: $triage-bg; }"
    # Before the key goes its way up through the parents: half a millisecond, and there is nothing to hold back.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", id="list.down", show=False, priority=True),
        Binding("k,up", "move(-1)", "up", id="list.up", show=False, priority=True),
        Binding("g,home", "edge(-1)", "first", id="list.first", show=False, priority=True),
        Binding("G,end", "edge(1)", "last", id="list.last", show=False, priority=True),
        Binding("ctrl+d", "page(0.5)", "half a page down", id="list.half_down", show=False, priority=True),
        Binding("ctrl+u", "page(-0.5)", "half a page up", id="list.half_up", show=False, priority=True),
        Binding("pagedown", "page(1)", "a page down", id="list.page_down", show=False, priority=True),
        Binding("pageup", "page(-1)", "a page up", id="list.page_up", show=False, priority=True),
    ]

    class Moved(Message):
        """The cursor stands on another account now, or on none; `by_hand`: a key or a click put it there."""

        def __init__(self, *, by_hand: bool) -> None:
            super().__init__()
            self.by_hand = by_hand

    class Chosen(Message):
        """The row under the cursor was clicked again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._list: RowList | None = None
        self._pages: OrderedDict[int, list[ListLine]] = OrderedDict()
        self._strips: OrderedDict[_StripKey, tuple[Strip, datetime]] = OrderedDict()
        self._shown_until: dict[int, datetime] = {}
        self._painter: RowPainter | None = None
        self._ghost: tuple[int, ListLine] | None = None
        self._state = RowState()
        self.marks: Container[str] = ()
        self.columns: tuple[Column, ...] = ()  # chosen ones; none: the usual
        self._now = datetime.fromtimestamp(0).astimezone()
        self.cursor = 0
        self.top = 0

    # --- what is shown ---

    @property
    def total(self) -> int:
        """How many lines there are, the ghost included."""
        return (self._list.total if self._list else 0) + (1 if self._ghost else 0)

    @property
    def current(self) -> ListLine | None:
        """The line under the cursor."""
        return self.line_at(self.cursor)

    @property
    def gone(self) -> bool:
        """True while the row under the cursor has left the list."""
        return self._ghost is not None and self._ghost[0] == self.cursor

    def open(self, rows: RowList, state: RowState, now: datetime, *, fresh: bool, first: bool = False) -> None:
        """Show a list. The cursor keeps its account; with `fresh` (other view, filter or order) no ghost is left.

        With `first` it goes to the first row.
        """
        before = self.current
        self._list, self._state, self._now = rows, state, now
        self._pages.clear()
        self._ghost = None
        position = rows.position(before.row.id) if before and not first else 0
        if position is not None:
            self.cursor = min(position, max(0, rows.total - 1))
        elif before is not None and not fresh:
            self._ghost = (min(self.cursor, rows.total), before)
            self.cursor = self._ghost[0]
        else:
            self.cursor = 0
        self._follow()
        self._shown_until.clear()
        self.refresh()
        after = self.current
        if (before and before.row.id) != (after and after.row.id):
            self._say_moved(by_hand=False)

    def go_to(self, account_id: str) -> bool:
        """Put the cursor on an account; False when it is not in this list."""
        position = self._list.position(account_id) if self._list else None
        if position is None:
            return False
        self._move_to(position, by_hand=False)
        return True

    def tick(self, now: datetime) -> None:
        """Draw those lines again whose ages read differently now."""
        self._now = now
        for y in [y for y, until in self._shown_until.items() if until <= now]:
            self._refresh_row(self.top + y)

    def line_at(self, position: int) -> ListLine | None:
        """Return a line by its position in what is shown."""
        if self._ghost is not None:
            if position == self._ghost[0]:
                return self._ghost[1]
            if position > self._ghost[0]:
                position -= 1
        if self._list is None or not 0 <= position < self._list.total:
            return None
        number, offset = divmod(position, PAGE)
        page = self._page(number)
        return page[offset] if offset < len(page) else None

    def _page(self, number: int) -> list[ListLine]:
        page = self._pages.get(number)
        if page is None:
            assert self._list is not None
            page = list(self._list.window(number * PAGE, (number + 1) * PAGE))
            self._pages[number] = page
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page

    # --- drawing ---

    @property
    def rows_shown(self) -> int:
        """How many rows fit below the heads."""
        return max(0, self.size.height - HEADS)

    def _layout(self) -> Layout:
        width = self.size.width
        return chosen_layout(width, self.columns) if self.columns else layout_for(width)

    def _painter_now(self) -> RowPainter:
        look, layout = look_of(self), self._layout()
        if self._painter is None or self._painter.look is not look or self._painter.layout != layout:
            self._painter = RowPainter(layout, look)
            self._strips.clear()
        return self._painter

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines as they are painted, filters apart: there is no border, padding or tint to be added."""
        strips = [self.render_line(y) for y in crop.line_range]
        ground = self.background_colors[1]
        for each in self.get_line_filters():
            strips = [strip.apply_filter(each, ground) for strip in strips]
        return (
            strips if crop.column_span == (0, self.size.width) else [strip.crop(*crop.column_span) for strip in strips]
        )

    def render_line(self, y: int) -> Strip:
        """Return the heads or a row."""
        painter = self._painter_now()
        if y < HEADS:
            return painter.heads(self._currency(painter.look)) if self.total else self._blank(painter.look)
        line = self.line_at(self.top + y - HEADS)
        if line is None:
            self._shown_until.pop(y - HEADS, None)
            return self._blank(painter.look)
        cursor = self.top + y - HEADS == self.cursor
        gone = cursor and self.gone
        marked = not gone and line.row.id in self.marks
        state = replace(self._state, cursor=cursor, gone=gone, marked=marked) if cursor or marked else self._state
        drawn, until = self._strip(painter, line, state)
        self._shown_until[y - HEADS] = until
        return drawn

    def _strip(self, painter: RowPainter, line: ListLine, state: RowState) -> tuple[Strip, datetime]:
        row = line.row
        key = (row.id, row.version, row.seq, row.assessed_at, row.handled, line.mark, line.changed, state)
        kept = self._strips.get(key)
        if kept is not None and kept[1] > self._now:
            self._strips.move_to_end(key)
            return kept
        drawn, holds = painter.paint(line, state, self._now)
        made = (drawn, self._now + timedelta(seconds=max(0.05, holds)))
        self._strips[key] = made
        while len(self._strips) > STRIPS_KEPT:
            self._strips.popitem(last=False)
        return made

    def _blank(self, look: Look) -> Strip:
        return Strip.blank(self.size.width, look.styles("text"))

    def _currency(self, look: Look) -> str:
        """The currency that digits stand for, where the glyph set has no symbols; empty where several are seen."""
        if look.glyphs.symbols:
            return ""
        lines = (self.line_at(self.top + at) for at in range(self.rows_shown))
        seen = {str(line.row.currency) for line in lines if line and line.row.currency}
        return seen.pop() if len(seen) == 1 else ""

    # --- moving ---

    def action_move(self, steps: int) -> None:
        """j, k: one row."""
        self._move_to(self._real(self.cursor + steps))

    def action_page(self, pages: float) -> None:
        """Half or whole pages."""
        self._move_to(self._real(self.cursor + int(pages * max(1, self.rows_shown))))

    def action_edge(self, side: int) -> None:
        """First or last row."""
        if side > 0 and self._list is not None and self._list.at_least:
            self._list.grow(float("inf"))
        self._move_to(self._real(0 if side < 0 else self.total - 1))

    def _real(self, position: int) -> int:
        """Return the list's own position of a shown one: below the ghost everything stands one higher."""
        return position - 1 if self._ghost is not None and position > self._ghost[0] else position

    def _move_to(self, position: int, *, by_hand: bool = True) -> None:
        ghost, old, old_top = self._ghost, self.cursor, self.top
        self._ghost = None
        if self._list is not None and self._list.at_least and position >= self.total - 1:
            self._list.grow(float("inf"))
        self.cursor = max(0, min(position, self.total - 1))
        self._follow()
        if ghost is not None or self.top != old_top:
            self.refresh()
        elif old != self.cursor:
            self._refresh_row(old)
            self._refresh_row(self.cursor)
        if old != self.cursor or ghost is not None:
            self._say_moved(by_hand=by_hand)

    def _say_moved(self, *, by_hand: bool) -> None:
        """Tell the screen, straight: by way of the parents it would hear of it after it has drawn the new cursor."""
        self.screen.post_message(self.Moved(by_hand=by_hand))

    def _follow(self) -> None:
        """Keep the cursor in view."""
        rows = max(1, self.rows_shown)
        highest = max(0, self.total - rows)
        self.top = max(0, min(max(self.top, self.cursor - rows + 1), self.cursor, highest))

    def _refresh_row(self, position: int) -> None:
        y = position - self.top
        if 0 <= y < self.rows_shown:
            self.refresh(Region(0, y + HEADS, self.size.width, 1))

    def on_resize(self) -> None:
        """Another height may push the cursor out of view."""
        self._follow()
        self._shown_until.clear()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a click on the cursor opens."""
        position = self.top + event.y - HEADS
        if event.y < HEADS or position >= self.total:
            return
        if position == self.cursor:
            self.post_message(self.Chosen())
        else:
            self._move_to(self._real(position))

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the window by three rows; the cursor comes along."""
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel, up."""
        self.action_move(-3)
