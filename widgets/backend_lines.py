"""What only some backends tell: their own at-risk list where it differs from ours, and the hours of closed months."""

from collections.abc import Iterable, Mapping
from typing import Any

from data.account import Account
from data.assessment import Verdict
from widgets import numbers
from widgets.line import Line
from widgets.login_sparkline import STEPS, heights
from widgets.look import Look
from widgets.why_words import inputs_of

Lines = list[tuple[Line, Line]]
TOP = STEPS[-1] + 1
SHOWN_MONTHS = 3


def other_reasons(verdicts: Iterable[Verdict]) -> list[str]:
    """Return a sentence for each reason that the backend and our rules (A6) do not share."""
    told = inputs_of(verdicts, "A6").get("backend_differs")
    return [_sentence(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _sentence(one: Mapping[str, Any]) -> str:
    where = f"{one['workspace']}: " if one["workspace"] else ""
    ours = str(one["ours"] or "not at risk").replace("_", " ")
    if one["backend"] is None:
        return f"{where}{ours} by our rules, the backend does not list it"
    detail = f" ({one['detail']})" if one["detail"] else ""
    return f"{where}the backend says {str(one['backend']).replace('_', ' ')}{detail}, our rules {ours}"


def _hours(hours: float | None, look: Look) -> str:
    return look.glyphs.unknown if hours is None else f"{numbers.hours(hours, None, look.glyphs)} h"


def month_lines(account: Account, look: Look) -> Lines:
    """Return the hours of the closed months, oldest left, and the newest three in figures; nothing where none is told.

    A month of which nobody knows is blank, never zero.
    """
    months = account.beside.months if account.beside else ()
    if not months:
        return []
    hours = [one.hours for one in months]
    most = max((one for one in hours if one), default=0.0)
    scaled = [None if one is None else one / most * TOP if most else 0.0 for one in hours]
    figures = [f"{one.month:%b} {_hours(one.hours, look)}" for one in months[-SHOWN_MONTHS:]]
    span = f"  hours a month, {months[0].month:%b %Y} to {months[-1].month:%b %Y}"
    return [
        ([*heights(scaled, 1, look, "text"), (span, "muted")], ()),
        ([(", ".join(figures), "muted")], ()),
    ]
