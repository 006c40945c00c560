"""The words and cells of the human output: one row of the list, one line of a change, one of the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from data.account import Entry
from data.assessment import Category, Row
from data.remedy import Change, Moved, State, ways
from triage.commands.shapes import COMMAND_OF
from widgets.glyphs import Glyphs
from widgets.numbers import age, hours_cell, money, money_exact, utc
from widgets.outbox_story import refusal

WORDS = {
    Category.PILOT_HARD_BLOCK: "Blocked",
    Category.AT_CAP: "At cap",
    Category.APPROACHING_CAP: "Near cap",
    Category.RECENTLY_DOWNGRADED: "Downgraded",
}


def category_cell(row: Row, glyphs: Glyphs) -> str:
    """Mark and word of the severity; the signal's words where no category applies."""
    if row.category is None:
        return ", ".join(signal.replace("_", " ") for signal in row.signals) or glyphs.unknown
    marks = dict(zip(Category, (glyphs.blocked, glyphs.cap, glyphs.near, glyphs.down), strict=True))
    return f"{marks[row.category]} {WORDS[row.category]}"


HIDDEN = "! Hidden characters in a name are shown as ?"


def doubtful(row: Row) -> str:
    """The name for people: an id for a blank one, and the mark of one in which something had to be replaced."""
    return (row.name if row.name.strip() else row.id) + (" !" if row.suspicious else "")


def list_row(row: Row, pending: Sequence[Change], now: datetime, glyphs: Glyphs, name: str) -> list[str]:
    """The cells of one line of `triage list`, the account under `name`."""
    first = row.workspaces[0] if row.workspaces else None
    used, included = (first.used, first.included) if first else (None, None)
    return [
        category_cell(row, glyphs),
        name,
        row.id,
        row.tier,
        hours_cell(used, included, first is not None and used is not None, glyphs).strip(),
        logins_words(row, now, glyphs),
        money(row.mrr, row.currency, glyphs),
        row.owner.name if row.owner else glyphs.unknown,
        state_words(row, pending, now),
        row.detail,
    ]


def logins_words(row: Row, now: datetime, glyphs: Glyphs) -> str:
    """How recently and how often an admin logged in (A8): `2h 41 frequent`, `never none recent`, `no data`."""
    logins = row.logins
    if logins.klass == "unknown":
        return "no data"
    last = age((now - logins.last_at).total_seconds()) if logins.last_at else "never"
    count = glyphs.unknown if logins.count_30d is None else str(logins.count_30d)
    return f"{last} {count} {logins.klass}"


def state_words(row: Row, pending: Sequence[Change], now: datetime) -> str:
    """What stands against touching the account blindly: pending changes, claim, snooze, handled (A16)."""
    said = [change_state(change) for change in pending]
    if row.claim and row.claim.until > now:
        said.append(f"claimed by {row.claim.name}")
    if row.snoozed and row.snooze:
        said.append(f"snoozed by {row.snooze.name}")
    if row.handled:
        said.append(f"handled by {row.handled.name}, {age((now - row.handled.at).total_seconds())} ago")
    return "; ".join(said)


def change_state(change: Change) -> str:
    """A change in two words: its kind and its state."""
    state = "outcome unknown" if change.outcome_unknown else str(change.state)
    return f"{kind_words(change.kind)} {state}"


def kind_words(kind: str) -> str:
    """`reset_usage` as `reset usage`."""
    return kind.replace("_", " ")


def change_row(change: Change, now: datetime, name: str) -> list[str]:
    """The cells of one line of `triage outbox`, the account under `name`."""
    return [
        change.change_id[:8],
        "outcome unknown" if change.outcome_unknown else str(change.state),
        kind_words(change.kind),
        name,
        change.account_id,
        age((now - change.authored_at).total_seconds()),
        str(change.attempts),
        COMMAND_OF[ways(change)[0]] if change.needs_you or change.unknown else "",
        change_note(change),
        change.reason,
    ]


def change_note(change: Change) -> str:
    """What a person has to know about the change: who moved what, what went wrong, what proves it."""
    if change.state is State.CONFLICT and change.conflict:
        return "; ".join(map(moved_words, change.conflict))
    if change.state is State.APPLIED and change.receipt:
        return f"audit {change.receipt.audit_seq:,}"
    return refusal(change) if change.state is State.REJECTED else change.last_error or ""


def moved_words(move: Moved) -> str:
    """Who moved a field to what, when and why; money in minor units says so."""
    value = f"{value_words(move.to)} minor units" if move.field == "mrr" else value_words(move.to)
    when = f", {utc(move.at)}" if move.at else ""
    why = f", “{move.reason}”" if move.reason else ""
    return f"{move.field} is now {value} by {move.name or 'somebody'}{when}{why}"


def entry_row(entry: Entry) -> list[str]:
    """The cells of one line of `triage audit`."""
    return [
        str(entry.seq),
        utc(entry.applied_at),
        entry.actor.name,
        kind_words(entry.action) + (" (denied)" if entry.outcome == "denied" else ""),
        entry.account_id or "",
        entry.workspace_id or "",
        entry.reason or "",
    ]


def fields_words(
    values: dict[str, Any], currency: str | None, glyphs: Glyphs, prefix: str = ""
) -> list[tuple[str, str]]:
    """Contract fields as (dotted name, value in words), money in its currency."""
    said: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            said += fields_words(value, currency, glyphs, f"{prefix}{name}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:  # workspaces: each by its name
                touched = {field: inner for field, inner in one.items() if field not in ("id", "name")}
                said += fields_words(touched, currency, glyphs, f"{prefix}{one.get('name') or one.get('id')}: ")
        elif name == "mrr" and isinstance(value, int):
            said.append((f"{prefix}{name}", money_exact(value, currency, glyphs)))
        else:
            said.append((f"{prefix}{name}", value_words(value)))
    return said


def value_words(value: Any) -> str:
    """One plain JSON value in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value_words(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_words(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
