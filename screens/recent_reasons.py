"""Recent reasons to pick one from; it is put into the field and edited there, never sent as it is."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from data.safe_text import SafeText
from widgets.block import Lines
from widgets.line import Line, Piece
from widgets.look import look_of
from widgets.numbers import fit

MOST = 9
CELLS = 60


class RecentReasons(ModalScreen[SafeText | None]):
    """Up to nine reasons, by digit or by arrows and Enter."""

    CSS_PATH = "recent_reasons.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "pick(False)", "back", id="go.back", show=False),
        Binding("enter", "pick(True)", "take", id="list.choose", show=False),
        Binding("down,j", "move(1)", "down", id="list.down", show=False),
        Binding("up,k", "move(-1)", "up", id="list.up", show=False),
    ]

    def __init__(self, reasons: Sequence[SafeText]) -> None:
        super().__init__()
        self._reasons = tuple(dict.fromkeys(reasons))[:MOST]
        self._at = 0

    def compose(self) -> ComposeResult:
        """The lines and the keys."""
        with Vertical(id="recent-box") as box:
            box.border_title = Content("Recent reasons")
            yield Lines(id="recent-lines")

    def on_mount(self) -> None:
        """First drawing."""
        self.add_class(f"-{look_of(self).glyphs.name}")
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """A digit picks at once."""
        digit = event.character or ""
        if digit.isascii() and digit.isdecimal() and 0 < int(digit) <= len(self._reasons):
            event.stop()
            self.dismiss(self._reasons[int(digit) - 1])

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._at = max(0, min(len(self._reasons) - 1, self._at + step))
        self._draw()

    def action_pick(self, picked: bool) -> None:
        """Take the one under the cursor, or none."""
        self.dismiss(self._reasons[self._at] if picked else None)

    def _draw(self) -> None:
        glyphs = look_of(self).glyphs
        lines: list[tuple[Line, Line]] = []
        for place, reason in enumerate(self._reasons):
            ground = "cursor" if place == self._at else "raised"
            row: list[Piece] = [(f" {place + 1} ", "key", ground), (fit(reason, CELLS, glyphs), "text", ground)]
            lines.append((row, []))
        take, back = look_of(self).key("list.choose", "enter"), look_of(self).key("go.back", "esc")
        keys: list[Piece] = [(take, "key"), (" take and edit   ", "muted"), (back, "key"), (" back", "muted")]
        self.query_one("#recent-lines", Lines).show([*lines, ([], []), (keys, [])])
