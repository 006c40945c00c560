"""All that was said in this run, newest first and in full: what a narrow status line had to cut can be read here."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from screens.messages import Gravity, Said
from widgets.block import Lines
from widgets.line import Line, wrap
from widgets.look import look_of

INKS = {Gravity.NOTE: "text", Gravity.WARNING: "strong bold", Gravity.ERROR: "strong bold"}
TIME = 9  # cells


class MessagesList(ModalScreen[None]):
    """A modal that scrolls, in the frame of the help."""

    CSS_PATH = "messages_list.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark,q", "close", "close", id="go.close_messages", show=False),
        Binding("j,down", "scroll(1)", "down", id="list.down", show=False),
        Binding("k,up", "scroll(-1)", "up", id="list.up", show=False),
    ]

    def __init__(self, past: Sequence[Said]) -> None:
        super().__init__()
        self._past = past

    def compose(self) -> ComposeResult:
        """The frame with the lines."""
        with VerticalScroll(id="said", can_focus=False) as frame:
            frame.border_title = Content("Messages")
            frame.border_subtitle = Content("j k scroll   esc back")
            yield Lines(self._lines(min(70, max(20, self.app.size.width - 6))))

    def _lines(self, width: int) -> list[tuple[Line, Line]]:
        needs = look_of(self).glyphs.needs
        lines: list[tuple[Line, Line]] = []
        for said in reversed(self._past):
            mark = f"{needs} " if said.gravity is Gravity.ERROR else "  "
            for number, part in enumerate(wrap(said.text, width - TIME - 2)):
                at = said.at.astimezone().strftime("%H:%M:%S") if number == 0 else ""
                pieces = [(f"{at:<{TIME}}", "muted"), (mark if number == 0 else "  ", "strong bold")]
                lines.append(([*pieces, (part, INKS[said.gravity])], ()))
        return lines or [([("Nothing was said yet.", "muted")], ())]

    def on_mount(self) -> None:
        """The border of the glyph set."""
        glyphs = look_of(self).glyphs.name
        self.set_class(glyphs == "ascii", "-ascii")
        self.set_class(glyphs == "console", "-console")

    def action_close(self) -> None:
        """Back."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scroll where they do not all fit."""
        self.query_one("#said", VerticalScroll).scroll_relative(y=lines, animate=False)
