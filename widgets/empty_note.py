"""What stands in an empty list: a bold sentence, a muted one, and the keys that help."""

from collections.abc import Sequence

from textual.strip import Strip

from widgets.key_line import Hint
from widgets.line import Painted, Piece, strip, wrap
from widgets.look import Look

WIDEST = 68


class EmptyNote(Painted):
    """Stands a third from the top, at a sixth from the left."""

    DEFAULT_CSS = "EmptyNote { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bold = ""
        self._rest = ""
        self._hints: tuple[Hint, ...] = ()

    def show(self, bold: str, rest: str, hints: Sequence[Hint] = ()) -> None:
        """Show other words."""
        if (bold, rest, tuple(hints)) != (self._bold, self._rest, self._hints):
            self._bold, self._rest, self._hints = bold, rest, tuple(hints)
            self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the strips."""
        margin = max(1, width * 16 // 100) if width >= 80 else 1
        room = min(WIDEST, width - margin - 1)
        indent: Piece = (" " * margin, "text")
        lines: list[list[Piece]] = [[(part, "strong bold")] for part in wrap(self._bold, room)]
        rest: list[list[Piece]] = [[(part, "muted")] for part in wrap(self._rest, room)]
        lines += [[], *rest] if rest else []
        if self._hints:
            keys: list[Piece] = []
            for number, hint in enumerate(self._hints):
                keys += [("    " if number else "", "text"), (hint.key, "key"), (f" {hint.label}", "muted")]
            lines += [[], keys]
        blank = strip([], width, look)
        return [blank] * max(0, (height - len(lines)) * 2 // 5) + [
            strip([indent, *line], width, look) for line in lines
        ]
