"""The detail below the list: a title rule and 7 lines in two halves (look.md §5)."""

from collections.abc import Mapping
from datetime import datetime

from textual.strip import Strip

from data.ports import Detail
from data.safe_text import cell_width
from widgets import detail_facts as facts
from widgets import numbers, severity_badge
from widgets.detail_right import chip_line
from widgets.health_lines import health_line, red_causes, red_piece
from widgets.line import Line, Piece, cells, strip, wrap
from widgets.look import Look

SECOND_HALF = 46
TRIES = 2


def bottom_lines(
    detail: Detail | None, now: datetime, keys: Mapping[str, str], sync_first: str, width: int, look: Look
) -> list[Strip]:
    """Return the 8 lines: title rule; left why, try first, how to read it; right contact, logins, remedies, pending."""
    if detail is None:
        return [strip([(look.glyphs.rule * width, "line")], width, look)]
    left = _left(detail, now, keys, sync_first, look)
    right = _right(detail, now, width - SECOND_HALF - 1, look)
    strips = [_title(detail, now, width, look)]
    for one, other in zip(left, right, strict=True):
        half = strip([(" ", "text"), *one], SECOND_HALF - 1, look)
        strips.append(Strip.join([half, strip([(" ", "text"), *other], width - SECOND_HALF + 1, look)]))
    return strips


def _title(detail: Detail, now: datetime, width: int, look: Look) -> Strip:
    row, rule = detail.row, look.glyphs.rule
    words = ", ".join([row.tier, *reversed(facts.facts_of(row, look.glyphs))])
    ink = severity_badge.ink(row.category).split(" ")[0] if row.category else "strong"
    mark = f"{severity_badge.mark(row.category, look)} " if row.category else ""
    name = severity_badge.named(row, min(40, max(10, width - 30)), look)
    pieces: list[Piece] = [(rule * 2, "line"), (" ", "text"), (f"{mark}{name}", f"{ink} bold")]
    pieces += [*severity_badge.doubt(row, look), ("  ", "text")]
    red = red_piece(row, now, look)
    end: list[Piece] = [(" ", "text"), *red, (" ", "text"), (rule * 2, "line")] if red else []
    room = width - cells(pieces) - 3 - cells(end)
    if room >= 8:
        pieces += [(numbers.fit(words, room, look.glyphs).rstrip(), "muted"), (" ", "text")]
    return strip([*pieces, (rule * max(0, width - cells(pieces) - cells(end)), "line"), *end], width, look)


def _left(detail: Detail, now: datetime, keys: Mapping[str, str], sync_first: str, look: Look) -> list[Line]:
    """Return 7 lines: two of why, two of what to try, one of health, two of how to read it."""
    width = SECOND_HALF - 3
    why = facts.why(detail.row, now, look.glyphs)
    place = f"{why.place} workspace" if why.place and len(why.place) < width - 10 else why.place
    more = "; ".join(
        [words for words, _ in facts.also(detail.row, now, look.glyphs)] + facts.news(detail, now, look.glyphs)
    )
    if more and cell_width(f"{place}; {more}") > width:
        place = why.place
    second = numbers.fit(f"{place}; {more}" if more and place else more or place, width, look.glyphs).rstrip()
    lines: list[Line] = [[(why.sentence, "strong bold"), (f"  {why.figures}", "text")], [(second, "muted")]]
    tries = _tries(detail, keys, sync_first)
    lines += [*tries, *([()] * (TRIES - len(tries))), health_line(detail.row, width, look)]
    reading: list[Line] = [[(part, "muted")] for part in wrap(detail.row.reading, width, 2)]
    return [*lines, *reading, *([()] * (2 - len(reading)))]


def _tries(detail: Detail, keys: Mapping[str, str], sync_first: str) -> list[Line]:
    tries: list[Line] = []
    chip = True
    if sync_first:
        tries.append([*chip_line("r", "Sync first", chip=True), ("  figures are old", "muted")])
        chip = False
    for each in facts.suggestions(detail):
        key = keys.get(each.kind, "")
        first = chip and bool(key)
        chip = chip and not key
        remark: list[Piece] = [(f"  {each.short}", "muted")] if first and each.short else []
        tries.append([*chip_line(key, each.words, chip=first), *remark])
    return tries[:TRIES]


def _right(detail: Detail, now: datetime, width: int, look: Look) -> list[Line]:
    """Return 7 lines: two of contact, two of logins, one of pending, two of the last remedy."""
    row = detail.row
    lines: list[Line] = [*_contact(detail, width, look)]
    klass, last, count = facts.login_words(row, now)
    lines.append(facts.login_chart(row, look, width) if klass != "no data" else ())
    bold: Piece = (klass, "strong bold") if klass != "no data" else ("no login data", "muted")
    lines.append([bold, ("  " + ", ".join(part for part in (last, count) if part), "muted")])
    lines.append(_pending(detail, now, width, look))
    return [*lines, *_last(detail, now, width, look)]


def _contact(detail: Detail, width: int, look: Look) -> list[Line]:
    contact = detail.row.contact
    if contact is None:
        return [[("no contact known", "muted")], ()]
    name = numbers.fit(f"{contact.name}, {contact.role}", width - 9, look.glyphs).rstrip()
    copy: list[Piece] = (
        [("   ", "text"), (look.key("do.copy_contact", "y"), "key"), (" copy", "muted")] if contact.email else []
    )
    second = contact.email or ("not reachable" if contact.reachable is False else "no e-mail")
    return [[(name, "text"), *copy], [(numbers.fit(second, width, look.glyphs).rstrip(), "muted")]]


def _pending(detail: Detail, now: datetime, width: int, look: Look) -> Line:
    if not detail.pending:
        return red_causes(detail.row, width, look)
    change = detail.pending[0]
    mark, words, becomes = facts.pending_words(change, detail, now, look.glyphs)
    ink = "strong bold" if change.needs_you else "accent" if mark == look.glyphs.held else "muted"
    more = f" +{len(detail.pending) - 1}" if len(detail.pending) > 1 else ""
    room = width - 2 - len(more)
    if cell_width(f"{words}: {becomes}") > room:
        words = words.split(",")[0]  # what becomes of it is worth more than what it is in detail
    text = numbers.fit(f"{words}: {becomes}", room, look.glyphs).rstrip()
    return [(f"{mark} ", ink), (text, "text"), (more, "muted")]


def _last(detail: Detail, now: datetime, width: int, look: Look) -> list[Line]:
    entries = facts.last_remedies(detail.trail, 1)
    if not entries:
        return [[("no remedy yet", "muted")], ()]
    entry = entries[0]
    when = f"{numbers.day(entry.applied_at, now)} "
    words = numbers.fit(facts.remedy_words(entry), width - len(when), look.glyphs).rstrip()
    opening, closing = look.glyphs.quotes[0], look.glyphs.quotes[1]
    reason = numbers.fit(str(entry.reason), width - 2, look.glyphs).rstrip() if entry.reason else ""
    return [
        [(when, "muted"), (words, "text")],
        [(f"{opening}{reason}{closing}", "muted")] if reason else (),
    ]
