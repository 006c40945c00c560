"""A warning behind a bar in the colour of At cap: a bold clause with its facts, then sentences, then a field if any."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from widgets.block import Block
from widgets.line import Line, strip
from widgets.look import Look, look_of


class WarningLines(Block):
    """The lines of a warning: pieces a line, none of them wrapped by itself."""

    def __init__(self, lines: tuple[Line, ...], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show other lines."""
        self._lines = lines
        self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the lines."""
        return [strip(line, width, look, self.GROUND) for line in self._lines]


class WarningBar(Vertical):
    """The bar stands left of everything in it: the lines and, below them, a widget such as a typed word."""

    DEFAULT_CSS = """
    WarningBar { height: auto; border-left: heavy $triage-cap; padding-left: 1; }
    WarningBar.-console { border-left: double $triage-cap; }
    WarningBar.-ascii { border-left: ascii $triage-cap; }
    """

    def __init__(
        self, lines: tuple[Line, ...], below: Widget | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = lines
        self._below = below

    def compose(self) -> ComposeResult:
        """The lines, then what stands below them."""
        yield WarningLines(self._lines)
        if self._below is not None:
            yield self._below

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show other lines."""
        self._lines = lines
        self.query_one(WarningLines).show(lines)

    def on_mount(self) -> None:
        """The bar is one of the glyph set's."""
        self.add_class(f"-{look_of(self).glyphs.name}")
