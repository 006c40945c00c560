"""The sections of the pane at the right, in the order of look.md §5."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from data.ports import Detail
from data.safe_text import SafeText
from widgets import detail_facts as facts
from widgets import numbers, severity_badge
from widgets.health_lines import health_lines
from widgets.line import Line, Piece, wrap
from widgets.look import Look
from widgets.usage_bar import TOLERANCE, bar

Lines = list[tuple[Line, Line]]
REMEDIES_SHOWN = 2
INDENT = 4


def right_sections(
    detail: Detail, now: datetime, keys: Mapping[str, str], sync_first: str, width: int, look: Look
) -> list[Lines]:
    """Return mark and name, why, try first, health, how to read it, logins, contact, last remedies, pending."""
    sections = [
        _title(detail, width, look),
        _why(detail, now, width, look),
        _try_first(detail, keys, sync_first, width),
        _health(detail, now, width, look),
        _reading(detail, width),
        _logins(detail, now, width, look),
        _contact(detail, width, look),
        _last(detail, now, width, look),
        _pending(detail, now, width, look),
    ]
    return [section for section in sections if section]


def heading(words: str, right: str = "") -> tuple[Line, Line]:
    """Return a heading in the pane: bold muted, its rule at the right."""
    return [(words, "head bold")], [(right, "muted")] if right else ()


def _title(detail: Detail, width: int, look: Look) -> Lines:
    row = detail.row
    lines: Lines = [(severity_badge.badge(row, look), [(row.tier, "muted")])]
    *above, last = wrap(row.name, width - 2, 2) or [row.id]
    lines += [([(line, "strong bold")], ()) for line in above]
    lines.append(([(last, "strong bold"), *severity_badge.doubt(row, look)], ()))
    firm = detail.account.org_name or SafeText("")  # as served: the row's copy no longer tells whether it is doubtful
    other = SafeText("") if firm in row.name else firm
    if row.suspicious or other.suspicious:
        lines.append(([(numbers.fit("Hidden characters in it are shown as ?", width, look.glyphs), "muted")], ()))
    words = facts.facts_of(row, look.glyphs)
    lines += [([(line, "muted")], ()) for line in _joined(words, width)]
    if other:
        shown = numbers.fit(other, width - 2, look.glyphs).rstrip()
        lines.append(([(shown, "muted"), *severity_badge.doubtful(other.suspicious, look)], ()))
    return lines


def _joined(words: Sequence[str], width: int) -> list[str]:
    line = "   ".join(words)
    return [line] if len(line) <= width else [part for word in words for part in wrap(word, width, 1)]


def _why(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    row = detail.row
    why = facts.why(row, now, look.glyphs)
    lines: Lines = [([(line, "strong bold")], ()) for line in wrap(why.sentence, width, 2)]
    place = f"{why.figures}, {why.place}" if why.place else why.figures
    lines.append(([(numbers.fit(place, width - 5, look.glyphs).rstrip(), "text")], [(why.rule, "muted")]))
    if why.used is not None and why.included is not None:
        lines.append((_bar(detail, why, width, look), ()))
    for words, rule in facts.also(row, now, look.glyphs):
        lines.append(([(numbers.fit(words, width - 4, look.glyphs).rstrip(), "text")], [(rule, "muted")]))
    lines += [([(part, "muted")], ()) for said in facts.news(detail, now, look.glyphs) for part in wrap(said, width, 2)]
    return lines


def _bar(detail: Detail, why: facts.Why, width: int, look: Look) -> Line:
    used, included = why.used or 0.0, why.included or 0.0
    share = numbers.percent(used / included if included else 1.0)
    category = detail.row.category
    ink = severity_badge.INKS[category] if category and used >= included - TOLERANCE else "text"
    return [*bar(used, included, max(4, width - len(share) - 1), look, ink), (f" {share}", "text")]


def _try_first(detail: Detail, keys: Mapping[str, str], sync_first: str, width: int) -> Lines:
    suggested = facts.suggestions(detail)
    if not suggested and not sync_first:
        return []
    lines: Lines = [heading("Try first", "A12")]
    chip = True
    if sync_first:
        lines.append((chip_line("r", "Sync first", chip=True), ()))
        lines += [([(" " * INDENT + part, "muted")], ()) for part in wrap(sync_first, width - INDENT, 3)]
        chip = False
    for each in suggested:
        key = keys.get(each.kind, "")
        first = chip and bool(key)
        chip = chip and not key
        lines.append((chip_line(key, each.words, chip=first), ()))
        if first:
            lines.append(([(" " * INDENT + each.remark, "muted")], ()))
    return lines


def chip_line(key: str, words: str, *, chip: bool) -> list[Piece]:
    """Return ` R ` as the chip or as a plain key, and what it does; without a key the words are muted."""
    if not key:
        return [("    ", "text"), (words, "muted")]
    if chip:
        return [(f" {key} ", "on_accent bold", "chip"), (f" {words}", "strong bold")]
    return [(f" {key} ", "key"), (f" {words}", "text")]


def _health(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    lines = health_lines(detail.row, now, width, look)
    return (
        [([("Health", "head bold")], [(look.key("see.why", "w"), "key"), (" why", "muted")]), *lines] if lines else []
    )


def _reading(detail: Detail, width: int) -> Lines:
    if not detail.row.reading:
        return []
    return [heading("How to read it", "A9"), *(([(line, "text")], ()) for line in wrap(detail.row.reading, width))]


def _logins(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    klass, last, count = facts.login_words(detail.row, now)
    lines: Lines = [heading("Admin logins, 30 days", "A8")]
    if klass != "no data":
        lines.append((facts.login_chart(detail.row, look, width), ()))
    parts = [f"last {last}" if last not in ("", "never") else last, count]
    gap = "   " if len("   ".join([klass, *parts])) <= width else "  "
    rest = "".join(gap + part for part in parts if part)
    return [*lines, ([(klass, "strong bold" if last else "muted"), (rest, "muted")], ())]


def _contact(detail: Detail, width: int, look: Look) -> Lines:
    contact = detail.row.contact
    if contact is None:
        return [heading("Contact"), ([("nobody known", "muted")], ())]
    name = numbers.fit(f"{contact.name}, {contact.role}", width - 8).rstrip()
    copy: Line = [(look.key("do.copy_contact", "y"), "key"), (" copy", "muted")] if contact.email else ()
    lines: Lines = [heading("Contact"), ([(name, "text")], copy)]
    if contact.email:
        lines += [([(part, "muted")], ()) for part in address(contact.email, width)]
    if contact.reachable is False:
        lines.append(([("not reachable: change admin", "muted")], ()))
    return lines


def address(email: str, width: int) -> list[str]:
    """Return an e-mail address in one line, or in two broken before the @."""
    name, at, place = email.rpartition("@")
    return [email] if len(email) <= width or not at else wrap(f"{name} @{place}", width, 2)


def _last(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    entries = facts.last_remedies(detail.trail, REMEDIES_SHOWN)
    if not entries:
        return [([("Last remedies", "head bold")], [("none", "muted")])]
    lines: Lines = [heading("Last remedies")]
    opening, closing = look.glyphs.quotes[0], look.glyphs.quotes[1]
    for entry in entries:
        when = f"{numbers.day(entry.applied_at, now):<6} "
        words = numbers.fit(facts.remedy_words(entry), width - len(when), look.glyphs).rstrip()
        lines.append(([(when, "muted"), (words, "text")], ()))
        if entry.reason:
            wrapped = wrap(f"{opening}{entry.reason}{closing}", width - len(when), 3)
            lines += [([(" " * len(when) + part, "muted")], ()) for part in wrapped]
    return lines


def _pending(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    if not detail.pending:
        return [([("Pending", "head bold")], [("none", "muted")])]
    lines: Lines = [heading("Pending")]
    for change in detail.pending:
        mark, words, becomes = facts.pending_words(change, detail, now, look.glyphs)
        ink = "strong bold" if change.needs_you else "accent" if mark == look.glyphs.held else "muted"
        for number, part in enumerate(wrap(words, width - 2, 2)):
            lines.append(([(f"{mark} " if not number else "  ", ink), (part, "text")], ()))
        lines += [([(f"  {part}", "muted")], ()) for part in wrap(becomes, width - 2, 2)]
    return lines
