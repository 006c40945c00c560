"""Columns over time, drawn cell by cell in each glyph set; what is unknown is blank, never zero.

textual-plotext draws with braille, block and box characters that the Linux console and an ASCII terminal have not, and
with colours of its own; here a column is an eighth of the set, a filled cell of ground, or a stroke.
"""

from collections.abc import Sequence
from typing import NamedTuple

from widgets.line import Piece
from widgets.look import Look

EIGHTHS = 8


class Column(NamedTuple):
    """One column: its height 0–1 (None: unknown) and whether it is the part that is looked at."""

    height: float | None
    now: bool


def chart(columns: Sequence[Column], rows: int, look: Look, cells: int = 1, gap: int = 0) -> list[list[Piece]]:
    """Return `rows` lines from the top, each column `cells` wide with `gap` blanks behind all but the last."""
    lines = []
    for row in range(rows - 1, -1, -1):
        pieces: list[Piece] = []
        for number, column in enumerate(columns):
            _append(pieces, _cell(column, row, rows, look), cells)
            if gap and number < len(columns) - 1:
                _append(pieces, (" ", "text"), gap)
        lines.append(pieces)
    return lines


def grouped(values: Sequence[float | None], size: int, now: bool) -> list[Column]:
    """Return the values in columns of `size`, the newest full; a column is the mean of what is known in it."""
    first = len(values) % size
    parts = [values[:first]] if first else []
    parts += [values[at : at + size] for at in range(first, len(values), size)]
    return [Column(_mean(part), now) for part in parts]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _append(pieces: list[Piece], piece: Piece, cells: int) -> None:
    """Add a cell so many times; runs of equal ink are one piece."""
    if pieces and pieces[-1][1:] == piece[1:]:
        pieces[-1] = (pieces[-1][0] + piece[0] * cells, *piece[1:])
    else:
        pieces.append((piece[0] * cells, *piece[1:]))


def _cell(column: Column, row: int, rows: int, look: Look) -> Piece:
    if column.height is None:
        return " ", "text"
    ink = "accent" if column.now else "faint"
    eighths = round(min(max(column.height, 0.0), 1.0) * rows * EIGHTHS) - row * EIGHTHS
    if look.glyphs.digits:
        return _stroke(eighths, row, column.now, look)
    if eighths <= 0:
        return (look.glyphs.spark[0], "line") if row == 0 else (" ", "text")
    if eighths < EIGHTHS:
        return look.glyphs.spark[eighths - 1], ink
    # a full block would need a glyph outside our sets; where grounds have no colour the highest eighth stands in
    return (look.glyphs.spark[-1], ink) if look.styles.plain else (" ", ink, ink)


def _stroke(eighths: int, row: int, now: bool, look: Look) -> Piece:
    """Without eighths a cell is there from its half on; the part looked at has another stroke, not only an ink."""
    ink = "accent" if now else "muted"
    if eighths >= EIGHTHS // 2:
        return (look.glyphs.full if now else look.glyphs.pane), ink
    return (look.glyphs.track, "line") if row == 0 else (" ", "text")
