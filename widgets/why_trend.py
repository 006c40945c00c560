"""Why, part H14: the index day by day since this cache keeps it, and its slope."""

from datetime import date, datetime, timedelta

from data.health_book import Days
from data.health_view import HealthView
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.column_chart import Column, chart
from widgets.column_page import Lines
from widgets.line import Piece
from widgets.look import Look
from widgets.why_words import figure, inputs_of, note, number, signed

ROWS = 4
AXIS = 4
WIDEST = 3  # cells of one day
TOP = 100.0


def trend_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return one column a day, blank where there was no score, and the slope in points a week."""
    told, index = inputs_of(view.verdicts, "H14"), view.index
    last = index.day or view.at.date()
    window = int(number(told.get("window")) or 90)
    scores = _scores(view.days, last, window)
    if index.score is not None:
        scores[last] = index.score
    if not scores:
        return []
    first = min(scores)
    days = (last - first).days + 1
    lines: Lines = [strong_heading(f"Index, {days} day{'' if days == 1 else 's'}", "H14")]
    if days > 1:
        lines += _plot(scores, first, last, now, width, look)
    least = int(number(told.get("least")) or 4)
    if index.slope is None:
        known = f"{len(scores)} day{'' if len(scores) == 1 else 's'} with a score"
        return [*lines, *note(f"No trend yet: {known} since {numbers.day(first, now)}, {least} make one.", width)]
    slope = f"{signed(index.slope, 1, look.glyphs)} points a week"
    rest = f"   least squares over {index.slope_points} points since {numbers.day(first, now)}"
    return [*lines, ([(slope, "strong bold"), (rest, "muted")], ())]


def _scores(days: Days, last: date, window: int) -> dict[date, float]:
    begin = last - timedelta(days=window)
    known = zip(days.dates(), days.scores, strict=True)
    return {day: score for day, score in known if score is not None and begin <= day <= last}


def _plot(scores: dict[date, float], first: date, last: date, now: datetime, width: int, look: Look) -> Lines:
    room = width - AXIS
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)][-room:]
    wide = max(1, min(WIDEST, room // len(days)))
    gap = 1 if wide > 1 else 0
    columns = [Column(scores[day] / TOP if day in scores else None, day == last) for day in days]
    lines: Lines = []
    for at, row in enumerate(chart(columns, ROWS, look, wide - gap, gap)):
        label = "100" if at == 0 else "0" if at == ROWS - 1 else ""
        lines.append(([(f"{label:>{AXIS - 1}} ", "muted"), *row], ()))
    start = min(day for day in scores if day >= days[0])
    begin = f"{scores[start]:.1f}, {numbers.day(start, now)}"
    end = f"{figure(scores.get(last), 1, look.glyphs)}, {numbers.day(last, now)}"
    taken = len(days) * wide - gap
    at = max(len(begin) + 2, taken - len(end))
    pieces: list[Piece] = [(" " * AXIS, "text"), (f"{begin:<{at}}", "muted"), (end, "strong bold")]
    return [*lines, (pieces, ())]
