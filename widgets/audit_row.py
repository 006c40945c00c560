"""Drawing of audit entries: when, who, action, account, reason, outcome; below the open one all of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from textual.strip import Strip

from data.account import Entry
from data.safe_text import SafeText, safe_text
from widgets.before_after import fact_pieces, now_cells
from widgets.change_words import describe_entry, quoted
from widgets.facts import About, facts_of
from widgets.line import Piece, strip, wrap
from widgets.look import Look
from widgets.numbers import fit, moment, padded, utc

LABEL = 16


class Shape(NamedTuple):
    """Cells of each column; `account` 0 where every entry is of one account."""

    when: int
    who: int
    action: int
    account: int
    reason: int
    outcome: int

    @classmethod
    def of(cls, width: int, one_account: bool) -> "Shape":
        """Return the columns of a width; the reason takes what is left."""
        wide = width >= 110
        when, who, action, outcome = (14, 18, 20, 8) if wide else (13, 13, 16, 7)
        account = 0 if one_account else 26 if wide else 17
        return cls(when, who, action, account, max(0, width - 3 - when - who - action - account - outcome), outcome)


def head_strip(width: int, look: Look, one_account: bool) -> Strip:
    """Return the column heads."""
    shape = Shape.of(width, one_account)
    names = ("When", "Who", "Action", *(() if one_account else ("Account",)), "Reason", "Outcome")
    widths = (
        shape.when,
        shape.who,
        shape.action,
        *(() if one_account else (shape.account,)),
        shape.reason,
        shape.outcome,
    )
    cells = "".join(fit(name, cells) for name, cells in zip(names, widths, strict=True))
    return strip([("  " + cells, "muted")], width, look)


def row_strip(
    entry: Entry, account: str, width: int, look: Look, here: bool, now: datetime, one_account: bool
) -> Strip:
    """Return the one line of an entry."""
    shape, glyphs = Shape.of(width, one_account), look.glyphs
    refused = entry.outcome not in ("applied", "ok", "accepted")

    def cell(text: str, cells: int) -> str:
        return fit(text, max(0, cells - 1), glyphs) + " " if cells else ""

    strong = "strong bold" if here else "text"
    name = padded(account, shape.account - 1, glyphs) + " " if shape.account else ""
    pieces: list[Piece] = [(f"{glyphs.cursor if here else ' '} ", "accent")]
    pieces += [(cell(moment(entry.applied_at, now), shape.when), "muted"), (cell(entry.actor.name, shape.who), "text")]
    pieces += [(cell(describe_entry(entry), shape.action), strong), (name, strong)]
    pieces += [(cell(quoted(entry.reason), shape.reason), "muted")]
    pieces += [(fit(entry.outcome, shape.outcome, glyphs), "strong bold" if refused else "muted")]
    return strip(pieces, width, look, "cursor" if here else "bg")


def details(entry: Entry, width: int, look: Look, now: datetime, currency: str | None) -> list[Strip]:
    """Return before and after, the whole reason, who sent it with what, both times in UTC, ids and the hash."""
    made: list[Strip] = []
    every = facts_of(entry.before, entry.after, About(currency, now, look.glyphs))
    facts = [fact for fact in every if fact.after is not None]
    for fact in facts:
        made.append(strip(fact_pieces(fact, width, look, 2, now_cells(facts)), width, look))
    if entry.reason:
        made += _labelled("Reason", str(quoted(entry.reason)), "text", width, look)
    raw = _raw(entry)
    told = raw.get("acknowledged")
    if isinstance(told, list) and told:
        made += _labelled("Acknowledged", ", ".join(_safe(one) for one in told), "text", width, look)
    authored = utc(entry.authored_at) if entry.authored_at else look.glyphs.unknown
    made += _labelled(
        "Authored", f"{authored} by {entry.actor.name}, applied {utc(entry.applied_at)}", "muted", width, look
    )
    if raw.get("client"):
        made += _labelled("Client", _safe(raw["client"]), "muted", width, look)
    made += _labelled("Entry", f"{entry.seq:,}, {entry.change_id or 'by the server itself'}", "muted", width, look)
    made += _labelled("Hash", entry.hash, "muted", width, look)
    return [*made, strip([], width, look)]


def _raw(entry: Entry) -> dict[str, Any]:
    """Return the entry's own text as values; only shown, never trusted (the hash is over the text itself)."""
    try:
        found = json.loads(entry.raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _safe(value: object) -> SafeText:
    return safe_text(str(value), cells=120)


def _labelled(label: str, text: str, ink: str, width: int, look: Look) -> Sequence[Strip]:
    lines = wrap(text, max(10, width - 3 - LABEL), 6) or [""]
    heads = (fit(label if number == 0 else "", LABEL, look.glyphs) for number in range(len(lines)))
    return [
        strip([("  ", "text"), (head, "muted"), (line, ink)], width, look)
        for head, line in zip(heads, lines, strict=True)
    ]
