"""What is said of accounts, changes and the link: sentences without marks, bars or columns."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from data.account import Entry
from data.assessment import Row
from data.ports import Detail
from data.ports_list import Header, Link, Sort, View
from data.remedy import Change, Preview, State
from triage.commands.showing import fact_lines, history_lines
from triage.commands.words import category_cell, doubtful, fields_words, kind_words, why_words
from widgets.change_words import describe_change, describe_entry, quoted, seconds_left, state_sentence, state_word
from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.numbers import ago, count, money_words, since, utc

NAME = 60  # cells of a name in a prompt, which is heard again and again
VIEWS = {
    View.AT_RISK: "at risk",
    View.BLOCKED: "blocked",
    View.AT_CAP: "at cap",
    View.NEAR_CAP: "near cap",
    View.DOWNGRADED: "downgraded",
    View.SIGNALS: "signals",
    View.DRIFT: "drift",
    View.RED: "red",
    View.BOOK: "book",
}
ORDERS = {
    Sort.SEVERITY: "by urgency",
    Sort.MRR: "by MRR",
    Sort.HEALTH: "by health",
    Sort.PRIORITY: "by priority",
    Sort.RENEWAL: "by renewal",
    Sort.SLA: "by SLA clock",
    Sort.LAST_LOGIN: "by last login",
    Sort.NAME: "by name",
}
_DOWN = {
    Link.OFFLINE: "Offline. You can go on working, what you do waits here.",
    Link.FAILING: "The server is failing. Nothing is lost.",
    Link.RATE_LIMITED: "The server asks for patience.",
    Link.SIGNED_OUT: "Signed out. Reading still works; login signs in.",
    Link.DISK: "The disk refuses.",
}


def spoken(glyphs: Glyphs) -> Glyphs:
    """The glyphs without what a screen reader would spell out: no marks, words for signs."""
    bare = dict.fromkeys(("blocked", "cap", "near", "down", "red"), "")
    base = ASCII if glyphs.name == "ascii" else UNICODE
    return replace(base, **bare, becomes="to", unknown="unknown", no_cap="no cap", minus="-", quotes='""')


def focus_line(row: Row, place: int, total: str) -> str:
    """The prompt's words: where the cursor is and what has the focus."""
    from data.safe_text import cut_cells

    return f"{count(place)} of {total}, {cut_cells(doubtful(row), NAME)}"


def row_line(row: Row, pending: Sequence[Change], now: datetime, glyphs: Glyphs, view: View) -> str:
    """One account in one breath: name, category, why, price, who is on it, what is pending."""
    from triage.commands.words import state_words

    price = f"{money_words(row.mrr, row.currency, glyphs)} a month" if row.mrr is not None else "price unknown"
    parts = [doubtful(row), category_cell(row, glyphs).strip(), why_words(row, now, view), row.tier, price]
    return ", ".join(filter(None, [*parts, state_words(row, pending, now)])) + "."


def account_lines(detail: Detail, now: datetime, glyphs: Glyphs) -> Iterator[str]:
    """One account in full: its facts, what is pending, what happened; a line each."""
    row = detail.row
    yield f"{doubtful(row)}, id {row.id}."
    yield f"{category_cell(row, glyphs).strip()}: {row.detail}".rstrip(": ")
    yield from (" ".join(line.split()) for line in fact_lines(row, detail.account, now, glyphs))
    for change in detail.pending:
        yield f"Pending: {change_line(change, now)}"
    history = history_lines(detail.trail, ())
    yield f"History, {len(history)} entries, newest first." if history else "No history."
    yield from (" ".join(line.split()) for line in history)


def change_line(change: Change, now: datetime) -> str:
    """One change: what, on whom, how it stands, what happens by itself."""
    left = seconds_left(change, now)
    held = f"leaves in {left} s, u takes it back" if left else "waits for the connection"
    what = held if change.state is State.HELD else str(state_sentence(change)).rstrip(".")
    return f"{describe_change(change)}, {change.account_name}: {state_word(change)}. {what}.".replace(" .", "")


def entry_line(entry: Entry) -> str:
    """One entry of the audit trail."""
    denied = ", denied" if entry.outcome == "denied" else ""
    where = f", account {entry.account_id}" if entry.account_id else ""
    reason = f" {quoted(entry.reason)}" if entry.reason else ""
    return (
        f"{entry.seq}, {utc(entry.applied_at)}, {describe_entry(entry)}{denied} by {entry.actor.name}{where}.{reason}"
    )


def difference_lines(preview: Preview, currency: str | None, glyphs: Glyphs) -> Iterator[str]:
    """What a remedy would change, a line each."""
    before = dict(fields_words(preview.before, currency, glyphs))
    for name, value in fields_words(preview.after, currency, glyphs):
        if before.get(name) != value:
            yield f"{kind_words(name)}: {before.get(name, 'none')}, then {value}."


def link_line(header: Header) -> str:
    """What is wrong with the link, empty where nothing is."""
    said = _DOWN.get(header.status.link, "")
    return f"{said} {header.status.sentence}".strip() if said else ""


def status_lines(header: Header, now: datetime) -> Iterator[str]:
    """Who, where, how old the data is, how many are at risk, what is in the outbox."""
    who = f"{header.who.name}, {header.who.role}" if header.who else "nobody signed in"
    yield f"Profile {header.profile}, {who}."
    if header.synced_at is None:
        yield "No data yet."
    else:
        old = " That is old: r syncs." if header.stale else ""
        live = "live, " if header.live else ""
        yield f"{live}synced {ago(since(header.synced_at, now))} ago.{old}".capitalize()
    if link_line(header):
        yield link_line(header)
    found = header.counts
    yield (
        f"{count(found.at_risk)} at risk: {found.blocked} blocked, {found.at_cap} at cap, {found.near_cap} near cap, "
        f"{found.downgraded} downgraded. {found.red} red, {found.drift} drifting, {found.signals} with signals, "
        f"{found.snoozed} snoozed, {count(found.book)} in the book."
    )
    box = header.outbox
    yield f"Outbox: {box.held + box.queued} waiting, {box.sending} being sent, {box.needs_you} need you."
    if header.notice:
        yield header.notice


def plural(number: int, word: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def value_line(name: str, value: Any) -> str:
    """A labelled line."""
    return f"{name}: {value}."
