"""Drawing of the follow-up list: one line a message that nobody answered, and the lines that open below it (M20)."""

from collections.abc import Sequence
from datetime import datetime

from textual.strip import Strip

from data.health_monitor import FollowUpKind
from data.ports_outreach import FollowUpDue
from widgets.line import Piece, strip
from widgets.look import Look
from widgets.numbers import fit, moment, padded, utc
from widgets.outreach_words import due_word

DUE, INDENT, LABEL = 14, 5, 14
WHAT = {
    FollowUpKind.AUTOMATIC: "one follow-up by mail",
    FollowUpKind.TASK: "the follow-up was not answered either: call, or meet",
}


def account_cells(width: int) -> int:
    """Return the cells that a line of `width` has for the account's name."""
    return max(16, min(28, (width - 40) // 2))


def row_strip(due: FollowUpDue, name: str, width: int, look: Look, here: bool, now: datetime) -> Strip:
    """Return the one line: mark, when it is due, account, contact, subject, when it was sent."""
    glyphs = look.glyphs
    loud = "strong bold" if due.due else "text"
    mark = glyphs.needs if due.due else " "
    sent = moment(due.sent_at, now)
    account = account_cells(width)
    rest = max(0, width - DUE - account - len(sent) - 7)
    about = f"{due.contact}, “{due.subject}”" if due.contact else f"“{due.subject}”"
    pieces: list[Piece] = [(glyphs.cursor if here else " ", "accent"), (f" {mark} ", "strong bold")]
    pieces += [(f"{due_word(due, now):<{DUE}}", loud), (f"{padded(name, account, glyphs)} ", loud)]
    pieces.append((fit(about, rest, glyphs), "text"))
    return strip(pieces, width, look, "cursor" if here else "bg", [(sent, "muted"), (" ", "text")])


def details(due: FollowUpDue, width: int, look: Look, keys: Sequence[tuple[str, str, str]]) -> list[Strip]:
    """Return the lines that open below: who, when, what is next, what can be done; a blank one closes them."""
    facts = [
        ("To", str(due.contact) or "nobody named"),
        ("Subject", str(due.subject)),
        ("Sent", utc(due.sent_at)),
        ("Follow-up", f"{utc(due.due_at)}   M20"),
        ("Next", WHAT[due.kind]),
    ]
    room = max(10, width - INDENT - LABEL - 1)
    pad = " " * INDENT
    made = [
        strip(
            [(pad, "text"), (f"{label:<{LABEL}}", "muted"), (fit(words, room, look.glyphs).rstrip(), "text")],
            width,
            look,
        )
        for label, words in facts
    ]
    made += [strip([], width, look)] * bool(keys)  # never two blank lines
    for number, (key, label, remark) in enumerate(keys):
        chip: Piece = (f" {key} ", "text", "chip") if number == 0 else (f" {key} ", "key")
        words: Piece = (f" {label:<18}", "strong bold" if number == 0 else "text")
        made.append(strip([(pad, "text"), chip, words, (remark, "muted")], width, look))
    return [*made, strip([], width, look)]
