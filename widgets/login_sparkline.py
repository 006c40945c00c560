"""Admin logins as a sparkline on one fixed scale for all rows; a day without a feed is blank, never zero."""

from collections.abc import Sequence
from datetime import date

from data.assessment import Logins
from widgets.line import Piece
from widgets.look import Look

DAYS = 30
# logins a day up to and including which a height serves, for the second to the sixth eighth
STEPS = (0.34, 0.67, 1.0, 2.0, 4.0)


def spark(daily: Sequence[int | None], width: int, look: Look, ink: str = "faint") -> list[Piece]:
    """Return `width` cells over the last 30 days, oldest left: 6 cells of 5 days, 10 of 3, 30 of one."""
    missing: tuple[int | None, ...] = (None,) * max(0, DAYS - len(daily))
    days = missing + tuple(daily[-DAYS:])
    span = DAYS // width
    return heights([_mean(days[at * span : (at + 1) * span]) for at in range(width)], span, look, ink)


def days_to(logins: Logins, last: date | None) -> tuple[int | None, ...]:
    """Return the known days moved so that the newest cell is the day `last`; days the feed has not reached are None."""
    if logins.as_of is None or last is None or last <= logins.as_of:
        return logins.daily
    return logins.daily + (None,) * min(DAYS, (last - logins.as_of).days)


def _mean(days: Sequence[int | None]) -> float | None:
    known = [day for day in days if day is not None]
    return sum(known) / len(known) if known else None


def heights(values: Sequence[float | None], span: int, look: Look, ink: str) -> list[Piece]:
    """Return one cell for each mean per day; `span` days make a cell. Runs of equal ink are one piece."""
    pieces: list[Piece] = []
    for value in values:
        cell, cell_ink = _digit(value, span, ink) if look.glyphs.digits else _eighth(value, look, ink)
        if pieces and pieces[-1][1] == cell_ink:
            pieces[-1] = (pieces[-1][0] + cell, cell_ink)
        else:
            pieces.append((cell, cell_ink))
    return pieces


def _eighth(value: float | None, look: Look, ink: str) -> tuple[str, str]:
    if value is None:
        return " ", ink
    if value <= 0:
        return look.glyphs.spark[0], "line"
    step = next((at for at, limit in enumerate(STEPS, start=1) if value <= limit), len(STEPS) + 1)
    return look.glyphs.spark[step], ink


def _digit(value: float | None, span: int, ink: str) -> tuple[str, str]:
    ink = "muted" if ink == "faint" else ink
    if value is None:
        return "?", ink
    count = round(value * span)
    return ("." if count == 0 else str(min(9, count))), ink
