"""The sections of the account screen: workspaces, usage, logins, contacts, price, pending, history."""

from datetime import datetime

from data.account import Account, Workspace
from data.ports import Detail
from widgets import detail_facts as facts
from widgets import numbers
from widgets.backend_lines import month_lines, other_reasons
from widgets.change_words import describe_entry, note_of
from widgets.detail_right import heading
from widgets.health_lines import health_lines
from widgets.line import Line, Piece, wrap
from widgets.login_sparkline import DAYS, STEPS, heights
from widgets.look import Look
from widgets.usage_bar import bar

Lines = list[tuple[Line, Line]]
LABEL = 16
HISTORY = 20
# hours a day are drawn on a scale of their own: the highest day of the account is the highest cell
TOP = STEPS[-1] + 1


def strong_heading(words: str, right: str = "") -> tuple[Line, Line]:
    """Return a heading of a full screen: bold, its rule muted at the right."""
    return [(words, "strong bold")], [(right, "muted")] if right else ()


def left_sections(detail: Detail, now: datetime, width: int, look: Look) -> list[Lines]:
    """Return workspaces with their usage, and the logins."""
    first = [_workspace(workspace, now, width, look) for workspace in detail.account.workspaces]
    if first:
        first[0].insert(0, strong_heading("Workspaces", "A2 A3 A4"))
    else:
        first = [[strong_heading("Workspaces"), ([("none", "muted")], ())]]
    beside = _beside(detail, width, look)
    return [
        *first,
        *([beside] if beside else []),
        _logins(detail, now, width, look),
        _contacts(detail.account, width, look),
    ]


def right_sections(detail: Detail, now: datetime, width: int, look: Look) -> list[Lines]:
    """Return health, price, pending changes and the history with its reasons."""
    health = health_lines(detail.row, now, width, look)
    first: list[Lines] = [[strong_heading("Health", "H7 M8 D10 R3"), *health]] if health else []
    around = [line for said in facts.news(detail, now, look.glyphs) for line in wrap(said, width)]
    if around:
        first.insert(0, [strong_heading("Now", "A16 A17"), *(([(line, "text")], ()) for line in around)])
    return [*first, _price(detail, now, look), _pending(detail, now, width, look), _history(detail, now, width, look)]


def _fact(label: str, value: str, ink: str = "text") -> tuple[Line, Line]:
    return [(f"{label:<{LABEL}}", "muted"), (value, ink)], ()


def _workspace(one: Workspace, now: datetime, width: int, look: Look) -> Lines:
    glyphs = look.glyphs
    used = numbers.hours(one.hours_used, one.hours_included, glyphs)
    included = "no cap" if one.hours_included is None else f"of {numbers.cap(one.hours_included, glyphs)} h"
    stopped = [("  stopped", "blocked bold")] if one.hard_block else [("  locked", "cap")] if one.locked else []
    lines: Lines = [([(numbers.fit(one.name, width - 12, glyphs).rstrip(), "text"), *stopped], ())]
    if one.hours_used is not None and one.hours_included is not None:
        share = numbers.percent(one.hours_used / one.hours_included if one.hours_included else 1.0)
        meter = bar(one.hours_used, one.hours_included, min(30, width - 30), look)
        lines.append(([*meter, (f"  {used} {included}, {share}", "text")], ()))
    else:
        lines.append(([(f"{used} {included}" if one.hours_used is not None else "hours unknown", "text")], ()))
    if one.hours_daily:
        lines.append(([*_hours_chart(one, look), ("  hours a day, 30 days", "muted")], ()))
    seats = f"{_known(one.seats_used, look)} of {_known(one.seats_licensed, look)} seats"
    cycle = f"   cycle ends {numbers.day(one.cycle_end, now)}" if one.cycle_end else ""
    reset = f"   reset {numbers.day(one.usage_reset_at, now)}" if one.usage_reset_at else ""
    lines.append(([(seats + cycle + reset, "muted")], ()))
    return lines


def _beside(detail: Detail, width: int, look: Look) -> Lines:
    """What only some backends tell: whole months, and their own reasons where they differ."""
    lines = month_lines(detail.account, look)
    for words in other_reasons(detail.verdicts):
        lines += [([(part, "muted")], ()) for part in wrap(words, width)]
    return [strong_heading("From this backend", "A6"), *lines] if lines else []


def _known(value: int | None, look: Look) -> str:
    return look.glyphs.unknown if value is None else str(value)


