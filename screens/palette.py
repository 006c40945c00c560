"""The palette: every command that works on the screen below, and every account, found by a few letters."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip

from screens.commands_now import SHORTEST, Command, ranked
from widgets.line import Painted, Piece, strip
from widgets.look import Look, look_of
from widgets.numbers import fit
from widgets.word_input import WordInput

MOST = 18  # rows
TYPED = 18  # cells of the typed name
FRAME = 4  # lines: borders, the field, a blank
GO = ("go ", "account ")


class CommandRows(Painted):
    """The commands that match; the list keeps its height, whatever is typed."""

    GROUND = "raised"

    def __init__(self) -> None:
        super().__init__(id="rows")
        self.commands: Sequence[Command] = ()
        self.at = 0

    def show(self, commands: Sequence[Command]) -> None:
        """Show these, the cursor on the first."""
        self.commands, self.at = commands, 0
        self.repaint()

    def move(self, steps: int) -> None:
        """Move the cursor; it stops at both ends."""
        self.at = max(0, min(len(self.commands) - 1, self.at + steps))
        self.repaint()

    def at_line(self, line: int) -> Command | None:
        """Return what stands on a line of the widget."""
        place = self._top + line
        return self.commands[place] if 0 <= place < len(self.commands) else None

    @property
    def _top(self) -> int:
        return max(0, min(self.at - self.size.height + 1, len(self.commands) - self.size.height))

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the rows around the cursor."""
        if not self.commands:
            return [strip([("  Nothing is called that.", "muted")], width, look, self.GROUND)]
        shown = range(self._top, min(len(self.commands), self._top + height))
        return [self._row(self.commands[at], at == self.at, width, look) for at in shown]

    def _row(self, command: Command, here: bool, width: int, look: Look) -> Strip:
        mark: Piece = (f"{look.glyphs.cursor} ", "accent") if here else ("  ", "text")
        name = command.typed[0] if command.typed else ""
        right: list[Piece] = [(f"{fit(name, TYPED, look.glyphs)} ", "muted"), (f"{command.key:>10} ", "key")]
        words = fit(command.words, max(10, width - TYPED - 16), look.glyphs)
        return strip([mark, (words, "strong" if here else "text")], width, look, "cursor" if here else "raised", right)


class Palette(ModalScreen[Command | None]):
    """Returns the chosen command, or None. `accounts` finds accounts by a text; it is quick at any size of the book."""

    CSS_PATH = "palette.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "back", id="find.close", show=False),
        Binding("ctrl+n", "move(1)", "down", id="find.down", show=False),
        Binding("ctrl+p", "move(-1)", "up", id="find.up", show=False),
        Binding("pagedown", "move(10)", "a page down", id="find.page_down", show=False),
        Binding("pageup", "move(-10)", "a page up", id="find.page_up", show=False),
    ]

    def __init__(self, commands: Sequence[Command], accounts: Callable[[str], Sequence[Command]]) -> None:
        super().__init__()
        self._commands, self._accounts, self._over = commands, accounts, False

    def compose(self) -> ComposeResult:
        """The field above the rows."""
        with Vertical(id="palette") as frame:
            frame.border_title = Content("Commands")
            with Horizontal(id="asked"):
                yield _Colon(id="colon")
                yield WordInput(most=120, id="text")
            yield CommandRows()

    def on_mount(self) -> None:
        """Every command at first."""
        look = look_of(self)
        self.add_class(f"-{look.glyphs.name}")
        self._fit()
        self._find("")
        self.query_one(WordInput).focus()

    def on_resize(self) -> None:
        """As many rows as there is room for."""
        self._fit()

    def _fit(self) -> None:
        self._rows.styles.height = max(3, min(MOST, self.app.size.height - FRAME - 2))

    @property
    def _rows(self) -> CommandRows:
        return self.query_one(CommandRows)

    def _find(self, text: str) -> None:
        asked = text.strip().lstrip(":").strip()
        found = ranked(self._commands, asked)
        lower = f"{asked.lower()} "
        name = next((asked[len(word) :].strip() for word in GO if lower.startswith(word)), asked)
        accounts = list(self._accounts(name)) if len(name) >= SHORTEST else []
        first = [*accounts, *found] if name != asked else [*found, *accounts]
        self._rows.show(first)
        key = look_of(self).key
        count = f"{len(first)} of {len(self._commands)}" if asked else f"{len(first)} commands, or an account"
        self.query_one("#palette").border_subtitle = Content(
            f"enter does it   {key('find.close', 'esc')} back   {count}"
        )

    def on_input_changed(self, event: WordInput.Changed) -> None:
        """Every letter."""
        event.stop()
        self._find(event.value)

    def on_word_input_done(self) -> None:
        """enter: do what the cursor stands on."""
        rows = self._rows
        if rows.commands:
            self._leave(rows.commands[rows.at])

    def on_word_input_stepped(self, event: WordInput.Stepped) -> None:
        """Arrows move the cursor in the rows."""
        self._rows.move(-event.step)

    def on_click(self, event: events.Click) -> None:
        """A click on a row does it."""
        if event.widget is self._rows:
            command = self._rows.at_line(event.y)
            if command is not None:
                self._leave(command)

    def action_move(self, steps: int) -> None:
        """ctrl+n, ctrl+p, pages."""
        self._rows.move(steps)

    def _leave(self, result: Command | None) -> None:
        """Close, once: a second key may come before it has gone."""
        if not self._over:
            self._over = True
            self.dismiss(result)

    def action_close(self) -> None:
        """Back without a choice."""
        self._leave(None)


class _Colon(Painted):
    GROUND = "raised"

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        return [strip([(":", "key")], width, look, self.GROUND)]
