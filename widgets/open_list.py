"""A list of single lines, drawn only where visible, in which the line under the cursor opens to show its details."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.look import Look, look_of

CACHED_LINES = 2000


@dataclass(frozen=True)
class ListItem:
    """One line: `key` None for headings and blanks, which the cursor passes over; `value` is what the drawer gets."""

    key: str | None
    value: Any


class OpenList(ScrollView, can_focus=True):
    """Line-API list: one line an item, and below the item under the cursor its details; costs what is visible."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", id="list.down", show=False),
        Binding("up,k", "move(-1)", "up", id="list.up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "a page down", id="list.page_down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "a page up", id="list.page_up", show=False),
        Binding("home,g", "end(-1)", "first", id="list.first", show=False),
        Binding("end,G", "end(1)", "last", id="list.last", show=False),
        Binding("enter", "choose", "open", id="list.choose", show=False),
    ]
    DEFAULT_CSS = """
    OpenList { height: 1fr; scrollbar-size-vertical: 0; overflow-x: hidden; }
    """

    class Moved(Message):
        """The cursor stands on another item; `last` is true when it is the last one loaded."""

        def __init__(self, key: str | None, last: bool) -> None:
            super().__init__()
            self.key = key
            self.last = last

    class Chosen(Message):
        """Enter was pressed on an item."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        draw: Callable[[ListItem, int, Look, bool], Strip],
        details: Callable[[ListItem, int, Look], Sequence[Strip]],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._details = details
        self._items: list[ListItem] = []
        self._at: int | None = None
        self._open: list[Strip] = []
        self._strips: dict[tuple[int, int, bool], Strip] = {}
        self._moved_at = 0.0

    # --- what it holds ---

    @property
    def current(self) -> ListItem | None:
        """The item under the cursor."""
        return self._items[self._at] if self._at is not None else None

    @property
    def positions(self) -> tuple[int, int]:
        """Where the cursor stands among the items with a key, from 1, and how many there are."""
        keys = [place for place, item in enumerate(self._items) if item.key is not None]
        return (keys.index(self._at) + 1 if self._at in keys else 0), len(keys)

    def show(self, items: Sequence[ListItem], key: str | None = None) -> None:
        """Replace the items; the cursor goes to `key`, else stays on its item, else on the nearest place."""
        wanted = key or (self.current.key if self.current else None)
        before = self._at
        self._items = list(items)
        self._at = next((place for place, item in enumerate(items) if item.key == wanted and wanted is not None), None)
        if self._at is None:
            self._at = self._nearest(before or 0)
        self._relayout()
        now = self.current.key if self.current else None
        if now != wanted or before is None:
            self._tell()

    def extend(self, items: Sequence[ListItem]) -> None:
        """Append older items; what is shown stays where it is."""
        self._items.extend(items)
        if self._at is None:
            self._at = self._nearest(0)
        self._relayout()

    def redraw(self) -> None:
        """Draw every visible line anew: something that ticks has ticked."""
        self._relayout(follow=False)

    @property
    def busy(self) -> bool:
        """True within 300 ms of a move: nothing may be reordered under a key."""
        return time.monotonic() - self._moved_at < 0.3

    # --- moving ---

    def action_move(self, step: int) -> None:
        """Move the cursor by one selectable item."""
        self._go(self._step(self._at if self._at is not None else -1, step))

    def action_page(self, direction: int) -> None:
        """Move the cursor by what fits on the screen."""
        place = self._at if self._at is not None else 0
        for _ in range(max(1, self.size.height - len(self._open) - 2)):
            place = self._step(place, direction)
        self._go(place)

    def action_end(self, direction: int) -> None:
        """Move to the first or the last item."""
        self._go(self._step(-1 if direction < 0 else len(self._items), -direction))

    def in_sight(self) -> list[tuple[int, int, str]]:
        """Return column, line and key of the items in sight that the cursor can go to."""
        found = []
        for y in range(self.size.height):
            place, detail = self._item_at(int(self.scroll_offset.y) + y)
            if detail == 0 and place < len(self._items) and (key := self._items[place].key) is not None:
                found.append((0, y, key))
        return found

    def go_to(self, key: str) -> None:
        """Put the cursor on an item."""
        self._go(next((place for place, item in enumerate(self._items) if item.key == key), -1))

    def action_choose(self) -> None:
        """Report enter on the item under the cursor."""
        if self.current and self.current.key:
            self.post_message(self.Chosen(self.current.key))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line."""
        place, detail = self._item_at(int(self.scroll_offset.y) + event.y)
        if detail == 0 and place < len(self._items) and self._items[place].key is not None:
            self._go(place)

    def on_resize(self) -> None:
        """Details wrap at the width, so they are made anew."""
        self._relayout()

    def _step(self, place: int, step: int) -> int:
        probe = place + step
        while 0 <= probe < len(self._items):
            if self._items[probe].key is not None:
                return probe
            probe += step
        return place

    def _nearest(self, place: int) -> int | None:
        ways = (range(min(place, len(self._items)), len(self._items)), range(min(place, len(self._items)) - 1, -1, -1))
        return next((at for way in ways for at in way if self._items[at].key is not None), None)

    def _go(self, place: int) -> None:
        if not 0 <= place < len(self._items) or place == self._at or self._items[place].key is None:
            return
        self._at = place
        self._moved_at = time.monotonic()
        self._relayout()
        self._tell()

    def _tell(self) -> None:
        item = self.current
        self.post_message(self.Moved(item.key if item else None, self._at is None or self._at >= len(self._items) - 2))

    # --- drawing ---

    def _relayout(self, follow: bool = True) -> None:
        self._strips.clear()
        width = self.scrollable_content_region.width or self.size.width
        item = self.current
        self._open = list(self._details(item, width, look_of(self))) if item and width else []
        self.virtual_size = Size(width, len(self._items) + len(self._open))
        if self._at is not None and follow:
            top = self._at if self._step(self._at, -1) != self._at else 0
            height = self._at - top + 1 + len(self._open)
            self.scroll_to_region(Region(0, top, 1, min(height, max(1, self.size.height))), animate=False, force=True)
        self.refresh()

    def _item_at(self, line: int) -> tuple[int, int]:
        """Return the item of a line, and which of its detail lines it is (0: the item itself)."""
        if self._at is None or line <= self._at:
            return line, 0
        if line <= self._at + len(self._open):
            return self._at, line - self._at
        return line - len(self._open), 0

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        place, detail = self._item_at(int(self.scroll_offset.y) + y)
        width = self.size.width
        if place >= len(self._items):
            return Strip.blank(width, look_of(self).styles("text"))
        here = place == self._at and detail == 0
        cached = self._strips.get((place, detail, here))
        if cached is None:
            cached = self._render_one(place, detail, here, width)
            if len(self._strips) >= CACHED_LINES:
                self._strips.clear()
            self._strips[place, detail, here] = cached
        return cached

    def _render_one(self, place: int, detail: int, here: bool, width: int) -> Strip:
        look = look_of(self)
        made = self._open[detail - 1] if detail else self._draw(self._items[place], width, look, here)
        return made.adjust_cell_length(width, look.styles("text", "cursor" if here else "bg"))
