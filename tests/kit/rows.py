"""Rows of the list made by hand, and every theme and glyph set to draw them in."""

from datetime import UTC, date, datetime, timedelta

from data.assessment import Category, Logins, Row, WorkspaceReading
from data.safe_text import SafeText
from widgets.glyphs import SETS
from widgets.look import Look
from widgets.theme import PALETTES, Styles

NOW = datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
LOOKS = [Look(Styles(palette), glyphs) for palette in (*PALETTES.values(), None) for glyphs in SETS.values()]


def reading(**over: object) -> WorkspaceReading:
    """A stopped workspace of a pilot."""
    values = {
        "id": "ws_1",
        "name": SafeText("Council sessions"),
        "reason": Category.PILOT_HARD_BLOCK,
        "used": 10.2,
        "included": 10.0,
        "stopped": True,
        "since": NOW - timedelta(hours=17),
        "mean_daily": 1.0,
        "projected_at": None,
        "by_ratio": False,
        "by_projection": False,
        "cycle_end": None,
    }
    return WorkspaceReading(**(values | over))


def row(**over: object) -> Row:
    """Northwind Pilot, stopped for 17 h."""
    values = dict.fromkeys(Row.__struct_fields__)
    values |= {
        "id": "acc_1",
        "name": SafeText("Northwind Pilot"),
        "suspicious": False,
        "tier": SafeText("pilot"),
        "mrr": 34900,
        "currency": SafeText("EUR"),
        "snoozed": False,
        "category": Category.PILOT_HARD_BLOCK,
        "reasons": (Category.PILOT_HARD_BLOCK,),
        "signals": (),
        "detail": "",
        "since": NOW - timedelta(hours=17, minutes=36),
        "workspaces": (reading(),),
        "logins": Logins(NOW - timedelta(hours=2), 36, "frequent", (1,) * 30, date(2026, 11, 20)),
        "reading": "",
        "suggested": (),
        "version": 1,
        "seq": 1,
        "day": date(2026, 11, 20),
        "policy": "1",
        "assessed_at": NOW,
    }
    return Row(**(values | over))
