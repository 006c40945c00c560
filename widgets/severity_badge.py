"""Severity: always a mark, a word and a colour."""

from rich.cells import cell_len

from data.assessment import Category, Row
from data.health_monitor import DRIFTING
from data.ports_list import View
from data.safe_text import most_cells
from widgets.glyphs import Glyphs
from widgets.health_words import Said, of_red, of_state
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


def said(row: Row, glyphs: Glyphs, view: View = View.BOOK) -> Said:
    """Return mark, word and ink: the category, and where there is none what else speaks about the account.

    Red goes before a drift but in the view Drift, both before a signal; "Not stuck" is all that capacity says.
    """
    if row.category is not None:
        return Said(str(getattr(glyphs, INKS[row.category])), WORDS[row.category], ink(row.category))
    drifts = row.monitor is not None and row.monitor.state in DRIFTING
    if row.red is not None and row.red.is_red and not (drifts and view is View.DRIFT):
        return of_red(True, glyphs)
    if row.monitor is not None and drifts:
        return of_state(row.monitor.state, glyphs)._replace(word="Drift")
    return Said("", "Signal" if row.signals else "Not stuck", "muted")


def badge(row: Row, look: Look) -> list[Piece]:
    """Return mark and word, as headings show it."""
    found = said(row, look.glyphs)
    return [(found.text, found.ink)]


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


def cell(row: Row, look: Look, *, dim: bool = False, view: View = View.BOOK) -> list[Piece]:
    """Return the 12 cells of the list's first column; Blocked is a filled patch in the themes that ask for it."""
    found = said(row, look.glyphs, view)
    text = found.text if found.mark else f"  {found.word}"
    if row.category is Category.PILOT_HARD_BLOCK and look.styles.fill and not dim:
        return [(f"{text} ", "bg bold", "blocked"), (" " * (CELL - len(text) - 1), "text")]
    return [(fit(text, CELL, look.glyphs), "muted" if dim else found.ink)]
