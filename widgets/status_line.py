"""The last row but one: what just happened at the left, position and order at the right."""

from textual.strip import Strip

from data.safe_text import cut_cells
from widgets.line import Line, Painted, Piece, cells, strip
from widgets.look import Look

EDGE: Piece = (" ", "text")


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
        left: Line = (EDGE, *self._left)
        right: Line = (EDGE, *self._right, EDGE) if self._right else ()
        room = width - 1  # the halves keep a column's distance
        while len(right) > 3 and cells(left) + cells(right) > room:
            right = (EDGE, *right[2:])  # what a key does is worth more than what is said at the right
        over = cells(left) + cells(right) - room
        if over > 0 and self._left:
            left = shortened(left, over)
        return [strip(left, width, look, self.GROUND, right)]


def shortened(line: Line, over: int) -> Line:
    """Cut `over` cells from the longest piece of a line, so that the keys after it stay whole."""
    longest = max(range(len(line)), key=lambda index: cells([line[index]]))
    piece = line[longest]
    kept = cut_cells(piece[0], max(1, cells([piece]) - over))
    made: Piece = (kept, piece[1], piece[2]) if len(piece) == 3 else (kept, piece[1])
    return (*line[:longest], made, *line[longest + 1 :])
