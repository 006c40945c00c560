"""The last row but one: what just happened at the left, position and order at the right."""

from textual.strip import Strip

from widgets.line import Line, Painted, strip
from widgets.look import Look


class StatusLine(Painted):
    """Two halves of pieces; only its text changes when something happens, there are no toasts."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: Line = ()
        self._right: Line = ()

    def show(self, left: Line | None = None, right: Line | None = None) -> None:
        """Change the left or the right half, None leaves it."""
        if left is not None:
            self._left = tuple(left)
        if right is not None:
            self._right = tuple(right)
        self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        right = [(" ", "text"), *self._right, (" ", "text")] if self._right else []
        return [strip([(" ", "text"), *self._left], width, look, self.GROUND, right)]
