"""The table of a bulk form: one line an account with before and after, or why it is left out; space unmarks."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.block import Block
from widgets.line import Line, Piece, strip, wrap
from widgets.look import Look
from widgets.numbers import fit

NAME = 22
NOW = 16
SAID = 2  # lines below the table for what the line under the cursor says in full


class TableLine(NamedTuple):
    """What a line shows: now and after, or why it is left out; `said` in full where the line has to cut it."""

    account_id: str
    name: str
    now: str
    after: str
    against: str
    said: str


class BulkTable(Block, can_focus=True):
    """Scrolls by j and k; posts `Unmarked` and nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(8)", show=False),
        Binding("pageup,ctrl+u", "move(-8)", show=False),
        Binding("home,g", "move(-100000)", show=False),
        Binding("end,G", "move(100000)", show=False),
        Binding("space,x,delete", "unmark", show=False),
        Binding("enter", "done", show=False),
    ]

    class Unmarked(Message):
        """This account goes out of the run."""

        def __init__(self, account_id: str) -> None:
            super().__init__()
            self.account_id = account_id

    class Done(Message):
        """Enter: on to the next field."""

    def __init__(self, *, unmarks: bool = True, id: str | None = None) -> None:
        super().__init__(id=id)
        self._unmarks = unmarks
        self.can_focus = True
        self._table: tuple[TableLine, ...] = ()
        self._rows = 5
        self._at = 0

    def show(self, table: Sequence[TableLine], rows: int) -> None:
        """Show these lines, `rows` of them at a time; the cursor keeps its account."""
        here = self._table[self._at].account_id if self._table else ""
        self._table, self._rows = tuple(table), rows
        places = (at for at, line in enumerate(table) if line.account_id == here)
        self._at = next(places, max(0, min(self._at, len(table) - 1)))
        self.renew()

    @property
    def table(self) -> tuple[TableLine, ...]:
        """The lines."""
        return self._table

    def action_move(self, steps: int) -> None:
        """Another line."""
        self._at = max(0, min(len(self._table) - 1, self._at + steps))
        self.renew()

    def action_unmark(self) -> None:
        """space: leave the account out."""
        if self._table and self._unmarks:
            self.post_message(self.Unmarked(self._table[self._at].account_id))

    def action_done(self) -> None:
        """Report Enter."""
        self.post_message(self.Done())

    def watch_has_focus(self, has_focus: bool) -> None:
        """The focus is shown."""
        super().watch_has_focus(has_focus)
        self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the head, the lines in view, and what the one under the cursor says in full."""
        ink = "strong bold" if self.has_focus else "muted"
        shown = min(self._rows, len(self._table))
        top = max(0, min(self._at - shown // 2, len(self._table) - shown))
        left: Line = [(fit("Account", NAME), ink), (" ", "text"), (fit("Now", NOW), "muted"), ("   After", "muted")]
        keys: Line = (
            [("space", "key"), (" leaves it out", "muted")] if self.has_focus else [("tab", "key"), (" here", "muted")]
        )
        right: Line = keys if self._unmarks else []
        made = [strip(left, width, look, self.GROUND, right)]
        made += [self._line(top + at, width, look) for at in range(shown)]
        said = wrap(self._table[self._at].said, width - 2, SAID) if self._table and self.has_focus else []
        made += [strip([("  ", "text"), (one, "muted")], width, look, self.GROUND) for one in said]
        blank = strip([], width, look, self.GROUND)
        return made + [blank] * (1 + shown + SAID - len(made) if self.has_focus else 0)

    def _line(self, at: int, width: int, look: Look) -> Strip:
        line, glyphs = self._table[at], look.glyphs
        here = at == self._at and self.has_focus
        name: Piece = (fit(line.name, NAME, glyphs) + " ", "strong bold" if here else "text")
        if line.against:
            why = fit(line.against, max(0, width - NAME - 12), glyphs).rstrip()
            pieces: list[Piece] = [(name[0], "muted"), ("left out  ", "cap"), (why, "muted")]
        else:
            arrow = f" {glyphs.becomes:<2}"
            after = fit(line.after, max(0, width - NAME - NOW - 4), glyphs).rstrip()
            pieces = [
                name,
                (fit(line.now, NOW, glyphs), "muted"),
                (arrow, "muted"),
                (after, "strong bold" if here else "text"),
            ]
        return strip(pieces, width, look, "cursor" if here else self.GROUND)
