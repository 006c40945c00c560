"""Numbers on a page that can be chosen: cells with a spot, the way from one to the next, and the message of enter."""

from collections.abc import Sequence
from typing import NamedTuple

from data.ports_portfolio import Behind
from widgets.line import Line, Piece, cells
from widgets.look import Look
from widgets.numbers import fit


class Spot(NamedTuple):
    """A number with something behind it: a list, or one account. `name` is the same in every report."""

    name: str
    behind: Behind | None = None
    account_id: str | None = None


class Cell(NamedTuple):
    """A piece of a line of a part; with a spot it can be chosen."""

    text: str
    ink: str = "text"
    spot: Spot | None = None


Cells = Sequence[Cell]


class Part(NamedTuple):
    """A section: heading, the rules behind it, and its lines."""

    title: str
    rules: str
    lines: tuple[Cells, ...]


class Placed(NamedTuple):
    """Where a spot stands on the page: line, first and last column."""

    line: int
    start: int
    stop: int
    spot: Spot
    part: int


def left(text: str, width: int, ink: str = "text", spot: Spot | None = None) -> Cell:
    """Return a cell that begins at the left."""
    return Cell(fit(text, width), ink, spot)


def right(text: str, width: int, ink: str = "text", spot: Spot | None = None) -> list[Cell]:
    """Return a cell that ends at the right; only the figure itself is the spot."""
    shown = fit(text, width).rstrip() if len(text) > width else text
    return [Cell(" " * (width - len(shown)), "text"), Cell(shown, ink, spot)]


def blank(width: int) -> Cell:
    """Return an empty cell."""
    return Cell(" " * width)


def pieces(line: Cells, here: str, look: Look) -> Line:
    """Return the pieces of a line, the chosen number on the cursor's ground."""
    made: list[Piece] = []
    for one in line:
        if one.spot is not None and one.spot.name == here:
            ink = one.ink if one.ink.endswith("bold") else f"{one.ink} bold"
            made.append((look.glyphs.show(one.text), ink, "cursor"))
        else:
            made.append((one.text, one.ink))
    return made


def places(lines: Sequence[Cells], line: int, column: int, part: int, look: Look) -> list[Placed]:
    """Return the spots of a part whose first line stands at `line`."""
    found = []
    for at, one in enumerate(lines, line):
        start = column
        for cell in one:
            stop = start + cells([(look.glyphs.show(cell.text), "text")])
            if cell.spot is not None:
                found.append(Placed(at, start, stop, cell.spot, part))
            start = stop
    return found


def in_order(placed: Sequence[Placed]) -> list[Placed]:
    """Return the spots as they are read: part by part, line by line."""
    return sorted(placed, key=lambda one: (one.part, one.line, one.start))


def beside(placed: Sequence[Placed], here: Placed, step: int) -> Placed:
    """Return the next spot as they are read; from a line's end that of the next line."""
    order = in_order(placed)
    return order[max(0, min(len(order) - 1, order.index(here) + step))]


def below(placed: Sequence[Placed], here: Placed, step: int) -> Placed:
    """Return the nearest spot of the next line that has one in these columns, else of any next line."""
    middle = (here.start + here.stop) / 2

    def away(one: Placed) -> tuple[int, float]:
        return abs(one.line - here.line), abs((one.start + one.stop) / 2 - middle)

    ahead = [one for one in placed if (one.line - here.line) * step > 0]
    same = [one for one in ahead if one.part == here.part]
    near = [one for one in ahead if abs((one.start + one.stop) / 2 - middle) < NEAR]
    return min(same or near or ahead, key=away, default=here)


NEAR = 45  # columns: further away it is another column of the page
