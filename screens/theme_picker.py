"""Pick a theme: each is tried on as the cursor comes to it; enter keeps it, esc goes back to the one before."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip

from screens.look_messages import ThemeChosen, ThemeShown
from widgets.line import Painted, Piece, strip
from widgets.look import Look, look_of
from widgets.severity_badge import INKS, WORDS, mark

WIDTH = 52
NAMES = 24  # cells


class ThemeList(Painted, can_focus=True):
    """The names; beside that of the cursor the severities as this theme draws them."""

    GROUND = "raised"

    def __init__(self, names: Sequence[str], at: int) -> None:
        super().__init__(id="themes")
        self.names, self.at = names, at

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return as many names as there is room for, the cursor's among them."""
        top = max(0, min(self.at - height // 2, len(self.names) - height))
        return [self._line(at, width, look) for at in range(top, min(len(self.names), top + height))]

    def _line(self, at: int, width: int, look: Look) -> Strip:
        if at != self.at:
            return strip([("  ", "text"), (self.names[at], "text")], width, look, self.GROUND)
        pieces: list[Piece] = [(f"{look.glyphs.cursor} ", "accent"), (f"{self.names[at]:<{NAMES}}", "strong bold")]
        for category in WORDS:
            pieces += [(f"{mark(category, look)} ", INKS[category])]
        return strip(pieces, width, look, "cursor", [("Aa ", "muted")])


class ThemePicker(ModalScreen[None]):
    """A modal with all themes there are."""

    CSS_PATH = "theme_picker.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,L", "cancel", "back", id="go.close_themes", show=False),
        Binding("j,down", "move(1)", "down", id="list.down", show=False),
        Binding("k,up", "move(-1)", "up", id="list.up", show=False),
        Binding("g,home", "move(-1000)", "first", id="list.first", show=False),
        Binding("G,end", "move(1000)", "last", id="list.last", show=False),
        Binding("enter", "choose", "take", id="list.choose", show=False),
    ]

    def __init__(self, names: Sequence[str], now: str) -> None:
        super().__init__()
        self._before = now
        self._list = ThemeList(names, names.index(now) if now in names else 0)

    def compose(self) -> ComposeResult:
        """The names in their frame."""
        self._list.border_title = Content("Theme")
        self._list.border_subtitle = Content("enter keeps it   esc back")
        yield self._list

    def on_mount(self) -> None:
        """As high as its names, or as the screen."""
        glyphs = look_of(self).glyphs.name
        self.set_class(glyphs == "ascii", "-ascii")
        self.set_class(glyphs == "console", "-console")
        self._list.styles.height = min(len(self._list.names) + 2, self.app.size.height - 2)
        self._list.focus()

    def action_move(self, steps: int) -> None:
        """j, k: another theme is tried on."""
        self._list.at = max(0, min(len(self._list.names) - 1, self._list.at + steps))
        self.post_message(ThemeShown(self._list.names[self._list.at]))
        self._list.repaint()

    def action_choose(self) -> None:
        """enter: keep it."""
        self.post_message(ThemeChosen(self._list.names[self._list.at]))
        self.dismiss()

    def action_cancel(self) -> None:
        """esc: as it was."""
        self.post_message(ThemeShown(self._before))
        self.dismiss()
