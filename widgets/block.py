"""Painted lines that are as high as they are long: sentences, tables and notes inside forms."""

from abc import abstractmethod
from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from widgets.line import Line, Painted, strip, wrap
from widgets.look import Look, look_of


class Block(Painted):
    """Shows strips made for its width; empty blocks take no room. Subclasses override `lines`."""

    GROUND = "raised"
    DEFAULT_CSS = "Block { height: auto; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._height = 0

    @abstractmethod
    def lines(self, width: int, look: Look) -> Sequence[Strip]:
        """Return the strips for a width."""

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """As many lines as there are; Textual asks this where the height is `auto`."""
        self._height = len(self.lines(width, look_of(self))) if width else 0
        return self._height

    def paint(self, width: int, height: int, look: Look) -> Sequence[Strip]:
        """Return the strips."""
        return self.lines(width, look)[:height]

    def renew(self) -> None:
        """What it shows has changed: paint again, and lay out again only if the number of lines has changed too."""
        if self.is_mounted and self.size.width:
            if len(self.lines(self.size.width, look_of(self))) != self._height:
                self.refresh(layout=True)
        elif self.is_mounted:
            self.refresh(layout=True)
        self.repaint()


class Lines(Block):
    """Given lines of pieces, each with an optional right half."""

    def __init__(
        self, lines: Sequence[tuple[Line, Line]] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = tuple(lines)

    def show(self, lines: Sequence[tuple[Line, Line]]) -> None:
        """Show other lines."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the lines, cut at the width."""
        return [strip(left, width, look, self.GROUND, right) for left, right in self._lines]


class Sentence(Block):
    """One sentence in one ink, wrapped at words, at most `most` lines (0: no limit)."""

    def __init__(self, text: str = "", ink: str = "text", *, most: int = 0, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = text
        self._ink = ink
        self._most = most

    def show(self, text: str, ink: str | None = None) -> None:
        """Show another sentence."""
        if (text, ink or self._ink) != (self._text, self._ink):
            self._text, self._ink = text, ink or self._ink
            self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the wrapped sentence."""
        wrapped = wrap(self._text, width, self._most)
        return [strip([(line, self._ink)], width, look, self.GROUND) for line in wrapped]
