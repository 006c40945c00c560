"""The last row: the keys that work now, in order, and `? keys` at the right (look.md §9)."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from widgets.line import Painted, Piece, cells, strip
from widgets.look import Look

NARROW = 100


class Hint(NamedTuple):
    """A key as it is written, its verb, and a shorter verb for narrow screens."""

    key: str
    label: str
    short: str = ""


class KeyLine(Painted):
    """Hints from the left; those that do not fit are left out from the right, never cut."""

    GROUND = "panel"
    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()
        self._help_key = True

    def show(self, hints: Sequence[Hint], *, help_key: bool = True) -> None:
        """Show these keys, and `? keys` unless it would be typed into a field."""
        if (tuple(hints), help_key) != (self._hints, self._help_key):
            self._hints, self._help_key = tuple(hints), help_key
            self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        return [hint_strip(self._hints, width, look, self.GROUND, help_key=self._help_key)]


def hint_strip(hints: Sequence[Hint], width: int, look: Look, ground: str, *, help_key: bool) -> Strip:
    """Return hints as a strip, `? keys` right if asked."""
    gap = 2 if width < NARROW else 3
    right: list[Piece] = [(look.key("go.help", "?"), "key"), (" keys ", "muted")] if help_key else []
    room = width - cells(right) - gap
    pieces: list[Piece] = [(" ", "text")]
    for number, hint in enumerate(hints):
        label = hint.short if hint.short and width < 120 else hint.label
        more: list[Piece] = [(" " * (gap if number else 0), "text"), (hint.key, "key"), (f" {label}", "muted")]
        if cells(pieces) + cells(more) > room:
            break
        pieces += more
    return strip(pieces, width, look, ground, right)
