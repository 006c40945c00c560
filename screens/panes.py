"""The list and its pane beside each other: the pane's place and size by key, over the whole screen, and kept."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from data.kept_screen import Panes
from data.ports import Desk
from screens.inbox_lines import WIDE, InboxWordsScreen
from screens.look_messages import PanesChanged
from widgets.account_list import AccountList
from widgets.arrangement import LEAST_LIST, LEAST_RIGHT, Arrangement, arrange, moved, resized
from widgets.detail_pane import DetailPane
from widgets.empty_note import EmptyNote


class PanedScreen(InboxWordsScreen):
    """A list with a pane. Subclasses compose the two, and what says that the terminal is too small."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pane", "pane", id="see.pane", tooltip="detail pane on or off"),
        Binding("P", "pane_place", "move the pane", id="see.pane_place", tooltip="pane: right or below"),
        Binding("greater_than_sign", "pane_size(1)", "larger pane", id="see.pane_larger", tooltip="larger pane"),
        Binding("less_than_sign", "pane_size(-1)", "smaller pane", id="see.pane_smaller", tooltip="smaller pane"),
        Binding("F", "pane_full", "full screen", id="see.pane_full", tooltip="pane over the full screen"),
        Binding("J", "scroll_pane(2)", "scroll the pane down", id="see.pane_down", tooltip="scroll the pane"),
        Binding("K", "scroll_pane(-2)", "scroll the pane up", id="see.pane_up", tooltip="scroll the pane back"),
    ]

    def __init__(self, desk: Desk, panes: Panes) -> None:
        super().__init__(desk)
        self.panes = panes
        self._full = False
        self._arrangement: Arrangement | None = None

    @property
    def pane_shown(self) -> bool:
        """True while the pane has a place on the screen."""
        made = self._arrangement
        return made is not None and not made.too_small and bool(self._full or made.right or made.bottom)

    def size_classes(self) -> dict[str, bool]:
        """The arrangement's too."""
        size = self.app.size
        made = arrange(size.width, size.height, self.panes)
        wide = size.width >= WIDE and not self.look.compact
        mine = {"-small": made.too_small, "-wide": wide, "-bottom": made.bottom > 0 and not self._full}
        return super().size_classes() | mine

    def arrange_panes(self) -> None:
        """Give list and pane their places."""
        size = self.app.size
        made = arrange(size.width, size.height, self.panes)
        self._arrangement = made
        self.update_classes(self.size_classes())
        pane = self.query_one(DetailPane)
        pane.display = self.pane_shown
        pane.full, pane.at_bottom = self._full, made.bottom > 0
        pane.styles.width = "100%" if self._full else made.right or "100%"
        pane.styles.height = "100%" if self._full else made.bottom or "100%"
        self.query_one(AccountList).styles.width = 0 if self._full else "1fr"  # hidden, it would lose the keys
        self.query_one("#small", EmptyNote).show(f"triage needs 60 × 16, this is {size.width} × {size.height}.", "")
        pane.repaint()

    def _take(self, panes: Panes) -> None:
        self.panes = panes
        self.arrange_panes()
        self.refresh_frame()
        self.post_message(PanesChanged(panes))

    def action_pane(self) -> None:
        """p: pane on or off."""
        self._full = False
        self._take(Panes(not self.panes.open, self.panes.place, self.panes.right, self.panes.bottom))

    def action_pane_place(self) -> None:
        """P: from the right to below, and back."""
        if not self.pane_shown or self._full:
            self.action_pane_full() if self._full else self.action_pane()
            return
        panes = moved(*self.app.size, self.panes)
        if panes is None:
            self.tell(f"The pane stands at the right from {LEAST_LIST + LEAST_RIGHT} columns.")
        else:
            self._take(panes)

    def action_pane_size(self, steps: int) -> None:
        """< and >: smaller and larger."""
        if not self.pane_shown or self._full:
            return
        panes = resized(*self.app.size, self.panes, steps)
        if panes == self.panes:
            self.tell("There is no more room for the pane." if steps > 0 else "The pane gets no smaller. p closes it.")
        else:
            self._take(panes)

    def action_pane_full(self) -> None:
        """F: the pane over the whole screen, and back; j and k still move from account to account."""
        self._full = not self._full
        self.arrange_panes()
        self.refresh_frame()
        if self._full:
            self.tell("F or esc shows the list again. j and k go to other accounts.")

    def action_scroll_pane(self, lines: int) -> None:
        """J, K: scroll the pane."""
        self.query_one(DetailPane).scroll_lines(lines)

    def action_back(self) -> None:
        """esc leaves the full screen first."""
        if self._full:
            self.action_pane_full()
        else:
            super().action_back()
