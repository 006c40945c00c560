"""Help: the keys as they are now, built from the live keymap."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from widgets.block import Lines
from widgets.line import Line, Piece, cells
from widgets.look import look_of

KEYS_CELLS = 9
CONTENT = 70
Table = Sequence[tuple[str, Sequence[tuple[str, str]]]]


class HelpScreen(ModalScreen[None]):
    """A modal with the keys of the screen below; two columns where both fit."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "close", "close", id="go.close_help", show=False),
        Binding("j,down", "scroll(1)", "down", id="list.down", show=False),
        Binding("k,up", "scroll(-1)", "up", id="list.up", show=False),
    ]

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def compose(self) -> ComposeResult:
        """The frame with the lines."""
        with VerticalScroll(id="help", can_focus=False) as frame:
            frame.border_title = Content("Keys")
            frame.border_subtitle = Content(self._subtitle())
            yield Lines(help_lines(self._table))

    def _subtitle(self) -> str:
        key = look_of(self).key
        return f"{key('list.down', 'j')} {key('list.up', 'k')} scroll   {key('go.close_help', 'esc')} back"

    def on_mount(self) -> None:
        """The border of the glyph set."""
        self.set_class(look_of(self).glyphs.name == "ascii", "-ascii")
        self.set_class(look_of(self).glyphs.name == "console", "-console")

    def action_close(self) -> None:
        """Back."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scroll where the keys do not fit."""
        self.query_one("#help", VerticalScroll).scroll_relative(y=lines, animate=False)


def help_lines(table: Table) -> list[tuple[Line, Line]]:
    """Return the lines: headings, then two keys a line."""
    lines: list[tuple[Line, Line]] = []
    for heading, rows in table:
        if lines:
            lines.append(((), ()))
        lines.append(([(heading, "strong bold")], ()))
        waiting: list[Piece] = []
        for keys, words in rows:
            cell: list[Piece] = [(f"{keys:<{KEYS_CELLS}}"[: max(KEYS_CELLS, len(keys) + 1)], "key"), (words, "muted")]
            half = CONTENT // 2
            if waiting and cells(cell) <= half:
                lines.append(([*waiting, (" " * (half - cells(waiting)), "text"), *cell], ()))
                waiting = []
                continue
            if waiting:
                lines.append((waiting, ()))
                waiting = []
            if cells(cell) < half:
                waiting = cell
            else:
                lines.append((cell, ()))
        if waiting:
            lines.append((waiting, ()))
    return lines
