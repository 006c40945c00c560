"""A page of sections in one column, or in two from 120 columns; scrolled by lines, its parts found by their tops."""

from abc import abstractmethod
from collections.abc import Sequence

from textual.strip import Strip

from widgets.line import Line, Painted, strip
from widgets.look import Look

Lines = list[tuple[Line, Line]]
Section = Sequence[tuple[Line, Line]]
TWO_COLUMNS = 120
GAP = 4
EVERYTHING = 10_000  # lines


class ColumnPage(Painted, can_focus=True):
    """Subclasses give `columns`: one or two lists of sections for a column's width."""

    DEFAULT_CSS = "ColumnPage { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.top = 0
        self.length = 0
        self._parts: tuple[int, ...] = ()

    @abstractmethod
    def columns(self, column: int, two: bool, look: Look) -> list[list[Lines]]:
        """Return the sections of each column, `column` cells wide; two columns only where `two`."""

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the visible strips."""
        two = width >= TWO_COLUMNS
        column = (width - 2 - GAP) // 2 if two else width - 2
        columns = [one for one in self.columns(column, two, look) if one]
        if not two:
            columns = [[section for one in columns for section in one]]
        self._parts = _tops(columns, 0 if look.compact else 1)
        lines = [fit_sections(one, 0 if look.compact else EVERYTHING) for one in columns]
        self.length = max((len(one) for one in lines), default=0)
        self.top = max(0, min(self.top, self.length - height))
        return [columns_row(lines, at, column, width, look) for at in range(self.top, self.top + height)]

    def scroll_lines(self, lines: int) -> None:
        """Move by lines; the end stays at the bottom."""
        self.top = max(0, min(self.top + lines, self.length - self.size.height))
        self.repaint()

    def in_sight(self) -> list[tuple[int, int, int]]:
        """Return column, line and top of the parts that begin in sight; none where the page is in sight as a whole."""
        tops = [top for top in self._parts if 0 <= top - self.top < self.size.height] if self.scrolls else []
        return [(0, top - self.top, top) for top in tops]

    def go_to(self, top: int) -> None:
        """Bring a part to the top, as far as the page goes."""
        self.scroll_lines(top - self.top)

    def next_part(self) -> None:
        """Go to the next part below the top, from the end back to the first."""
        last = max(0, self.length - self.size.height)
        self.top = min((top for top in self._parts if top > self.top), default=0) if self.top < last else 0
        self.scroll_lines(0)

    @property
    def scrolls(self) -> bool:
        """True when it does not all fit."""
        return self.length > self.size.height

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self.scroll_lines(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self.scroll_lines(-3)


def _tops(columns: list[list[Lines]], blank: int) -> tuple[int, ...]:
    found = set()
    for sections in columns:
        top = 0
        for section in sections:
            found.add(top)
            top += len(section) + blank
    return tuple(sorted(found))


def columns_row(
    columns: Sequence[Section], at: int, column: int, width: int, look: Look, ground: str = "bg", after: Line = ()
) -> Strip:
    """Return line `at` of columns that stand beside each other; `after` takes the right end of the last one."""
    parts = [strip([], 1, look, ground)]
    for number, lines in enumerate(columns):
        left, right = lines[at] if at < len(lines) else ((), ())
        parts += [strip([], GAP, look, ground)] if number else []
        parts.append(strip(left, column, look, ground, after if after and number == len(columns) - 1 else right))
    return Strip.join(parts).adjust_cell_length(width, look.styles("text", ground))


def halves(sections: list[Lines]) -> list[list[Lines]]:
    """Return the sections in two columns of about equal height, in their order."""
    half = sum(len(section) + 1 for section in sections) / 2
    first: list[Lines] = []
    for at, section in enumerate(sections):
        if sum(len(one) + 1 for one in first) + len(section) / 2 > half:
            return [first, sections[at:]]
        first.append(section)
    return [first]


def fit_sections(sections: Sequence[Section], height: int) -> list[tuple[Line, Line]]:
    """Return the lines with a blank between sections, blanks dropped from the bottom up where they do not fit."""
    blanks = max(0, min(len(sections) - 1, height - sum(len(section) for section in sections)))
    lines: list[tuple[Line, Line]] = []
    for number, section in enumerate(sections):
        if number and number <= blanks:
            lines.append(((), ()))
        lines += section
    return lines