def _hours_chart(one: Workspace, look: Look) -> Line:
    days = tuple(one.hours_daily or ())[-DAYS:]
    most = max((day for day in days if day), default=0.0)
    scaled = [None if day is None else day / most * TOP if most else 0.0 for day in days]
    return heights(scaled, 1, look, "text")


def _logins(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    klass, last, count = facts.login_words(detail.row, now)
    lines: Lines = [strong_heading("Admin logins, 30 days", "A8")]
    if klass != "no data":
        lines.append((facts.login_chart(detail.row, look, width), ()))
    at = detail.row.logins.last_at
    words: list[Piece] = [(klass, "strong bold" if last else "muted"), (f"   {last}   {count}".rstrip(), "muted")]
    lines.append((words, ()))
    if at is not None:
        lines.append(([(f"last {numbers.utc(at)}", "muted")], ()))
    return lines


def _contacts(account: Account, width: int, look: Look) -> Lines:
    lines: Lines = [strong_heading("Contacts", "A10")]
    for person in account.contacts:
        reach = "" if person.reachable is None else "" if person.reachable else "   not reachable"
        name = numbers.fit(f"{person.name}, {person.role}", width - 16, look.glyphs).rstrip()
        lines.append(([(name, "text"), (reach, "muted")], ()))
        if person.email:
            lines.append(([(numbers.fit(person.email, width, look.glyphs).rstrip(), "muted")], ()))
    if not account.contacts:
        lines.append(([("nobody known", "muted")], ()))
    if account.csm is not None:
        lines.append(([(f"{'Manager':<{LABEL}}", "muted"), (account.csm.name, "text")], ()))
    return lines


def _price(detail: Detail, now: datetime, look: Look) -> Lines:
    account, glyphs = detail.account, look.glyphs
    lines: Lines = [strong_heading("Price and renewal")]
    lines.append(_fact("MRR", numbers.money_exact(account.mrr, account.currency, glyphs)))
    if account.tier_expires_at is not None:
        lines.append(_fact("Tier", f"{account.tier}, until {numbers.day(account.tier_expires_at, now)}"))
    else:
        lines.append(_fact("Tier", account.tier))
    discount = account.discount
    lines.append(
        _fact("Discount", f"{discount.percent:g} %, {discount.kind}".replace("_", " ") if discount else "none")
    )
    if account.renewal_at is not None:
        days = (account.renewal_at - now).days
        when = f"in {days} d" if days >= 0 else f"{-days} d ago"
        lines.append(_fact("Renewal", f"{numbers.day(account.renewal_at, now)}, {when}"))
    else:
        lines.append(_fact("Renewal", glyphs.unknown))
    for label, value in (("Payment", account.payment_mode), ("Revenue", account.revenue_class)):
        lines.append(_fact(label, value.replace("_", " ") if value else glyphs.unknown))
    if account.created_at is not None:
        lines.append(_fact("Customer since", numbers.day(account.created_at, now)))
    lines.append(_fact("Id", account.id, "muted"))
    return lines


def _pending(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    if not detail.pending:
        return [([("Pending", "strong bold")], [("none", "muted")])]
    lines: Lines = [heading("Pending")]
    for change in detail.pending:
        mark, words, becomes = facts.pending_words(change, detail, now, look.glyphs)
        ink = "strong bold" if change.needs_you else "accent" if mark == look.glyphs.held else "muted"
        text = numbers.fit(words, width - 3, look.glyphs).rstrip()
        lines.append(([(f"{mark} ", ink), (text, "text")], ()))
        lines += [([(f"  {part}", "muted")], ()) for part in wrap(becomes, width - 2, 2)]
    return lines


def _entries(number: int) -> str:
    return "none" if not number else f"{number} entr{'y' if number == 1 else 'ies'}"


def _history(detail: Detail, now: datetime, width: int, look: Look) -> Lines:
    lines: Lines = [([("History", "strong bold")], [(_entries(len(detail.trail)), "muted")])]
    opening, closing = look.glyphs.quotes[0], look.glyphs.quotes[1]
    for entry in detail.trail[:HISTORY]:
        when = f"{numbers.day(entry.applied_at, now):<7}"
        words = numbers.fit(f"{describe_entry(entry)}, {entry.actor.name}", width - 7, look.glyphs).rstrip()
        lines.append(([(when, "muted"), (words, "text")], ()))
        for said in filter(None, (entry.reason, note_of(entry))):
            wrapped = wrap(f"{opening}{said}{closing}", width - 7, 3)
            lines += [([(" " * 7 + part, "muted")], ()) for part in wrapped]
    return lines
