"""Severity: always a mark, a word and a colour."""

from rich.cells import cell_len

from data.assessment import Category, Row
from data.safe_text import most_cells
from widgets.line import Piece
from widgets.look import Look
from widgets.numbers import fit

WORDS = {
    Category.PILOT_HARD_BLOCK: "Blocked",
    Category.AT_CAP: "At cap",
    Category.APPROACHING_CAP: "Near cap",
    Category.RECENTLY_DOWNGRADED: "Downgraded",
}
INKS = {
    Category.PILOT_HARD_BLOCK: "blocked",
    Category.AT_CAP: "cap",
    Category.APPROACHING_CAP: "near",
    Category.RECENTLY_DOWNGRADED: "down",
}
CELL = 12


def mark(category: Category, look: Look) -> str:
    """Return the category's mark."""
    return str(getattr(look.glyphs, INKS[category]))


def ink(category: Category) -> str:
    """Return the category's ink; Blocked is bold."""
    return INKS[category] + (" bold" if category is Category.PILOT_HARD_BLOCK else "")


def word(row: Row) -> str:
    """Return the word of a row's category; a row without one has a signal or no risk."""
    return WORDS[row.category] if row.category else "Signal" if row.signals else "No risk"


def badge(row: Row, look: Look) -> list[Piece]:
    """Return mark and word, as headings show it."""
    if row.category is None:
        return [(word(row), "muted")]
    return [(f"{mark(row.category, look)} {word(row)}", ink(row.category))]


def doubt(row: Row, look: Look) -> list[Piece]:
    """Return the mark behind a name in which characters had to be replaced; nothing behind any other."""
    return doubtful(row.suspicious, look)


def doubtful(suspicious: bool, look: Look) -> list[Piece]:
    """Return that mark for any text; it stands behind the very text that is doubtful."""
    return [(f" {look.glyphs.needs}", "cap bold")] if suspicious else []


def named(row: Row, cells: int, look: Look) -> str:
    """Return the account's name in at most so many cells, its id where the name is blank: something must be seen.

    What a terminal may need beyond what is counted follows as blanks (widgets.steady).
    """
    name = fit(row.name if row.name.strip() else row.id, cells, look.glyphs).rstrip()
    return name + " " * (most_cells(name) - cell_len(name))


def marked(row: Row, cells: int, look: Look) -> str:
    """Return the same with the mark of a doubtful name behind it, for places of one ink."""
    mark = "".join(piece[0] for piece in doubt(row, look))
    return named(row, cells - len(mark), look) + mark


def cell(row: Row, look: Look, *, dim: bool = False) -> list[Piece]:
    """Return the 12 cells of the list's first column; Blocked is a filled patch in the themes that ask for it."""
    if row.category is None:
        return [(fit(f"  {word(row)}", CELL), "muted")]
    text = f"{mark(row.category, look)} {word(row)}"
    if dim:
        return [(fit(text, CELL), "muted")]
    if row.category is Category.PILOT_HARD_BLOCK and look.styles.fill:
        return [(f"{text} ", "bg bold", "blocked"), (" " * (CELL - len(text) - 1), "text")]
    return [(fit(text, CELL), ink(row.category))]
