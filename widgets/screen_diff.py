"""What a terminal shows already is not sent again: of a frame only the cells that differ, in the fewest codes."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from data.safe_text import most_cells
from widgets.ink import PLAIN, Ink, for_blank, ink_of, ink_of_style, paper_of, turn

Cell = tuple[str, Ink]
Row = list[Cell | None]  # None: what the terminal shows there is not known
NEAR = 4  # cells that are sent again rather than jumped over
LEAST_SCROLL = 5  # lines that must move together before the terminal is asked to move them

_TOKEN = re.compile(
    r"\x1b\[(?P<y>\d+);(?P<x>\d+)H|\x1b\[(?P<codes>[\d;]*)m|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<other>\x1b\[[^@-~]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]?|[\x00-\x1f\x7f])"
)
_PLACE = re.compile(r"\x1b\[\d+;\d+H")
_SCREEN = "\x1b[?1049"  # to and from the other screen: nothing is known of either


class ScreenDiff:
    """The cells of one terminal. Not safe for threads: the one that writes frames owns it."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._shown: list[Row] = []
        self._wanted: dict[int, Row] = {}
        self._phrases: list[tuple[int, int, Ink, str]] = []
        self._ink: Ink | None = None  # the terminal's
        self._at: tuple[int, int] | None = None  # row and column of its cursor, from 0
        self._parked: tuple[int, int] | None = None  # where Textual left it, and wants it left
        self._end: tuple[int, int] | None = None

    def forget(self, width: int, height: int) -> None:
        """Take it that nothing is known of a screen of this size."""
        self._size = (width, height)
        self._shown = [[None] * width for _ in range(height)]
        self._wanted, self._phrases = {}, []
        self._ink = self._at = self._parked = self._end = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._size

    def frame(self, data: str, *, hold: bool = False) -> str:
        """Return what has to be sent for the screen to look as after `data`; nothing where it does already.

        With `hold` it is only noted, to go with what comes next or with `rest`.
        """
        if _PLACE.search(data) is None:
            return self._aside(data)
        made: list[str] = []
        place: tuple[int, int] | None = None
        ink: Ink | None = PLAIN
        for token in _TOKEN.finditer(data):
            kind, text = token.lastgroup, token.group()
            if kind == "x":
                place = (int(token["y"]) - 1, int(token["x"]) - 1)
            elif kind == "codes":
                ink = ink_of(token["codes"], ink or PLAIN)
            elif text == "\n":
                continue  # a line's end: the next one begins with its place
            elif kind == "text" and place is not None and ink is not None and self._known(place):
                place = self._write(place, text, ink)
            else:  # not understood: it goes as it is, and from then on nothing is known
                made += [self._flush(), text]
                self.forget(*self._size)
                place = None
        self._end = place
        return "".join(made) + ("" if hold else self.rest())

    def put(self, y: int, x: int, strip: Strip, colours: ColorSystem) -> bool:
        """Note a piece of a line, to go with the next `frame`: what its codes would say, which need not be read.

        False, and nothing noted, where a character may take another room than a cell.
        """
        cells: list[Cell] = []
        for text, style, _ in strip:
            drawn = _drawn(text, style, colours)
            if drawn is None:
                return False
            cells += drawn
        if self._known((y, x)):
            self._cover(y, x, cells)
        return True

    def rest(self) -> str:
        """Return what is still to be sent, the cursor's place included."""
        made, place = self._flush(), self._end
        if place is not None and place != (self._at if made else self._parked):
            made += self._move(place)
        self._parked = place
        return made

    def _aside(self, data: str) -> str:
        """Take what is no frame: modes, questions, the clipboard."""
        if _SCREEN not in data:
            return data
        before = "" if self._ink == PLAIN else turn(None, PLAIN)
        self.forget(*self._size)
        return before + data

    def _known(self, place: tuple[int, int]) -> bool:
        return 0 <= place[0] < self._size[1] and 0 <= place[1] <= self._size[0]

    # --- taking in ---

    def _write(self, place: tuple[int, int], text: str, ink: Ink) -> tuple[int, int]:
        """Want `text` at a place; return where it ends."""
        y, x = place
        if text.isascii() or _one_each(text):
            return (y, self._cover(y, x, _cells(text, ink)))
        end = self._uncover(y, x, cell_len(text))
        self._phrases.append((y, x, ink, text))
        return (y, min(end, self._size[0]))

    def _cover(self, y: int, x: int, cells: Sequence[Cell]) -> int:
        """Want cells from a column on; return the column where they end."""
        end = self._uncover(y, x, len(cells))
        row = self._wanted[y]
        row[x:end] = cells
        del row[self._size[0] :]
        return min(end, self._size[0])

    def _uncover(self, y: int, x: int, width: int) -> int:
        """Forget a phrase that was held and is written over; return the end of what comes instead."""
        end = x + width
        if self._phrases:
            self._phrases = [
                one for one in self._phrases if one[0] != y or one[1] >= end or one[1] + _room(one[3]) <= x
            ]
        if y not in self._wanted:
            self._wanted[y] = list(self._shown[y])
        return end

    # --- sending ---

    def _flush(self) -> str:
        made = [self._scroll()] if len(self._wanted) >= LEAST_SCROLL else []
        for y, row in sorted(self._wanted.items()):
            if row != self._shown[y]:
                made.append(self._row(y, row))
                self._shown[y] = row
        for y, x, ink, text in self._phrases:
            made += [self._move((y, x)), turn(self._ink, ink), text]
            self._ink, self._at = ink, None
            end = min(x + _room(text), self._size[0])
            self._shown[y][x:end] = [None] * (end - x)
        self._wanted, self._phrases = {}, []
        return "".join(made)

    def _row(self, y: int, row: Row) -> str:
        shown, made, width = self._shown[y], [], self._size[0]
        ink, paper, at = self._ink, paper_of(self._ink or PLAIN), -1  # `at`: where the cursor is, if it is in this line
        if self._at is not None and self._at[0] == y:
            at = self._at[1]
        for x, (cell, old) in enumerate(zip(row, shown, strict=True)):
            if cell == old or cell is None:
                continue
            if at != x:
                made.append(self._reach(y, x, row[at:x] if 0 <= at < x else None, ink))
            char, wanted = cell
            if wanted is not ink and (char != " " or ink is None or wanted != paper):
                wanted = for_blank(ink, wanted) if char == " " else wanted
                made.append(turn(ink, wanted))
                ink, paper = wanted, paper_of(wanted)
            made.append(char)
            at = x + 1
        self._ink, self._at = ink, (y, at) if at < width else None
        return "".join(made)

    def _reach(self, y: int, x: int, between: Row | None, ink: Ink | None) -> str:
        """Return the way to a cell: by what stands between where that is shorter; None: the cursor is not before it."""
        if between is None or ink is None:
            return self._move((y, x))
        if len(between) <= NEAR and all(
            cell is not None and cell[1] == (paper_of(ink) if cell[0] == " " else ink) for cell in between
        ):
            return "".join(cell[0] for cell in between if cell)
        return f"\x1b[{x + 1}G"

    def _move(self, place: tuple[int, int]) -> str:
        self._at = place
        return f"\x1b[{place[0] + 1};{place[1] + 1}H"

    def _scroll(self) -> str:
        """Let the terminal move lines that are where they were but one line higher or lower; full width only."""
        rows = sorted(y for y, row in self._wanted.items() if row != self._shown[y] and None not in row)
        for by in (1, -1):
            run = self._moved(rows, by)
            if len(run) >= LEAST_SCROLL:
                block = range(min(run[0], run[0] + by), max(run[-1], run[-1] + by) + 1)
                if all(None not in self._wanted.get(y, self._shown[y]) for y in block):
                    return self._shift(block, by)
        return ""

    def _moved(self, rows: list[int], by: int) -> list[int]:
        """Return the longest run of rows that look as the one `by` lines below does now."""
        best: list[int] = []
        run: list[int] = []
        for y in rows:
            fits = 0 <= y + by < self._size[1] and self._wanted[y] == self._shown[y + by]
            run = [*run, y] if fits and (not run or run[-1] == y - 1) else [y] if fits else []
            best = max(best, run, key=len)
        return best

    def _shift(self, lines: range, by: int) -> str:
        """Scroll some lines up (`by` 1) or down (-1); what the one that comes in looks like differs by terminal."""
        first, after = lines[0], lines[-1] + 1
        block = self._shown[first:after]
        for y in lines:  # a line that was not to change is put back
            self._wanted.setdefault(y, list(self._shown[y]))
        new: Row = [None] * self._size[0]
        self._shown[first:after] = [*block[1:], new] if by > 0 else [new, *block[:-1]]
        self._at = None
        return f"\x1b[{first + 1};{after}r\x1b[{'S' if by > 0 else 'T'}\x1b[r"


@lru_cache(8192)
def _drawn(text: str, style: Style | None, colours: ColorSystem) -> list[Cell] | None:
    """Return the cells of a piece, None where a character may take more than one; nobody may change them."""
    if not (text.isascii() or _one_each(text)):
        return None
    return _cells(text, PLAIN if style is None else ink_of_style(style, colours))


@lru_cache(4096)
def _cells(text: str, ink: Ink) -> list[Cell]:
    """Return the cells of a text of one cell a character; nobody may change them."""
    paper: Cell = (" ", paper_of(ink))
    return [paper if char == " " else (char, ink) for char in text]


@lru_cache(4096)
def _one_each(text: str) -> bool:
    """Return whether every character takes one cell, whoever counts."""
    return cell_len(text) == len(text) == most_cells(text)


@lru_cache(4096)
def _room(phrase: str) -> int:
    """Return the most cells that a phrase may take."""
    return max(cell_len(phrase), most_cells(phrase))
