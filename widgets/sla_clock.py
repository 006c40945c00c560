"""The SLA clock of a Red account: what is left in three cells, bold from 24 h, `−2h` when late (look.md §5, R11)."""

from datetime import datetime

from widgets import numbers
from widgets.line import Piece
from widgets.look import Look

CELLS = 3
SOON = numbers.DAY


def sla_clock(due_at: datetime | None, now: datetime, look: Look) -> Piece:
    """Return the three cells of a clock that runs; blank where none does."""
    if due_at is None:
        return (" " * CELLS, "muted")
    left = (due_at - now).total_seconds()
    if left < 0:
        return (f"{look.glyphs.minus}{late_age(-left)}".rjust(CELLS)[:CELLS], "blocked bold")
    return (numbers.age(left).rjust(CELLS), "strong bold" if left <= SOON else "text")


def late_age(seconds: float) -> str:
    """Return an age in two characters, as the minus takes the third: `2h`, `5d`, `9w`."""
    for text in (numbers.age(seconds), f"{int(seconds // numbers.DAY)}d", f"{int(seconds // numbers.WEEK)}w"):
        if len(text) <= CELLS - 1:
            return text
    return "9w"


def left_words(due_at: datetime, now: datetime, look: Look) -> Piece:
    """Return the same for a sentence: `6 h left`, `2 h late`."""
    left = (due_at - now).total_seconds()
    if left < 0:
        return (f"{numbers.ago(-left)} late", "blocked bold")
    return (f"{numbers.ago(left)} left", "strong bold" if left <= SOON else "text")
