"""What the parts of the Why screen share: the inputs of a rule's verdict, yes and no, figures, notes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from data.assessment import Verdict
from widgets import numbers
from widgets.column_page import Lines
from widgets.glyphs import Glyphs
from widgets.line import Piece, wrap

RULE = 5
ANSWER = 6


def inputs_of(verdicts: Iterable[Verdict], rule: str) -> Mapping[str, object]:
    """Return the inputs of the first verdict of a rule; empty where the rule said nothing."""
    return next((one.inputs for one in verdicts if one.rule == rule), {})


def verdict_of(verdicts: Iterable[Verdict], rule: str) -> str:
    """Return what the rule said, empty where it said nothing."""
    return next((one.verdict for one in verdicts if one.rule == rule), "")


def number(value: object) -> float | None:
    """Return an input that is a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def figure(value: float | None, places: int, glyphs: Glyphs) -> str:
    """Return a number with so many decimals and the set's minus, or the sign of what is unknown."""
    if value is None:
        return glyphs.unknown
    text = f"{abs(value):.{places}f}"
    return f"{glyphs.minus}{text}" if value < 0 and float(text) else text


def signed(value: float | None, places: int, glyphs: Glyphs) -> str:
    """Return a change, which carries its sign."""
    text = figure(value, places, glyphs)
    return f"+{text}" if value is not None and value >= 0 else text


def money(minor: float | None, currency: str | None, glyphs: Glyphs) -> str:
    """Return money in whole units for a sentence."""
    return numbers.money_words(None if minor is None else round(minor), currency, glyphs)


def answer(yes: bool | None) -> Piece:
    """Return `yes`, `no` or `not known` as a word of 6 cells; yes is bold."""
    word = "yes" if yes else "no" if yes is not None else "?"
    return f"{word:<{ANSWER}}", "strong bold" if yes else "muted"


def ruled(rule: str, yes: bool | None, name: str, cells: int, words: str, width: int) -> Lines:
    """Return one rule's line: id, yes or no, what it is about in `cells`, and the rest wrapped below itself."""
    lead: list[Piece] = [(f"{rule:<{RULE}}", "muted"), answer(yes), (f"{name:<{cells}}", _ink(yes))]
    room = max(10, width - RULE - ANSWER - cells)
    parts = wrap(words, room) or [""]
    lines: Lines = [([*lead, (parts[0], "text" if yes else "muted")], ())]
    indent = " " * (RULE + ANSWER + cells)
    return [*lines, *(([(indent + part, "text" if yes else "muted")], ()) for part in parts[1:])]


def _ink(yes: bool | None) -> str:
    return "strong bold" if yes else "muted"


def note(words: str, width: int, ink: str = "muted", rule: str = "") -> Lines:
    """Return a sentence, wrapped; its rule at the right of the first line."""
    parts = wrap(words, width - len(rule) - 2 if rule else width)
    return [([(part, ink)], [(rule, "muted")] if rule and not at else ()) for at, part in enumerate(parts)]


def spread(pieces: Sequence[Piece], width: int) -> Lines:
    """Return pieces three columns apart, on as many lines as they need."""
    lines: Lines = []
    line: list[Piece] = []
    used = 0
    for piece in pieces:
        size = len(piece[0]) + (3 if line else 0)
        if line and used + size > width:
            lines.append((line, ()))
            line, used, size = [], 0, len(piece[0])
        line += [("   ", "text"), piece] if line else [piece]
        used += size
    return [*lines, (line, ())] if line else lines


def when(text: object, now: datetime) -> str:
    """Return an ISO day of the inputs as people read it: `23 Oct`."""
    return numbers.day(date.fromisoformat(text[:10]), now) if isinstance(text, str) else ""
