"""What the pane says of an account, as sentences: why, what to try, logins, contact, remedies."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from data.account import Entry
from data.assessment import CLOCK_SKEW, Category, Row, WorkspaceReading
from data.ports import Detail
from data.remedy import ON_WORKSPACE, REMEDIES, Change, State
from widgets import numbers
from widgets.change_words import describe_change, describe_entry, seconds_left, state_sentence
from widgets.glyphs import Glyphs
from widgets.held_words import changed_words, claim_words, first_name, snooze_words
from widgets.line import Line
from widgets.login_sparkline import DAYS, days_to, spark
from widgets.look import Look
from widgets.severity_badge import WORDS

SHOWN_AS_REMEDY = (*REMEDIES, "log_contact", "log_outreach", "trial_expired")


class Suggestion(NamedTuple):
    """What to try: the long words of the right pane, a remark below it, and short words for the bottom pane."""

    kind: str
    words: str
    remark: str
    short: str


SUGGESTIONS = {
    "reset_usage": Suggestion("reset_usage", "Reset usage", "Works at once, customer sees it", "customer sees it"),
    "grant_trial": Suggestion("grant_trial", "Reverse trial, 1 month", "Works at once, customer sees it", ""),
    "apply_discount": Suggestion("apply_discount", "Discount, if price blocks", "Lowers what they pay from now", ""),
    "change_tier": Suggestion("change_tier", "Change tier, once they agreed", "Works at once, customer sees it", ""),
    "change_admin": Suggestion("change_admin", "Change admin, if theirs is gone", "Promotes a member", ""),
}


class Why(NamedTuple):
    """Why an account stands where it stands: a sentence, the figures with their place, the rule."""

    sentence: str
    figures: str
    place: str
    rule: str
    used: float | None
    included: float | None


def why(row: Row, now: datetime, glyphs: Glyphs) -> Why:
    """Return the gravest reason in words."""
    first = row.workspaces[0] if row.workspaces else None
    if row.category is Category.RECENTLY_DOWNGRADED:
        used, included = (first.used, first.included) if first else (None, None)
        return Why(downgrade(row, now, glyphs), _figures(first, glyphs), _place(first), "A5", used, included)
    if row.category is None or first is None:
        sentence = "Clock skew" if CLOCK_SKEW in row.signals else "Locked, not listed" if row.signals else "Not at risk"
        rule = "A15" if row.signals else ""
        used, included = (first.used, first.included) if first else (None, None)
        return Why(sentence, _figures(first, glyphs), _place(first), rule, used, included)
    rule = {Category.PILOT_HARD_BLOCK: "A2", Category.AT_CAP: "A3"}.get(row.category, "A4")
    sentence = _workspace_sentence(row, first, now)
    return Why(sentence, _figures(first, glyphs), _place(first), rule, first.used, first.included)


def _workspace_sentence(row: Row, first: WorkspaceReading, now: datetime) -> str:
    if row.category is Category.APPROACHING_CAP:
        if first.projected_at is not None:
            left = max(0.0, (first.projected_at - now).total_seconds())
            return f"Cap in {numbers.ago(left)}, {numbers.day(first.projected_at, now)}"
        ratio = first.used / first.included if first.used is not None and first.included else None
        return f"{numbers.percent(ratio)} used, no date"
    word = "Stopped" if first.stopped else "At its cap"
    return f"{word} for {numbers.long_age(numbers.since(row.since, now))}" if row.since else word


def _figures(first: WorkspaceReading | None, glyphs: Glyphs) -> str:
    if first is None:
        return "no workspace"
    if first.used is None:
        return "hours unknown"
    used = numbers.hours(first.used, first.included, glyphs)
    return f"{used} of {numbers.cap(first.included, glyphs)} h" if first.included is not None else f"{used} h, no cap"


def _place(first: WorkspaceReading | None) -> str:
    return first.name if first else ""


def downgrade(row: Row, now: datetime, glyphs: Glyphs) -> str:
    """Return `guardian → innovator, 6 d ago` or `Trial ended 4 d ago`."""
    when = f"{numbers.ago(numbers.since(row.downgraded_at, now))} ago" if row.downgraded_at else ""
    if row.downgrade_cause == "trial_ended":
        return f"Trial ended {when}".strip()
    start = f"{row.downgraded_from} {glyphs.becomes} " if row.downgraded_from else f"{glyphs.becomes} "
    return f"{start}{row.tier}, {when}" if when else f"{start}{row.tier}"


def also(row: Row, now: datetime, glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return the other reasons with their rule: more workspaces, a second category, the signals."""
    more: list[tuple[str, str]] = []
    others = [one for one in row.workspaces[1:] if one.reason is not None]
    for one in others[:2]:
        assert one.reason is not None
        more.append((f"{WORDS[one.reason]}: {_figures(one, glyphs)}, {one.name}", "A6"))
    if len(others) > 2:
        more.append((f"{len(others) - 2} more workspaces", "A6"))
    if Category.RECENTLY_DOWNGRADED in row.reasons[1:]:
        more.append((downgrade(row, now, glyphs), "A5"))
    return more


