"""The sentences of the inbox: band, tabs, empty states, order (look.md §4 and §8)."""

import re
from datetime import datetime

from data.list_filter import doubt
from data.ports_list import Header, Link, Sort, SyncStatus, View
from widgets import numbers
from widgets.glyphs import UNICODE, Glyphs
from widgets.view_tabs import Band, Tab

_ORDER = {
    Sort.SEVERITY: "by urgency",
    Sort.MRR: "by MRR",
    Sort.HEALTH: "by health",
    Sort.PRIORITY: "by priority",
    Sort.SLA: "by SLA clock",
    Sort.RENEWAL: "by renewal",
    Sort.LAST_LOGIN: "by last login",
    Sort.NAME: "by name",
}
_NOBODY = {
    View.BLOCKED: ("Nobody is blocked.", ""),
    View.AT_CAP: ("Nobody is at the cap.", ""),
    View.NEAR_CAP: ("Nobody is near the cap.", ""),
    View.DOWNGRADED: ("Nobody was downgraded in the last 14 days.", ""),
    View.SIGNALS: ("No signals.", "No account is locked without a reason, none has a clock that is ahead."),
    View.DRIFT: ("Nobody drifts.", "No alert of the usage monitor is open."),
    View.RED: ("Nobody is Red.", "None is past a red line, or was within the last 14 days."),
    View.BOOK: ("The book is empty.", "The server lists no accounts for you."),
}
NOT_RESTING = (View.SIGNALS, View.DRIFT, View.RED, View.BOOK)  # views from which no snooze takes anybody (A17)


def order(view: View, sort: Sort) -> str:
    """Return the name of an order; the views Drift and Red have an urgency of their own."""
    if sort is Sort.SEVERITY and view in (View.DRIFT, View.RED):
        return "worst first" if view is View.DRIFT else _ORDER[Sort.SLA]
    return _ORDER[sort]


def orders(view: View) -> tuple[Sort, ...]:
    """Return the orders of a view, each once: that of Red is the clock already."""
    return tuple(sort for sort in Sort if view is not View.RED or sort is not Sort.SLA)


def tabs(header: Header, glyphs: Glyphs) -> list[Tab]:
    """Return the views with their counts: at risk and the four categories left, the others right."""
    counts = header.counts
    return [
        Tab("0", "", "text", "At risk", counts.at_risk),
        Tab("1", glyphs.blocked, "blocked", "Blocked", counts.blocked),
        Tab("2", glyphs.cap, "cap", "At cap", counts.at_cap),
        Tab("3", glyphs.near, "near", "Near cap", counts.near_cap),
        Tab("4", glyphs.down, "down", "Downgraded", counts.downgraded),
        Tab("5", "", "muted", "Signals", counts.signals, aside=True),
        Tab("6", "", "muted", "Drift", counts.drift, aside=True),
        Tab("7", glyphs.red, "muted", "Red", counts.red, aside=True),
        Tab("9", "", "muted", "Book", counts.book, aside=True),
    ]


def count_of(header: Header, view: View) -> int:
    """Return the count of a view."""
    return next((tab.number for tab in tabs(header, UNICODE) if tab.key == view.value), 0)


def band(header: Header, now: datetime) -> Band | None:
    """Return the band: offline, failing, asked for patience, signed out, disk; None while the link is fine."""
    status, waiting = header.status, header.outbox.waiting
    since = f" since {numbers.moment(status.since, now)}" if status.since else ""
    changes = f"{waiting} change{'' if waiting == 1 else 's'} wait{'s' if waiting == 1 else ''}"
    leaves = "leaves by itself" if waiting == 1 else "leave by themselves"
    short = f"{changes} here." if waiting else ""
    right = f"{next_try(status, now)}r now"
    if status.link is Link.DISK:
        if "disk is full" in status.sentence:
            return Band("The disk is full.", f"Make room; nothing is lost. {short}".rstrip())
        return Band("The disk refuses.", status.sentence, "", f"triage doctor says why. {short}".rstrip())
    if status.link is Link.OFFLINE:
        rest = f"You can go on working: {changes} here and {leaves}." if waiting else "You can go on working."
        return Band(f"Offline{since}.", rest, right, short)
    if status.link is Link.FAILING:
        code = re.search(r"\b5\d\d\b", status.sentence)
        what = f"The server is failing{since}{f' ({code.group()})' if code else ''}."
        return Band(what, f"Nothing is lost: {changes} here." if waiting else "Nothing is lost.", right, short)
    if status.link is Link.RATE_LIMITED:
        return Band("The server asks for patience.", f"{changes} here." if waiting else "", right, short)
    if status.link is Link.SIGNED_OUT:
        rest = f"Reading still works; {changes}. triage login signs in." if waiting else "Reading still works."
        return Band("Signed out.", rest if waiting else f"{rest} triage login signs in.", "", short)
    return None


def next_try(status: SyncStatus, now: datetime) -> str:
    """Return `next try in 40 s   `, nothing when it is not known."""
    if status.next_try_at is None:
        return ""
    return f"next try in {numbers.ago((status.next_try_at - now).total_seconds())}   "


def empty(header: Header, view: View, text: str, now: datetime) -> tuple[str, str]:
    """Return what an empty list says: bold, then the rest."""
    if header.synced_at is None:
        if header.status.link in (Link.FINE, Link.SYNCING):
            fetched = numbers.count(header.status.fetched)
            return f"No data yet. Fetching the book, {fetched} accounts so far.", ""
        return "No data yet.", header.status.sentence
    if text:
        return f"Nothing matches “{text}”.", doubt(text)
    if view is not View.AT_RISK:
        return _NOBODY[view]
    age = numbers.ago(numbers.since(header.synced_at, now))
    checked = f"{numbers.count(header.counts.book)} accounts checked {age} ago. "
    snoozed = f" {header.counts.snoozed} snoozed." if header.counts.snoozed else ""
    rest = "None is blocked, at its cap, near it, or downgraded in the last 14 days."
    return "Nobody is stuck.", checked + rest + snoozed


def sync_first(header: Header, now: datetime, reset_key: str) -> str:
    """Return why to sync first where the figures are old, else nothing."""
    if not header.stale or header.synced_at is None:
        return ""
    age = numbers.ago(numbers.since(header.synced_at, now))
    works = f" {reset_key} still works: it waits, and is checked on leaving." if reset_key else ""
    return f"From {numbers.moment(header.synced_at, now)}, {age} ago.{works}"


def dimmed(header: Header, now: datetime) -> str:
    """Return why figures are dimmed."""
    seconds = numbers.since(header.synced_at, now) if header.synced_at else 0.0
    age = "older than 1 h" if seconds > numbers.HOUR else f"{numbers.ago(seconds)} old"
    return f"Figures are dimmed because they are {age}."
