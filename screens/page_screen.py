"""A screen of one account on a page that scrolls: the keys that move it."""

from abc import abstractmethod
from typing import ClassVar

from textual.binding import Binding, BindingType

from data.ports import Desk
from screens.acting import ActingScreen
from widgets.column_page import ColumnPage


class PageScreen(ActingScreen):
    """One account, one page. Subclasses put the page into their body."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", id="list.down", show=False),
        Binding("k,up", "scroll(-1)", "up", id="list.up", show=False),
        Binding("ctrl+d,pagedown", "page(1)", "a page down", id="list.page_down", show=False),
        Binding("ctrl+u,pageup", "page(-1)", "a page up", id="list.page_up", show=False),
        Binding("g,home", "scroll(-100000)", "to the top", id="list.first", show=False),
        Binding("G,end", "scroll(100000)", "to the end", id="list.last", show=False),
        Binding("escape", "back", "back", id="go.back", tooltip="back"),
    ]

    def __init__(self, desk: Desk, account_id: str) -> None:
        super().__init__(desk)
        self._account_id = account_id

    def on_mount(self) -> None:
        """The page has the focus: its keys scroll."""
        self.sheet.focus()

    @property
    @abstractmethod
    def sheet(self) -> ColumnPage:
        """The page widget."""

    def target(self) -> str | None:
        """The account of this screen."""
        return self._account_id

    def action_scroll(self, lines: int) -> None:
        """j, k, g, G."""
        self.sheet.scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """Pages."""
        self.sheet.scroll_lines(pages * max(1, self.sheet.size.height - 2))

    def action_back(self) -> None:
        """esc: back to where it was opened."""
        self.dismiss()