def around(row: Row, now: datetime, me: str | None = None) -> list[str]:
    """Return who has handled, claimed or snoozed it; `me` is called you."""
    said = []
    if row.handled is not None:
        said.append(f"handled by {first_name(row.handled.name)}, {numbers.ago(numbers.since(row.handled.at, now))} ago")
    return [*said, *filter(None, (claim_words(row, me, now), snooze_words(row, now)))]


def news(detail: Detail, now: datetime, glyphs: Glyphs) -> list[str]:
    """Return what changed since one looked, then what stands around the account."""
    changed = changed_words(detail.before, detail.row, glyphs) if detail.before is not None else []
    said = [f"new to you: {', '.join(changed)}"] if changed else []
    return [*said, *around(detail.row, now, detail.me)]


def suggestions(detail: Detail) -> list[Suggestion]:
    """Return what the rules suggest (A12), best first; a remedy without its target is left out."""
    kinds = [kind for kind in detail.row.suggested if kind in SUGGESTIONS]
    return [SUGGESTIONS[kind] for kind in kinds if detail.account.workspaces or kind not in ON_WORKSPACE]


def facts_of(row: Row, glyphs: Glyphs) -> list[str]:
    """Return industry and price: `Public sector`, `€349 a month`."""
    money = f"{numbers.money_words(row.mrr, row.currency, glyphs)} a month" if row.mrr is not None else "price unknown"
    return [str(fact) for fact in (row.industry, money) if fact]


def login_chart(row: Row, look: Look, width: int) -> Line:
    """Return the 30 cells of the last 30 days, fewer days where there is less room."""
    daily = days_to(row.logins, row.day) if row.logins.klass != "unknown" else ()
    pieces = spark(daily, DAYS, look, "text")
    if width >= DAYS:
        return pieces
    text = "".join(piece[0] for piece in pieces)
    return [(text[-max(1, width) :], "text")]


def login_words(row: Row, now: datetime) -> tuple[str, str, str]:
    """Return class, last and count: `frequent`, `2 h ago`, `36 in 30 d`."""
    logins = row.logins
    if logins.klass == "unknown":
        return "no data", "", ""
    last = f"{numbers.ago(numbers.since(logins.last_at, now))} ago" if logins.last_at else "never"
    return logins.klass, last, f"{logins.count_30d} in 30 d" if logins.count_30d is not None else ""


def last_remedies(trail: Sequence[Entry], most: int) -> list[Entry]:
    """Return the newest entries that a person would call a remedy or a talk."""
    return [entry for entry in trail if entry.action in SHOWN_AS_REMEDY][:most]


def remedy_words(entry: Entry) -> str:
    """Return `Reset usage, Tom Reyes`."""
    return f"{describe_entry(entry)}, {entry.actor.name}"


def pending_words(change: Change, detail: Detail, now: datetime, glyphs: Glyphs) -> tuple[str, str, str]:
    """Return mark, words and what becomes of a pending change."""
    workspace = next((one.name for one in detail.account.workspaces if one.id == change.workspace_id), None)
    words = describe_change(change, workspace, arrow=glyphs.becomes)
    if change.needs_you:
        return glyphs.needs, words, state_sentence(change)
    if change.state is State.SENDING:
        return glyphs.sending, words, "sending" + (f", try {change.attempts}" if change.attempts > 2 else "")
    left = seconds_left(change, now)
    if change.state is State.HELD:
        return glyphs.held, words, f"leaves in {left} s" if left else "waits for the connection"
    if change.state is State.APPLIED:
        return glyphs.done, words, "applied"
    return glyphs.held, words, state_sentence(change)
