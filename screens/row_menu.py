"""The row menu `.`: every action on the account with its key, and what stands against it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip

from data.ports import Desk, Detail
from data.remedy import REMEDIES
from widgets.detail_facts import SUGGESTIONS
from widgets.line import Painted, Piece, strip, wrap
from widgets.look import Look, look_of
from widgets.severity_badge import marked

WIDTH = 70
WORDS = {
    **{f"remedy('{kind}')": SUGGESTIONS[kind].words.split(",")[0] for kind in REMEDIES},
    "outreach": "Write to the customer",
    "contact": "Log a conversation",
    "claim": "Claim for 60 min, or release",
    "snooze": "Snooze for the whole team",
    "why": "Why, with rules and inputs",
    "case": "Its case",
    "copy_contact": "Copy the contact",
    "copy_id": "Copy the id",
    "interview": "Interview, the decision tree",
    "audit": "Audit trail",
}
Rows = Sequence[tuple[str, str, str]]


class MenuList(Painted, can_focus=True):
    """The rows of the menu; those that cannot work are muted and say why below."""

    GROUND = "raised"

    def __init__(self, rows: Rows, suggested: Sequence[str]) -> None:
        super().__init__(id="rows")
        self.rows = rows
        self._suggested = [f"remedy('{kind}')" for kind in suggested]
        self.at = next((at for at, row in enumerate(rows) if not row[2]), 0)

    def lines_of(self, at: int, look: Look, width: int) -> list[Strip]:
        """Return the line of a row and the sentence that stands against it."""
        action, key, against = self.rows[at]
        cursor = at == self.at
        ground = "cursor" if cursor else self.GROUND
        mark: Piece = (f"{look.glyphs.cursor} ", "accent") if cursor else ("  ", "text")
        words = WORDS.get(action, action)
        if against:
            pieces: list[Piece] = [mark, (f"{key:<4}", "muted"), (words, "muted")]
        else:
            ink = "strong bold" if self._suggested[:1] == [action] else "text"
            pieces = [mark, (f"{key:<4}", "key"), (words, ink)]
        right: list[Piece] = []
        if not against and action in self._suggested[:1]:
            right = [("try first ", "muted")]
        lines = [strip(pieces, width, look, ground, right)]
        lines += [
            strip([("      ", "text"), (part, "muted")], width, look, ground) for part in wrap(against, width - 7)
        ]
        return lines

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return all rows, moved up so that the cursor's is in view."""
        strips: list[Strip] = []
        last = 0
        for at in range(len(self.rows)):
            strips += self.lines_of(at, look, width)
            last = len(strips) if at == self.at else last
        return strips[max(0, last - height) :][:height]

    def height_for(self, width: int, look: Look) -> int:
        """How many lines there are."""
        return sum(len(self.lines_of(at, look, width)) for at in range(len(self.rows)))

    def in_sight(self) -> list[tuple[int, int, int]]:
        """Return column, line and place of the rows in sight."""
        look, width = look_of(self), self.size.width
        heights = [len(self.lines_of(at, look, width)) for at in range(len(self.rows))]
        moved = max(0, sum(heights[: self.at + 1]) - self.size.height)
        return [(0, sum(heights[:at]) - moved, at) for at in range(len(self.rows)) if sum(heights[:at]) >= moved]

    def go_to(self, at: int) -> None:
        """Put the cursor on a row."""
        self.at = at
        self.repaint()


class RowMenu(ModalScreen[str | None]):
    """Returns the chosen action, or None."""

    CSS_PATH = "row_menu.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,full_stop,q", "close", "close", id="go.close_menu", show=False),
        Binding("j,down", "move(1)", "down", id="list.down", show=False),
        Binding("k,up", "move(-1)", "up", id="list.up", show=False),
        Binding("enter", "choose", "do it", id="list.choose", show=False),
        Binding("ctrl+o", "jump", "jump", id="go.jump", show=False),
    ]

    def __init__(self, desk: Desk, detail: Detail, rows: Rows) -> None:
        super().__init__()
        self._detail = detail
        self._rows = MenuList([row for row in rows if row[1]], detail.row.suggested)

    def compose(self) -> ComposeResult:
        """The rows in their frame."""
        self._rows.border_title = Content(marked(self._detail.row, WIDTH - 8, look_of(self)))
        yield self._rows

    def on_mount(self) -> None:
        """As high as its rows."""
        look = look_of(self)
        self.set_class(look.glyphs.name == "ascii", "-ascii")
        self.set_class(look.glyphs.name == "console", "-console")
        self._rows.styles.height = 2 + self._rows.height_for(min(WIDTH, self.app.size.width - 6), look)
        self._rows.focus()

    def on_key(self, event: events.Key) -> None:
        """A key of a row chooses it."""
        for action, key, against in self._rows.rows:
            if key == event.character and not against:
                event.stop()
                self.dismiss(action)
                return

    def action_move(self, steps: int) -> None:
        """j, k."""
        self._rows.at = max(0, min(len(self._rows.rows) - 1, self._rows.at + steps))
        self._rows.repaint()

    def action_jump(self) -> None:
        """ctrl+o: a letter goes to a row."""
        from screens.jump import open_jump

        open_jump(self)

    def action_choose(self) -> None:
        """enter: choose, unless something stands against it."""
        action, _, against = self._rows.rows[self._rows.at]
        if not against:
            self.dismiss(action)

    def action_close(self) -> None:
        """Back without a choice."""
        self.dismiss(None)
