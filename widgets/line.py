"""Painted lines: pieces of text with an ink, made into strips; never markup."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from data.safe_text import most_cells
from widgets.look import Look, look_of

# text, ink ("muted", "strong bold", …), and optionally a ground other than the line's
Piece = tuple[str, str] | tuple[str, str, str]
Line = Sequence[Piece]


def cells(pieces: Iterable[Piece]) -> int:
    """Return how many cells the pieces take."""
    return sum(cell_len(piece[0]) for piece in pieces)


def strip(pieces: Line, width: int, look: Look, ground: str = "bg", right: Line = ()) -> Strip:
    """Return a strip of exactly `width` cells: `pieces` from the left, cut where `right` at the right edge begins."""
    paper = look.styles("text", ground)
    left = Strip(_segments(pieces, look, ground))
    if not right:
        return left.adjust_cell_length(width, paper)
    end = Strip(_segments(right, look, ground))
    room = max(0, width - end.cell_length)
    if left.cell_length > room - 1:  # what is cut keeps a column's distance
        left = left.crop(0, max(0, room - 1))
    return Strip.join([left.adjust_cell_length(room, paper), end]).adjust_cell_length(width, paper)


def _segments(pieces: Line, look: Look, ground: str) -> list[Segment]:
    show, styles = look.glyphs.show, look.styles
    return [Segment(show(piece[0]), styles(piece[1], piece[2] if len(piece) > 2 else ground)) for piece in pieces]


def text(pieces: Line, look: Look, ground: str = "bg") -> Text:
    """Return the same pieces as a Rich text, for widgets of Textual that take one (never markup)."""
    made = Text(no_wrap=True, end="")
    for segment in _segments(pieces, look, ground):
        made.append(segment.text, segment.style)
    return made


def wrap(sentence: str, width: int, most: int = 0) -> list[str]:
    """Return a sentence broken at words into lines of at most `width` cells; a longer word is broken where it must.

    With `most` above 0 only so many lines, the last one closed by `…`.
    """
    lines: list[str] = []
    line = ""
    for word in sentence.split():
        trial = f"{line} {word}" if line else word
        if most_cells(trial) <= width:
            line = trial
            continue
        if line:
            lines.append(line)
        while most_cells(word) > width > 0:
            kept = word[:width]
            while len(kept) > 1 and most_cells(kept) > width:
                kept = kept[:-1]
            lines.append(kept)
            word = word[len(kept) :]
        line = word
    if line:
        lines.append(line)
    if most and len(lines) > most:
        last = lines[most - 1]
        while last and most_cells(last) > width - 1:
            last = last[:-1]
        lines = [*lines[: most - 1], last + "…"]
    return lines


class Painted(Widget):
    """A widget that paints all of its lines itself; `repaint()` when what it shows has changed."""

    GROUND = "bg"
    can_focus = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._painted: list[Strip] | None = None
        self._painted_for: tuple[int, int, int] | None = None

    @abstractmethod
    def paint(self, width: int, height: int, look: Look) -> Sequence[Strip]:
        """Return the strips; fewer than `height` are filled up with the ground."""

    def repaint(self) -> None:
        """Paint again; nothing is sent to the terminal when the strips come out equal."""
        if self._painted is None or not self.is_mounted or not self.size.height:
            self._painted = None
            self.refresh()
            return
        old = self._painted
        self._painted = None
        if self._strips() != old:
            self.refresh()
            self._check_refresh()  # the screen hears of it now, not when this widget's turn comes: one frame, not two

    def _strips(self) -> list[Strip]:
        look = look_of(self)
        width, height = self.size
        made_for = (width, height, id(look))
        if self._painted is None or self._painted_for != made_for:
            blank = Strip.blank(width, look.styles("text", self.GROUND))
            painted = list(self.paint(width, height, look))
            self._painted = painted + [blank] * (height - len(painted))
            self._painted_for = made_for
        return self._painted

    def render_line(self, y: int) -> Strip:
        """Return one painted line."""
        strips = self._strips()
        return strips[y] if y < len(strips) else Strip.blank(self.size.width, look_of(self).styles("text", self.GROUND))


class Blank(Painted):
    """Nothing but the ground."""

    def paint(self, width: int, height: int, look: Look) -> Sequence[Strip]:
        """Return no strips."""
        return ()
