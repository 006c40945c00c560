"""The inbox: the list of who is at risk, its detail, and every key that acts on the row under the cursor."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from data.kept_screen import Panes
from data.ports import Desk, Detail
from data.ports_list import Header, View
from screens import inbox_words as words
from screens.panes import PanedScreen
from widgets import numbers
from widgets.account_list import AccountList
from widgets.detail_pane import DetailPane
from widgets.empty_note import EmptyNote
from widgets.filter_line import FilterLine
from widgets.key_line import Hint
from widgets.status_line import StatusLine
from widgets.view_tabs import ViewTabs

REST = 0.4  # seconds the cursor rests before the pane follows
LAYING_OUT, PAINTING = 0.02, 0.05
INBOX_CSS = Path(__file__).with_suffix(".tcss")  # the app loads it with its own: a screen's sheet parses all anew


class InboxScreen(PanedScreen):
    """The list with its pane. `account` names the one to start at."""

    class Drawn(Message):
        """The first frame is on the screen: what it did without may be loaded now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="see.open", tooltip="open the account"),
        Binding("w", "why", "why", id="see.why", tooltip="why, with rules and inputs"),
        Binding("d", "my_day", "my day", id="go.my_day", tooltip="what is due today or late"),
    ]

    def __init__(self, desk: Desk, account: str | None = None, panes: Panes | None = None) -> None:
        super().__init__(desk, panes or Panes())
        self._wanted = account
        self.opened = self._drawn = False
        self._rest: Timer | None = None
        self._detail: Detail | None = None
        self._header: Header | None = None  # as it was when the frame was drawn last

    # --- the frame ---

    def title_row(self) -> Widget:
        """The tabs of the views."""
        return ViewTabs(id="tabs")

    def body(self) -> Iterable[Widget]:
        """The list, what stands in an empty one, the pane, the filter's input."""
        yield Container(AccountList(id="list"), EmptyNote(id="empty"), DetailPane(id="pane"), id="body")
        yield EmptyNote(id="small")
        yield FilterLine(id="filter")

    def on_mount(self) -> None:
        """Open the list before the first frame is drawn; the pane, which needs the rules, after it."""
        self.arrange_panes()
        self.show_columns(())
        self.open_list(fresh=True)
        self.list.focus()
        if self._wanted:
            self.follow()

    def _start(self) -> None:
        """Go to the account named at the start as soon as the book has it, unless a key was pressed first."""
        wanted = None if self._key_at else self._wanted
        if wanted and not self.list.go_to(wanted):
            if self.desk.detail(wanted) is not None:
                self.view = View.BOOK
                self.open_list(fresh=True)
                self.list.go_to(wanted)
            elif self.desk.header().synced_at is None:
                return
            else:
                self.tell(f"{wanted} is not in the book.")
        self._wanted = None

    def on_resize(self) -> None:
        """Another size, another arrangement (Textual calls the base's handler too)."""
        self.arrange_panes()
        if not self._drawn:
            self._drawn = True
            self._look_whether_drawn()

    def _look_whether_drawn(self) -> None:
        if not self.query_one("#body").size.height:  # mounted, and not laid out yet
            self.set_timer(LAYING_OUT, self._look_whether_drawn)
        else:
            self.set_timer(PAINTING, self._first_drawn)  # Textual paints within a sixtieth

    def _first_drawn(self) -> None:
        self.follow()
        self.query_one(FilterLine).fill()
        self.post_message(self.Drawn())

    # --- drawing ---

    def draw(self, header: Header) -> None:
        """Tabs, band, list ages, pane countdowns, status."""
        self._header = header
        self.query_one(ViewTabs).show(
            words.tabs(header, self.look.glyphs), self.view.value, words.band(header, self.now)
        )
        self.list.tick(self.now)
        empty = self.list.total == 0
        note = self.query_one("#empty", EmptyNote)
        appears = not (empty or self.list.display)
        note.display, self.list.display = empty, not empty
        if appears and self.focused is None:
            self.list.focus()  # it lost the keys when it was hidden
        self.query_one(DetailPane).display = not empty and self.pane_shown
        if empty:
            self._draw_empty(header, note)
        self.query_one(StatusLine).show(self.left_words(header), self.right_words(header))
        self._redraw_pane(header)

    def _draw_empty(self, header: Header, note: EmptyNote) -> None:
        bold, rest = words.empty(header, self.view, self.text, self.now)
        if self.text:
            opening, closing = self.look.glyphs.quotes[0], self.look.glyphs.quotes[1]
            bold = bold.replace("“", opening).replace("”", closing)
            hints = [
                Hint(
                    self.look.key("view.clear", "esc"), f"shows all {numbers.count(words.count_of(header, self.view))}"
                )
            ]
        elif header.synced_at is None:
            hints = [Hint(self.look.key("go.sync", "r"), "sync now")]
        else:
            hints = [
                Hint(self.look.key("go.sync", "r"), "sync now"),
                Hint(self.look.key("see.audit", "a"), "what was done today"),
            ]
        note.show(bold, rest, hints)

    # --- pane and account ---

    def on_account_list_moved(self, event: AccountList.Moved) -> None:
        """The pane follows when the cursor rests; the position at once, with what the frame knew."""
        if event.by_hand:
            self.touched()
        header = self._header or self.desk.header()
        self.query_one(StatusLine).show(self.left_words(header), self.right_words(header))
        if self._rest is not None:
            self._rest.stop()
        self._rest, self._moving = self.set_timer(REST, self._rested), True

    def _rested(self) -> None:
        self.follow()
        self.refresh_frame()

    def follow(self) -> None:
        if self._wanted:
            self._start()
        if self._rest is not None:
            self._rest.stop()
        self._moving = False
        line = self.list.current
        self._detail = self.desk.detail(line.row.id) if line else None
        self._redraw_pane(self.desk.header())

    def _redraw_pane(self, header: Header) -> None:
        keys = self.allowed_keys()
        first = words.sync_first(header, self.now, keys.get("reset_usage", ""))
        self.query_one(DetailPane).show(self._detail, self.now, keys, first)

    def action_my_day(self) -> None:
        """d: what is due today or late."""
        from screens.my_day import MyDayScreen

        self.app.push_screen(MyDayScreen(self.desk))

    def on_account_list_chosen(self) -> None:
        """A click on the cursor opens."""
        self.action_open()

    def action_open(self) -> None:
        """enter: the account screen."""
        target = self.target()
        if target is not None:
            from screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, target))

    def on_click(self, event: events.Click) -> None:
        """A click on a tab opens its view."""
        if event.widget is self.query_one(ViewTabs):
            key = self.query_one(ViewTabs).key_at(event.x)
            if key:
                self.action_view(key)
